/**
 * Secrets in braces under a secret's name, in what is no JSON: HCL, code, JSON that is cut off or has remarks
 * in it (`secret "db" { data = "X" }`, `{secret: {a: {b: ["X"]}}}`). A text that is JSON is left to
 * structured.ts.
 *
 * Invariant: one pass; in front of a brace HEAD_MAX characters are looked at. What only refers to a secret
 * (secretName, path) stays.
 */
import { mayNameSecret, secrecyOf, tellsAbout } from './secret-name.ts';
import { isHarmless, isPlainName } from './secret-value.ts';
import type { Span } from './spans.ts';

const HEAD_MAX = 96;
const HEAD =
  /(?:^|[\n{};,([])[\s"'`$@*-]{0,16}([A-Za-z_$\u0080-\uffff][\w.$-]{0,63})["'`\])]{0,2}[ \t]{0,8}(?:[:=]{1,2}>?\s{0,8})?((?:["'][^"'\n]{0,64}["'][ \t]{0,4}){0,2})(?:\w{1,32}\(\s{0,4})?$/;
/** A key with its separator, a quoted text, a bare word, a sign. */
const PART =
  /(["'`]?)([\w.$-]{1,64})\1\s{0,4}(?:=>|[:=](?!\/\/))|\\{0,3}(["'`])((?:(?!\3)[^\\]|\\[^"'`]){0,1024})|([{}[\]])|([^\s{}[\]"'`,;:=\\]{1,512})/g;
const PARTS_MAX = 20_000;

export function secretBraces(text: string): readonly Span[] {
  if (!text.includes('{') || !mayNameSecret(text)) return [];
  const spans: Span[] = [];
  for (let at = text.indexOf('{'); at !== -1;) {
    const end = isSecretHead(text.slice(Math.max(0, at - HEAD_MAX), at))
      ? hideInside(text, at + 1, spans)
      : at + 1;
    at = text.indexOf('{', end);
  }
  return spans;
}

function isSecretHead(head: string): boolean {
  const [, name = '', labels = ''] = HEAD.exec(head) ?? [];
  if (name === '') return false;
  if (/^(?:variable|output|resource|data|key|param|parameter|setting)$/.test(name) && labels !== '')
    return [...labels.matchAll(/[^"'\s]{1,64}/g)].some(([label]) => secrecyOf(label) === 'sure');
  return secrecyOf(name) === 'sure';
}

/** Gives where the brace closes. */
function hideInside(text: string, from: number, spans: Span[]): number {
  let depth = 1;
  let key = '';
  PART.lastIndex = from;
  for (let parts = 0; parts < PARTS_MAX; parts++) {
    const match = PART.exec(text);
    if (match === null) return text.length;
    const [whole, , named, , quoted, sign, bare] = match;
    if (named !== undefined) key = named;
    else if (sign !== undefined) {
      depth += sign === '{' ? 1 : sign === '}' ? -1 : 0;
      if (sign !== '[') key = sign === ']' ? key : '';
      if (depth === 0) return match.index + 1;
    } else if (!tellsAbout(key)) {
      const value = quoted ?? bare ?? '';
      if (isValue(key, value, bare))
        spans.push({ start: match.index + whole.length - value.length, end: match.index + whole.length });
    }
    if (quoted !== undefined && /["'`]/.test(text.charAt(PART.lastIndex))) PART.lastIndex++;
  }
  return text.length;
}

function isValue(key: string, value: string, bare: string | undefined): boolean {
  const isReference = /^keys?$/i.test(key) && isPlainName(value);
  return /\w/.test(value) && !isReference && !isHarmless(value, 'sure') && bare?.endsWith('(') !== true;
}
