/**
 * Secrets that take more than a line: in YAML block scalars, lists and maps under a secret's name, and every
 * value of an `env:` list or of a Secret's data; in other texts the content of a here-document or of triple
 * quotes.
 *
 * Invariant: one pass over the lines, each of which is looked at by bounded expressions. Values on the line
 * of their name are pairs.ts'.
 */
import { type Secrecy, secrecyOf, tellsAbout } from './secret-name.ts';
import { isHarmless, isPlainName } from './secret-value.ts';
import type { Span } from './spans.ts';

const LINE =
  /^([ \t]{0,64}(?:-[ \t]{1,4})?)["']?([\w./ -]{1,128}?)["']?[ \t]{0,8}:(?:[ \t]{1,16}(.{0,64}))?$/;
/**
 * What opens a text of several lines after a name, and what ends it: `= <<EOT`, `= """`, a backslash at the
 * end of a line.
 */
const OPENS =
  /([\w.$-]{1,128})[ \t]{0,8}[:=]>?[ \t]{0,8}(?:<<[-~<]?[ \t]{0,4}["']?([A-Za-z_]\w{0,31})|("""|'''))/;

/** What a line above opened: everything indented deeper is under it. */
interface Block {
  readonly indent: number;
  readonly secrecy: Secrecy;
  /** Every line, each item of a list, each value of a map, or the values of the entries of a list. */
  readonly hides: 'lines' | 'items' | 'values' | 'entries';
  /** Ends it, whatever the indentation. */
  readonly mark?: string;
}

export function secretBlocks(text: string): readonly Span[] {
  if (!text.includes('\n') || !/[:=]/.test(text)) return [];
  const spans: Span[] = [];
  const isSecret = /(?:^|\n)["']?kind["']?[ \t]{0,8}:[ \t]{0,8}["']?Secret\b/.test(text);
  let block: Block | undefined;
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end).replace(/\r$/, '');
    if (line.trim() !== '') {
      const indent = indentOf(line);
      const isMark = block?.mark !== undefined && isEnd(line, block.mark);
      if (block !== undefined && (isMark || !isUnder(line, indent, block))) block = undefined;
      if (block !== undefined) spans.push(...hidden(line, start, block));
      if (!isMark && (block === undefined || block.hides === 'entries'))
        block = opened(line, indent, isSecret) ?? block;
    }
    start = end + 1;
  }
  return spans;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isEnd(line: string, mark: string): boolean {
  return /^\w/.test(mark) ? line.trim().replace(/[;)]+$/, '') === mark : line.includes(mark);
}

/** A list may have the indentation of its name. */
function isUnder(line: string, indent: number, { indent: above, hides, mark }: Block): boolean {
  if (mark !== undefined) return true;
  return (
    indent > above ||
    (indent === above && (hides === 'items' || hides === 'entries') && line.trimStart().startsWith('- '))
  );
}

function openedByMark(line: string): Block | undefined | 'no' {
  const [, before = '', word, quotes] = OPENS.exec(line.slice(0, 512)) ?? [];
  if (word !== undefined || (quotes !== undefined && line.indexOf(quotes) === line.lastIndexOf(quotes)))
    return secrecyOf(before) === 'sure'
      ? { indent: -1, secrecy: 'sure', hides: 'lines', mark: word ?? quotes ?? '' }
      : undefined;
  return 'no';
}

function opened(line: string, indent: number, isSecret: boolean): Block | undefined {
  const marked = openedByMark(line);
  if (marked !== 'no') return marked;
  const [, lead = '', name = '', rest = ''] = LINE.exec(line) ?? [];
  if (name === '') return undefined;
  const value = rest.replace(/(?:^|\s)(?:#.*|&\w{1,64}|!{1,2}\w{1,32})$/, '').trim();
  const deep = lead.includes('-') ? lead.length : indent;
  const isScalar = /^[|>][+-]?\d?[+-]?$/.test(value);
  if (value !== '' && !isScalar) return undefined;
  if (!isScalar && name === 'env') return { indent: deep, secrecy: 'sure', hides: 'entries' };
  if (!isScalar && isSecret && (name === 'data' || name === 'stringData'))
    return { indent: deep, secrecy: 'sure', hides: 'values' };
  const secrecy = secrecyOf(name);
  if (secrecy === 'no') return undefined;
  return { indent: deep, secrecy, hides: isScalar ? 'lines' : 'items' };
}

/** A pair under a secret's name. */
const ENTRY = /^\s{0,256}(?:-[ \t]{1,4}){0,4}["']?([\w.$/-]{1,128})["']?[ \t]{0,8}:[ \t]{1,16}(\S.{0,1024})$/;

function hidden(line: string, start: number, { secrecy, hides }: Block): readonly Span[] {
  const indent = indentOf(line);
  const whole = { start: start + indent, end: start + line.length };
  if (hides === 'lines') return [whole];
  if (hides === 'items') {
    const under = secrecy === 'sure' ? pairUnder(line, start, secrecy) : undefined;
    if (under !== undefined) return [under];
    const item =
      /^\s{0,256}-[ \t]{1,16}(?![\w."'/-]{1,128}:(?:\s|$))(?=\S)/.exec(line)?.[0] ??
      (/^\s{0,256}[^\s:{[-][^:]*$/.test(line) ? line.slice(0, indent) : undefined);
    return item === undefined || isHarmless(line.slice(item.length), secrecy)
      ? []
      : [{ start: start + item.length, end: whole.end }];
  }
  const pair = (
    hides === 'entries'
      ? /^\s{0,256}(?:-[ \t]{1,4})?["']?value["']?:[ \t]{1,16}/
      : /^\s{0,256}["']?[\w./-]{1,253}["']?:[ \t]{1,16}/
  ).exec(line)?.[0];
  return pair === undefined || isHarmless(line.slice(pair.length), 'sure')
    ? []
    : [{ start: start + pair.length, end: whole.end }];
}

function pairUnder(line: string, start: number, secrecy: Secrecy): Span | undefined {
  const [entry, key = '', value = ''] = ENTRY.exec(line) ?? [];
  const isReference = /^keys?$/i.test(key) && isPlainName(value.trim());
  if (
    entry === undefined ||
    tellsAbout(key) ||
    isReference ||
    isHarmless(value, secrecy) ||
    /^[|>&!{[]/.test(value)
  )
    return undefined;
  return { start: start + entry.length - value.length, end: start + line.length };
}
