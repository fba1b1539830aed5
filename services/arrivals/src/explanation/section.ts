/**
 * What an explanation is made of: sections with a title, and their lines in words, not yet laid out.
 *
 * Invariant: a line may hold text from the cluster as it is: layout.ts makes it safe to show. A command is
 * one shell line, whose outside text went through shellWord.
 */

export interface Section {
  readonly title: string;
  /** How the title is shown where there is colour. */
  readonly tone: Tone;
  readonly lines: readonly Line[];
}

export type Tone = 'plain' | 'strong' | 'warning' | 'alarm';

export type Line =
  /** A paragraph. */
  | { readonly kind: 'text'; readonly text: string; readonly tone: Tone }
  /** A name and what stands under it. */
  | { readonly kind: 'row'; readonly label: string; readonly text: string }
  /** One of a list, with what belongs to it. */
  | { readonly kind: 'item'; readonly mark: string; readonly text: string; readonly lines: readonly Line[] }
  /** To be pasted into a shell. */
  | { readonly kind: 'command'; readonly text: string; readonly changes: boolean };

export function text(words: string, tone: Tone = 'plain'): Line {
  return { kind: 'text', text: words, tone };
}

export function row(label: string, words: string): Line {
  return { kind: 'row', label, text: words };
}

export function item(words: string, lines: readonly Line[] = [], mark = '-'): Line {
  return { kind: 'item', mark, text: words, lines };
}

/** @param changes whether it does more than read. */
export function command(line: string, changes: boolean): Line {
  return { kind: 'command', text: line, changes };
}
