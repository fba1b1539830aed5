/**
 * The containers of a pod, of all three lists, and which of them are looked at where there are too many.
 *
 * Invariant: the work for one pod has a bound, and no number of others hides a container with rights over its
 * node: those are picked first, in one cheap pass over all. Of the others the first and the last are taken.
 * Assesses nothing.
 */
import { asArray, asInteger, asObject, at, textAt } from '../base/json.ts';

export const CONTAINER_LISTS: readonly (readonly [list: string, kind: ContainerKind])[] = [
  ['initContainers', 'init'],
  ['containers', 'regular'],
  ['ephemeralContainers', 'ephemeral'],
];

export interface PodContainer {
  readonly kind: ContainerKind;
  readonly value: unknown;
}

/**
 * Containers that are looked at one by one. No node runs as many in a pod. Risk assessment names what is
 * above it (risk/pod-facts.ts); Pod Security and host access read all.
 */
export const ASSESSED_CONTAINERS_MAX = 500;

/** Containers that an alert shows; where there are more, those with rights over the node come first. */
export const CONTAINERS_SHOWN_MAX = 64;

export function containersOf(spec: unknown): number {
  return CONTAINER_LISTS.reduce((sum, [list]) => sum + asArray(at(spec, list)).length, 0);
}

/** A spec's are read under each bound of its alert. */
const FOUND = new WeakMap<object, readonly PodContainer[]>();

/** At most JUDGED_CONTAINERS_MAX, in the order in which an alert shows them. */
export function podContainers(spec: unknown): readonly PodContainer[] {
  const key = asObject(spec);
  if (key === undefined) return [];
  const before = FOUND.get(key);
  if (before !== undefined) return before;
  const found = containersOf(spec) > CONTAINERS_SHOWN_MAX ? weightiest(spec) : allOf(spec);
  FOUND.set(key, found);
  return found;
}

/** Where fewer can be shown than there are. */
export function weightiestFirst(spec: unknown, containers: readonly PodContainer[]): readonly PodContainer[] {
  const hostPaths = hostPathNames(spec);
  const groups = WEIGHTS.map((): PodContainer[] => []);
  for (const one of containers) groups[weightOf(one.kind, one.value, hostPaths)]?.push(one);
  return groups.flat();
}

function allOf(spec: unknown): readonly PodContainer[] {
  return CONTAINER_LISTS.flatMap(([list, kind]) => asArray(at(spec, list)).map((value) => ({ kind, value })));
}

/** Nothing is made for those that are left out: there may be hundreds of thousands. */
function weightiest(spec: unknown): readonly PodContainer[] {
  const hostPaths = hostPathNames(spec);
  const groups = WEIGHTS.map(() => ({ kinds: Array<ContainerKind>(), values: Array<unknown>() }));
  for (const [list, kind] of CONTAINER_LISTS)
    for (const value of asArray(at(spec, list))) {
      const group = groups[weightOf(kind, value, hostPaths)];
      group?.kinds.push(kind);
      group?.values.push(value);
    }
  const taken: PodContainer[] = [];
  for (const { kinds, values } of groups) {
    const room = ASSESSED_CONTAINERS_MAX - taken.length;
    const [first, last] =
      values.length <= room ? [values.length, 0] : [Math.ceil(room / 2), Math.floor(room / 2)];
    for (const [i, kind] of kinds.entries())
      if (i < first || i >= values.length - last) taken.push({ kind, value: values[i] });
  }
  return taken;
}

const WEIGHTS = [
  'privileged',
  'hostProcess',
  'capabilities',
  'hostPath',
  'hostPort',
  'stays',
  'ends',
] as const;

function hostPathNames(spec: unknown): ReadonlySet<string | undefined> {
  return new Set(
    asArray(at(spec, 'volumes')).flatMap((volume) =>
      at(volume, 'hostPath') === undefined ? [] : [textAt(volume, 'name')],
    ),
  );
}

/** Rights over the node, then those that stay, so that no number of init containers pushes them out. */
function weightOf(kind: ContainerKind, value: unknown, hostPaths: ReadonlySet<string | undefined>): number {
  return WEIGHTS.indexOf(weightNameOf(kind, value, hostPaths));
}

function weightNameOf(
  kind: ContainerKind,
  value: unknown,
  hostPaths: ReadonlySet<string | undefined>,
): (typeof WEIGHTS)[number] {
  const security = at(value, 'securityContext');
  if (security !== undefined) {
    if (at(security, 'privileged') === true) return 'privileged';
    if (at(security, 'windowsOptions', 'hostProcess') === true) return 'hostProcess';
    if (asArray(at(security, 'capabilities', 'add')).length > 0) return 'capabilities';
  }
  if (
    hostPaths.size > 0 &&
    asArray(at(value, 'volumeMounts')).some((mount) => hostPaths.has(textAt(mount, 'name')))
  )
    return 'hostPath';
  if (asArray(at(value, 'ports')).some((port) => (asInteger(at(port, 'hostPort')) ?? 0) > 0))
    return 'hostPort';
  return kind === 'regular' ? 'stays' : 'ends';
}

export type ContainerKind = 'init' | 'regular' | 'ephemeral';
