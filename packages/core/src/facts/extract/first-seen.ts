/**
 * Facts about names never seen before: actors, addresses, clients, images, registries, accounts in a
 * namespace.
 *
 * Invariant: only what somebody did himself counts; what Kubernetes' controllers do in answer is left out. Of
 * each name the earliest observation is kept. Under impersonation both names are observed, so neither hides
 * the other, and the account is known to impersonate.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { splitImage } from '../../kubernetes/image-reference.ts';
import { maskImage } from '../../text/mask.ts';
import { asArray, asTexts, at, textAt } from '../../base/json.ts';
import type { Fact } from '../../ports/fact-store.ts';
import type { Action } from '../action.ts';
import { isController } from '../../kubernetes/controllers.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { isImpersonating, personOf } from '../person.ts';
import { seenAbout, type SeenWhat, SINCE } from '../subjects.ts';

const IMAGES_MAX = 16;

export interface Observation {
  readonly what: SeenWhat;
  readonly name: string;
  readonly about: string;
}

/** Of the images in an event, whoever sent it. */
export function imageObservations(event: AuditEvent): readonly Observation[] {
  return imagesOf(event).flatMap((reference) => {
    const { registry } = splitImage(reference);
    return [
      observation('image', reference),
      ...(registry === null ? [] : [observation('registry', registry)]),
    ];
  });
}

/** Of the actor; nothing of a controller, which acts for others. */
export function actorObservations(action: Action, namespace: string | undefined): readonly Observation[] {
  const isAnother = isImpersonating(action);
  if (!isAnother && isController(action.username)) return [];
  const person = personOf(action);
  const named = [
    ['actor', person] as const,
    ...(person === action.username ? [] : [['actor', action.username] as const]),
    ...(isAnother ? [['impersonator', action.username] as const] : []),
    ['address', action.address] as const,
    ['userAgent', action.userAgent] as const,
  ];
  const observations = named.flatMap(([what, name]) => (name === undefined ? [] : [observation(what, name)]));
  if (namespace === undefined) return observations;
  return [
    ...observations,
    {
      what: 'accountInNamespace',
      name: namespace,
      about: seenAbout('accountInNamespace', person, namespace),
    },
  ];
}

function observation(what: SeenWhat, name: string): Observation {
  return { what, name, about: seenAbout(what, name) };
}

/** Since when the cluster is known at all, and the first observation of each name. */
export function seenFacts(cluster: string, event: AuditEvent, action: Action, id: string): readonly Fact[] {
  const first = (about: string): Fact =>
    factOf({ cluster, about, kind: KINDS.first, id, order: action.received, value: { at: action.received } });
  const observations = [...imageObservations(event), ...actorObservations(action, event.objectRef.namespace)];
  return [SINCE, ...new Set(observations.map(({ about }) => about))].map(first);
}

function imagesOf(event: AuditEvent): readonly string[] {
  const { apiGroup, resource, subresource } = event.objectRef;
  if (apiGroup !== undefined || resource !== 'pods' || subresource !== undefined) return [];
  const spec =
    at(event.responseObject, 'spec') ??
    (event.verb === 'create' ? at(event.requestObject, 'spec') : undefined);
  const images = ['initContainers', 'containers'].flatMap((list) =>
    asArray(at(spec, list)).flatMap((container) => textAt(container, 'image') ?? []),
  );
  return asTexts([...new Set(images)])
    .slice(0, IMAGES_MAX)
    .map(maskImage);
}
