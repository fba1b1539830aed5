/**
 * Remembers what was made of texts: of a cluster's user agents, images, groups and paths nearly all come
 * again and again, and an alert that has to be shortened more than once has all its texts again.
 *
 * Invariant: the same result as without it; holds at most ENTRIES_MAX texts, with CHARACTERS_MAX characters
 * between them and their results, and drops them all when it is full.
 */
const ENTRIES_MAX = 4096;
const CHARACTERS_MAX = 1_048_576;
/** Longer ones would push out all others. */
const TEXT_MAX = 65_536;

export function remembering(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  let characters = 0;
  return (text) => {
    if (text.length > TEXT_MAX) return make(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    characters += text.length + made.length;
    if (known.size >= ENTRIES_MAX || characters > CHARACTERS_MAX) {
      known.clear();
      characters = text.length + made.length;
    }
    known.set(text, made);
    return made;
  };
}
