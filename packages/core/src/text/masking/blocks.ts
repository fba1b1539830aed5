/**
 * Secrets in YAML that take more than a line: block scalars and lists under a name that says secret, and
 * every value of an `env:` list or of a Secret's data.
 *
 * Invariant: one pass over the lines, each of which is looked at by bounded expressions. Values on the line
 * of their name are pairs.ts'.
 */
import { type Secrecy, secrecyOf } from './secret-name.ts';
import { isHarmless } from './secret-value.ts';
import type { Span } from './spans.ts';

const LINE =
  /^([ \t]{0,64}(?:-[ \t]{1,4})?)["']?([\w./ -]{1,128}?)["']?[ \t]{0,8}:(?:[ \t]{1,16}(.{0,64}))?$/;

/** What a line above opened: everything indented deeper is under it. */
interface Block {
  readonly indent: number;
  readonly secrecy: Secrecy;
  /** Every line, each item of a list, each value of a map, or the values of the entries of a list. */
  readonly hides: 'lines' | 'items' | 'values' | 'entries';
}

export function secretBlocks(text: string): readonly Span[] {
  if (!text.includes('\n') || !text.includes(':')) return [];
  const spans: Span[] = [];
  const isSecret = /(?:^|\n)["']?kind["']?[ \t]{0,8}:[ \t]{0,8}["']?Secret\b/.test(text);
  let block: Block | undefined;
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end).replace(/\r$/, '');
    if (line.trim() !== '') {
      const indent = indentOf(line);
      if (block !== undefined && !isUnder(line, indent, block)) block = undefined;
      if (block !== undefined) spans.push(...hidden(line, start, block));
      if (block === undefined || block.hides === 'entries') block = opened(line, indent, isSecret) ?? block;
    }
    start = end + 1;
  }
  return spans;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** A list may stand at the indentation of its name. */
function isUnder(line: string, indent: number, { indent: above, hides }: Block): boolean {
  return (
    indent > above ||
    (indent === above && (hides === 'items' || hides === 'entries') && line.trimStart().startsWith('- '))
  );
}

function opened(line: string, indent: number, isSecret: boolean): Block | undefined {
  const [, lead = '', name = '', rest = ''] = LINE.exec(line) ?? [];
  if (name === '') return undefined;
  const value = rest.trim();
  const deep = lead.includes('-') ? lead.length : indent;
  const isScalar = /^[|>][+-]?\d?[+-]?(?:\s+#.*)?$/.test(value);
  if (value !== '' && !isScalar) return undefined;
  if (!isScalar && name === 'env') return { indent: deep, secrecy: 'sure', hides: 'entries' };
  if (!isScalar && isSecret && (name === 'data' || name === 'stringData'))
    return { indent: deep, secrecy: 'sure', hides: 'values' };
  const secrecy = secrecyOf(name);
  if (secrecy === 'no') return undefined;
  return { indent: deep, secrecy, hides: isScalar ? 'lines' : 'items' };
}

function hidden(line: string, start: number, { secrecy, hides }: Block): readonly Span[] {
  const indent = indentOf(line);
  const whole = { start: start + indent, end: start + line.length };
  if (hides === 'lines') return [whole];
  if (hides === 'items') {
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
