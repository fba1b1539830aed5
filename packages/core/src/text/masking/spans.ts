/** Parts of a text that are replaced: found in any order, replaced in one go. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export function replaced(text: string, spans: readonly Span[], replacement: string): string {
  if (spans.length === 0) return text;
  let from = 0;
  let result = '';
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < from) {
      from = Math.max(from, end);
      continue;
    }
    result += text.slice(from, start) + replacement;
    from = end;
  }
  return result + text.slice(from);
}
