/**
 * Which of the names that there are somebody may have meant: for "did you mean".
 *
 * Invariant: bounded work, as names come from outside; nothing is proposed that differs in more than a third of its letters.
 */

const NAME_CHARACTERS_MAX = 80;

/** The nearest of `names` to what was written, or undefined when none is near. Case counts for nothing. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  if (written.length > NAME_CHARACTERS_MAX) return undefined;
  const from = written.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(from, name.toLowerCase());
    if (distance <= Math.max(1, Math.floor(Math.min(from.length, name.length) / 3)) && (best === undefined || distance < best.distance))
      best = { name, distance };
  }
  return best?.name;
}

/** Letters to add, take, change or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_unused, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** `; did you mean NAME?`, or nothing. */
export function didYouMean(written: string, names: readonly string[]): string {
  const name = nearestName(written, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}
