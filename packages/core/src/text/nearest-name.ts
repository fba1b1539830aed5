/**
 * Which of the known names was probably meant: for "did you mean".
 *
 * Invariant: bounded work, as names come from outside; nothing is proposed that differs in more than a third
 * of its letters, or in more than half of those after the words that both begin with, unless every word that
 * was written is one of its words.
 */

const NAME_CHARACTERS_MAX = 80;

/** The nearest of `names` to what was written, or undefined when none is near. Case is ignored. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  if (written.length > NAME_CHARACTERS_MAX) return undefined;
  const from = written.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const to = name.toLowerCase();
    const distance = editDistance(from, to);
    const common = commonWordsLength(from, to);
    const shorter = Math.min(from.length, to.length);
    const near =
      distance <= Math.max(1, Math.floor(shorter / 3)) &&
      distance <= Math.max(1, Math.ceil((shorter - common) / 2));
    // ARRIVALS_PORT is nearer to ARRIVALS_HOSTS in letters, but means ARRIVALS_LISTEN_PORT.
    const named = common > 0 && wordsOf(from).every((word) => wordsOf(to).includes(word));
    const rank = named ? distance - NAME_CHARACTERS_MAX : distance;
    if ((near || named) && (best === undefined || rank < best.distance)) best = { name, distance: rank };
  }
  return best?.name;
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[_\s-]/);
}

/** Of the words that both begin with, up to and with the separator. */
function commonWordsLength(a: string, b: string): number {
  let length = 0;
  for (let i = 0; i < a.length && a[i] === b[i]; i++) if (/[_\s-]/.test(a[i] ?? '')) length = i + 1;
  return length;
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
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
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
