/**
 * The arguments of a call, by cluster: each has its own part of the context, and nothing of one is ever seen
 * in another.
 */

export function byCluster<T extends { readonly cluster: string }, U>(
  items: readonly T[],
  map: (item: T) => U,
): ReadonlyMap<string, readonly U[]> {
  const clusters = new Map<string, U[]>();
  for (const item of items) {
    const present = clusters.get(item.cluster);
    if (present === undefined) clusters.set(item.cluster, [map(item)]);
    else present.push(map(item));
  }
  return clusters;
}
