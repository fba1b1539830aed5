/**
 * Which facts of a full kind are kept: of each group its best first, then each group's second, and so on.
 *
 * Invariant: as long as facts are only added, what is kept of all is what is kept of the kept ones and the
 * new ones: it rests on ids and orders, not on arrival. lua/remember.lua does the same in Lua.
 */

/** @param best first */
export function fairShare<T extends { readonly id: string }>(
  ranked: readonly T[],
  max: number,
): readonly T[] {
  if (ranked.length <= max) return ranked;
  const sizes = new Map<string, number>();
  const places = ranked.map((fact, at) => {
    const group = groupOfId(fact.id);
    const rank = sizes.get(group) ?? 0;
    sizes.set(group, rank + 1);
    return { fact, rank, at };
  });
  return places
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, max)
    .map(({ fact }) => fact);
}

/** The part before the first slash; those without one are in the group "". */
export function groupOfId(id: string): string {
  return id.slice(0, Math.max(id.indexOf('/'), 0));
}
