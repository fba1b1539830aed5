/**
 * What surrounds an event's bodies, within bounds: only the fields of audit.k8s.io/v1.
 *
 * Invariant: what decides whether the event counts as a creation, and who did it, is kept as long as the
 * bounds let it.
 */
import type { JsonObject } from '../base/json.ts';
import { type Bounds, clip, clippedElements, clippedMembers, take } from './truncate-bounds.ts';
import { isDryRun } from './dry-run.ts';
import { FORWARDED_LEVELS } from './event.ts';
import type { JsonView } from './platforms/json-view.ts';
import { PLATFORM_ANNOTATION } from './markers.ts';
import { parametersOf } from './query.ts';

const EVENT_TEXTS = [
  ...[
    'kind',
    'apiVersion',
    'level',
    'auditID',
    'stage',
    'verb',
    'userAgent',
    'requestReceivedTimestamp',
    'stageTimestamp',
    'timestamp',
  ],
  ...FORWARDED_LEVELS,
];
const REFERENCE_TEXTS = ['resource', 'namespace', 'name', 'apiGroup', 'apiVersion', 'subresource'];

/** The annotations that are read later. */
const SERVER_ANNOTATIONS = [
  'authorization.k8s.io/decision',
  'authorization.k8s.io/reason',
  'pod-security.kubernetes.io/enforce-policy',
  'pod-security.kubernetes.io/audit-violations',
  PLATFORM_ANNOTATION,
];

export function surroundings(event: JsonView, bounds: Bounds): JsonObject {
  const uri = event.text('requestURI') ?? '';
  const impersonated = event.at('impersonatedUser');
  const code = event.number('responseStatus', 'code');
  return {
    ...clippedMembers(event, EVENT_TEXTS, bounds),
    requestURI: `${clip(uri.split('?', 1)[0] ?? '', bounds) || '/'}${decisiveQuery(uri, bounds)}`,
    user: boundedUser(event.at('user'), bounds),
    ...(impersonated?.isObject === true ? { impersonatedUser: boundedUser(impersonated, bounds) } : {}),
    sourceIPs: lastAddresses(event.at('sourceIPs'), bounds),
    objectRef: clippedMembers(event.at('objectRef'), REFERENCE_TEXTS, bounds),
    responseStatus: {
      ...clippedMembers(event.at('responseStatus'), ['message'], bounds),
      ...(code === undefined ? {} : { code }),
    },
    annotations: clippedMembers(event.at('annotations'), SERVER_ANNOTATIONS, bounds),
  };
}

/** The last address is the real peer: of a long list it is the one to keep. */
function lastAddresses(list: JsonView | undefined, bounds: Bounds): readonly string[] {
  let last: string[] = [];
  for (const address of clippedElements(list, bounds)) {
    last.push(address);
    if (last.length >= 2 * bounds.listMax) last = last.slice(-bounds.listMax);
  }
  return last.slice(-bounds.listMax);
}

/** What of the query decides whether anything was created, or may have been (unconfirmed.ts). */
function decisiveQuery(uri: string, bounds: Bounds): string {
  if (isDryRun(uri)) return '?dryRun=All';
  const parameters = parametersOf(uri);
  const kept = ['fieldManager', 'includeObject'].flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [`${name}=${encodeURIComponent(clip(value, bounds).toWellFormed())}`];
  });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function boundedUser(user: JsonView | undefined, bounds: Bounds): JsonObject {
  const extra = take(user?.at('extra')?.members() ?? [], bounds.listMax);
  return {
    ...clippedMembers(user, ['username', 'uid'], bounds),
    groups: take(clippedElements(user?.at('groups'), bounds), bounds.listMax),
    extra: Object.fromEntries(
      extra.map(([key, values]) => [clip(key, bounds), take(clippedElements(values, bounds), 1)]),
    ),
  };
}
