/**
 * What an event tells of names never seen before: actors, addresses, clients, images, registries, accounts in a namespace.
 *
 * Invariant: only what somebody did himself counts; what Kubernetes' controllers do in answer is left out. Of each name the earliest sight is kept.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { splitImage } from '../../alert/image.ts';
import { asArray, asTexts, at, textAt } from '../../json.ts';
import type { Fact } from '../../ports/context.ts';
import type { Act } from '../act.ts';
import { isController } from '../controllers.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { seenAbout, type SeenWhat, SINCE } from '../subjects.ts';

const IMAGES_MAX = 16;

export interface Sight {
  readonly what: SeenWhat;
  readonly name: string;
  readonly about: string;
}

export function sightsOf(act: Act, event: AuditEvent): readonly Sight[] {
  const sights: Sight[] = imagesOf(event).flatMap((reference) => {
    const registry = splitImage(reference).registry ?? '';
    return [sight('image', reference), ...(registry === '' ? [] : [sight('registry', registry)])];
  });
  if (isController(act.username)) return sights;
  sights.push(sight('actor', act.username));
  if (act.address !== undefined) sights.push(sight('address', act.address));
  if (act.userAgent !== undefined) sights.push(sight('userAgent', act.userAgent));
  const { namespace } = event.objectRef;
  if (namespace !== undefined) sights.push({ what: 'accountInNamespace', name: namespace, about: seenAbout('accountInNamespace', act.username, namespace) });
  return sights;
}

function sight(what: SeenWhat, name: string): Sight {
  return { what, name, about: seenAbout(what, name) };
}

/** Since when anything is known of the cluster at all, and the first sight of each name. */
export function seenFacts(cluster: string, event: AuditEvent, act: Act, id: string): readonly Fact[] {
  const first = (about: string): Fact => factOf({ cluster, about, kind: KINDS.first, id, order: act.received, value: { at: act.received } });
  return [SINCE, ...new Set(sightsOf(act, event).map(({ about }) => about))].map(first);
}

function imagesOf(event: AuditEvent): readonly string[] {
  const { apiGroup, resource, subresource } = event.objectRef;
  if (apiGroup !== undefined || resource !== 'pods' || subresource !== undefined) return [];
  const spec = at(event.responseObject, 'spec') ?? (event.verb === 'create' ? at(event.requestObject, 'spec') : undefined);
  const images = ['initContainers', 'containers'].flatMap((list) => asArray(at(spec, list)).flatMap((container) => textAt(container, 'image') ?? []));
  return asTexts([...new Set(images)]).slice(0, IMAGES_MAX);
}
