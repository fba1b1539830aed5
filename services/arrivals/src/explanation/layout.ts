/**
 * Sections as text for a terminal or a file: indented, wrapped, with colour where it is wanted.
 *
 * Invariant: whatever a line holds, what comes out has no control characters but our own line feeds and, with
 * colour, our own escape sequences; and nothing that outside text holds can begin a line where a title or a
 * label of ours stands. Commands are never wrapped: they are there to be copied.
 */
import { visible } from '../terminal-text.ts';
import type { Line, Section, Tone } from './section.ts';

export interface LayoutOptions {
  /** Columns of a line; a longer word has a line of its own. */
  readonly width: number;
  readonly colour: boolean;
}

const INDENT = 2;
const LABEL_MAX = 14;
/** Text is not squeezed into less than this, however deep it stands. */
const TEXT_MIN = 30;

const CODES: Readonly<Record<Tone, string>> = { plain: '', strong: '1', warning: '33', alarm: '1;31' };
const COMMAND_CODE = '36';

export function layOut(sections: readonly Section[], options: LayoutOptions): string {
  return sections.map((section) => sectionText(section, options)).join('\n');
}

function sectionText({ title, tone, lines }: Section, options: LayoutOptions): string {
  // What goes on in a second line is indented: a name in it must not begin a line as a title does.
  const heading = wrapped(title, INDENT, options.width).map(
    (line, i) => `${i === 0 ? '' : ' '.repeat(INDENT)}${coloured(line, CODES[tone], options)}`,
  );
  return [...heading, ...lines.flatMap((line) => lineTexts(line, INDENT, labelWidth(lines), options))]
    .map((line) => `${line}\n`)
    .join('');
}

function labelWidth(lines: readonly Line[]): number {
  const labels = lines.flatMap((line) => (line.kind === 'row' ? [line.label.length] : []));
  return Math.min(LABEL_MAX, Math.max(0, ...labels)) + 2;
}

function lineTexts(line: Line, indent: number, labels: number, options: LayoutOptions): readonly string[] {
  switch (line.kind) {
    case 'text':
      return hanging('', line.text, indent, options).map((shown) =>
        coloured(shown, CODES[line.tone], options),
      );
    case 'row':
      return hanging(line.label.padEnd(labels), line.text, indent, options);
    case 'item':
      return [
        ...hanging(`${line.mark} `, line.text, indent, options),
        ...line.lines.flatMap((inner) =>
          lineTexts(inner, indent + line.mark.length + 1, labelWidth(line.lines), options),
        ),
      ];
    case 'command':
      return [
        `${' '.repeat(indent)}${line.changes ? '!' : '$'} ${coloured(visible(line.text), COMMAND_CODE, options)}`,
      ];
  }
}

/** A mark or label, and text beside it. */
function hanging(mark: string, text: string, indent: number, { width }: LayoutOptions): readonly string[] {
  const column = indent + mark.length;
  return wrapped(text, column, width).map(
    (line, i) => `${(i === 0 ? `${' '.repeat(indent)}${mark}` : '').padEnd(column)}${line}`,
  );
}

/** Breaks at single spaces, so that what is put together again is the same text. */
function wrapped(text: string, column: number, width: number): readonly string[] {
  const max = Math.max(TEXT_MIN, width - column);
  const lines: string[] = [];
  let line = '';
  let length = 0;
  for (const [i, word] of visible(text).split(' ').entries()) {
    const wordLength = Array.from(word).length;
    if (i > 0 && length + 1 + wordLength > max) {
      lines.push(line);
      line = word;
      length = wordLength;
    } else {
      line += `${i === 0 ? '' : ' '}${word}`;
      length += (i === 0 ? 0 : 1) + wordLength;
    }
  }
  return [...lines, line];
}

function coloured(text: string, code: string, { colour }: LayoutOptions): string {
  return colour && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
}
