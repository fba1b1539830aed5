/**
 * What an event tells of names never seen before: actors, addresses, clients, images, registries, accounts in a namespace.
 *
 * Invariant: only what somebody did himself counts; what Kubernetes' controllers do in answer is left out. Of each name the earliest sight is kept.
 * Under impersonation both names are seen: so neither hides behind the other, and an account is seen to take on identities.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { splitImage } from '../../alert/image.ts';
import { maskImage } from '../../alert/mask.ts';
import { asArray, asTexts, at, textAt } from '../../json.ts';
import type { Fact } from '../../ports/context.ts';
import type { Act } from '../act.ts';
import { isController } from '../controllers.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { isImpersonating, personOf } from '../person.ts';
import { seenAbout, type SeenWhat, SINCE } from '../subjects.ts';

const IMAGES_MAX = 16;

export interface Sight {
  readonly what: SeenWhat;
  readonly name: string;
  readonly about: string;
}

/** Of the images that an event brings in, whoever sent it. */
export function imageSights(event: AuditEvent): readonly Sight[] {
  return imagesOf(event).flatMap((reference) => {
    const { registry } = splitImage(reference);
    return [sight('image', reference), ...(registry === null ? [] : [sight('registry', registry)])];
  });
}

/** Of whoever acted; nothing of a controller, which acts for others. */
export function actorSights(act: Act, namespace: string | undefined): readonly Sight[] {
  const isAnother = isImpersonating(act);
  if (!isAnother && isController(act.username)) return [];
  const person = personOf(act);
  const named = [
    ['actor', person] as const,
    ...(person === act.username ? [] : [['actor', act.username] as const]),
    ...(isAnother ? [['impersonator', act.username] as const] : []),
    ['address', act.address] as const,
    ['userAgent', act.userAgent] as const,
  ];
  const sights = named.flatMap(([what, name]) => (name === undefined ? [] : [sight(what, name)]));
  if (namespace === undefined) return sights;
  return [...sights, { what: 'accountInNamespace', name: namespace, about: seenAbout('accountInNamespace', person, namespace) }];
}

function sight(what: SeenWhat, name: string): Sight {
  return { what, name, about: seenAbout(what, name) };
}

/** Since when anything is known of the cluster at all, and the first sight of each name. */
export function seenFacts(cluster: string, event: AuditEvent, act: Act, id: string): readonly Fact[] {
  const first = (about: string): Fact => factOf({ cluster, about, kind: KINDS.first, id, order: act.received, value: { at: act.received } });
  const sights = [...imageSights(event), ...actorSights(act, event.objectRef.namespace)];
  return [SINCE, ...new Set(sights.map(({ about }) => about))].map(first);
}

function imagesOf(event: AuditEvent): readonly string[] {
  const { apiGroup, resource, subresource } = event.objectRef;
  if (apiGroup !== undefined || resource !== 'pods' || subresource !== undefined) return [];
  const spec = at(event.responseObject, 'spec') ?? (event.verb === 'create' ? at(event.requestObject, 'spec') : undefined);
  const images = ['initContainers', 'containers'].flatMap((list) => asArray(at(spec, list)).flatMap((container) => textAt(container, 'image') ?? []));
  return asTexts([...new Set(images)])
    .slice(0, IMAGES_MAX)
    .map(maskImage);
}
