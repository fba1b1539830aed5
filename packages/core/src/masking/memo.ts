/**
 * Remembers what was made of short texts: of a cluster's user agents, images, groups and paths nearly all come again and again.
 *
 * Invariant: the same result as without it; holds at most ENTRIES_MAX texts of TEXT_MAX characters, and forgets them all when it is full.
 */
const ENTRIES_MAX = 4096;
const TEXT_MAX = 256;

export function remembering(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > TEXT_MAX) return make(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= ENTRIES_MAX) known.clear();
    known.set(text, made);
    return made;
  };
}
