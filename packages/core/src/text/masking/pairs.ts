/**
 * Values after secrets' names, in free text: NAME=value, "name": "value", Header: value, {"name": "NAME",
 * "value": "…"}, also where quotes are escaped, as in JSON inside JSON.
 *
 * Invariant: one pass over the text; what is looked at around a separator is bounded, or is skipped with the
 * value. Where a value ends is not certain in a text that is cut off or malformed: then more is masked, not
 * less.
 */
import { mayNameSecret, type Secrecy, secrecyOf } from './secret-name.ts';
import { isHarmless, isPlainName, MASK } from './secret-value.ts';
import type { Span } from './spans.ts';

const NAME_MAX = 128;
const SPACES_MAX = 64;
/** A name and its value are so near in a list of them. */
const NEAR_MAX = 1024;
const LIST_MAX = 4096;

/** Whose value goes on to the end of the line or the quotation. */
const WHOLE_LINE =
  /^(?:(?:proxy-?)?authorization|(?:set-?)?cookie2?|x-[\w-]{0,60}(?:auth|token|key|secret|cookie)[\w-]{0,60})$/i;
const NAMES_A_NAME =
  /^(?:name|key|header|headername|field|variable|var|env|parameterkey|parametername|k|id)$/i;
const HOLDS_A_VALUE =
  /^(?:value|val|v|content|contents|data|default|defaultvalue|parametervalue|stringvalue|plaintext|text)$/i;
/** Of a URL's query alone. */
const QUERY_NAMES =
  /^(?:code|sig|x-amz-credential|x-goog-credential|x-amz-signature|x-goog-signature|se_sig|pass|k|apitoken)$/i;

interface Value extends Span {
  readonly text: string;
}

interface Name {
  readonly text: string;
  readonly start: number;
  readonly isQuoted: boolean;
}

/** A pair of a list of names with values, one of which was found and the other not yet. */
interface Pending {
  readonly secrecy: Secrecy;
  readonly at: number;
}

export function secretPairs(text: string): readonly Span[] {
  if (!mayNameSecret(text)) return [];
  const pairs = new Pairs(text);
  for (let at = nextSeparator(text, 0); at !== -1;) at = nextSeparator(text, pairs.look(at));
  return pairs.spans;
}

class Pairs {
  readonly spans: Span[] = [];
  readonly #text: string;
  #named: Pending | undefined;
  #valued: Value | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** At a separator; gives where to go on. */
  look(at: number): number {
    const name = nameBefore(this.#text, at);
    if (name === undefined || this.#text.startsWith('//', at + 1) || isTagged(this.#text, at, name))
      return at + 1;
    if (NAMES_A_NAME.test(name.text)) this.#nameOfEntry(at, name);
    const isValue = HOLDS_A_VALUE.test(name.text);
    const secrecy = this.#secrecyOf(name, isValue);
    const value = secrecy !== 'no' || isValue ? valueAfter(this.#text, at, name) : undefined;
    if (value === undefined) return at + 1;
    const isOfReference = this.#text.charAt(at) === ':' && isReference(name, value);
    if (secrecy !== 'no' && !isHarmless(value.text, secrecy) && !isOfReference) {
      this.spans.push(value);
      return Math.max(at + 1, value.end);
    }
    if (isValue) this.#valued = value;
    return at + 1;
  }

  /** `"name": "DB_PASSWORD"`: the value of its entry follows, or was in front. */
  #nameOfEntry(at: number, name: Name): void {
    const value = valueAfter(this.#text, at, name);
    const secrecy = value === undefined ? 'no' : secrecyOf(value.text);
    this.#named = secrecy === 'no' ? undefined : { secrecy, at };
    const before = this.#valued;
    if (
      before !== undefined &&
      isNear(this.#text, before.end, name.start) &&
      !isHarmless(before.text, secrecy)
    )
      this.spans.push(before);
    this.#valued = undefined;
  }

  #secrecyOf(name: Name, isValue: boolean): Secrecy {
    const named = this.#named;
    return isValue && named !== undefined && isNear(this.#text, named.at, name.start)
      ? named.secrecy
      : ownSecrecy(this.#text, name);
  }
}

function nextSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3a || code === 0x3d) return at;
  }
  return -1;
}

/** An image with its tag, a path with a line's number: a name of a secret has no space missing there. */
function isTagged(text: string, separator: number, name: Name): boolean {
  return (
    text.charAt(separator) === ':' &&
    !name.isQuoted &&
    name.text.includes('/') &&
    /[\w.]/.test(text.charAt(separator + 1))
  );
}

/** `key` of Kubernetes' own references, tolerations and selectors. */
function isReference(name: Name, value: Value): boolean {
  return /^keys?$/i.test(name.text) && isPlainName(value.text.trim());
}

function ownSecrecy(text: string, name: Name): Secrecy {
  const before = text.charAt(name.start - 1);
  if ((before === '?' || before === '&') && QUERY_NAMES.test(name.text)) return 'sure';
  return secrecyOf(name.text);
}

/** Nothing that ends an entry is in between. */
function isNear(text: string, from: number, to: number): boolean {
  return to - from <= NEAR_MAX && to >= from && !/\}|\n[ \t]{0,40}-\s/.test(text.slice(from, to));
}

/** The name in front of a separator, and in quotation marks also with spaces in it. */
function nameBefore(text: string, separator: number): Name | undefined {
  let end = separator;
  const floor = Math.max(0, separator - SPACES_MAX);
  // `:=`, `+=`, `?=`
  if (end > floor && /[:+?]/.test(text.charAt(end - 1)) && text.charAt(end) === '=') end--;
  while (end > floor && (isSpace(text.charCodeAt(end - 1)) || isLineEnd(text.charCodeAt(end - 1)))) end--;
  end = beforeRemark(text, end);
  const quoted = end;
  while (end > floor && /["'`\]\\*)>]/.test(text.charAt(end - 1))) end--;
  const signs = quoted === end ? '' : text.slice(end, quoted);
  const isQuoted = signs !== '' && /["'`]/.test(signs);
  let start = end;
  const first = Math.max(0, end - NAME_MAX);
  while (start > first && isNameCode(text.charCodeAt(start - 1), isQuoted)) start--;
  // A remark's end is none of the name's.
  if (start === end || (signs.includes(')') && text.charAt(start - 1) !== '(')) return undefined;
  const name = text.slice(start, end).trim();
  return name === '' ? undefined : { text: name.replace(/^[.$-]{1,8}/, ''), start, isQuoted };
}

function isNameCode(code: number, withSpaces: boolean): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a-z
    (code >= 0x41 && code <= 0x5a) || // A-Z
    (code >= 0x2d && code <= 0x39) || // - . / 0-9
    code === 0x5f ||
    code === 0x24 ||
    code === 0x40 ||
    code >= 0xc0 ||
    (withSpaces && code === 0x20)
  );
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** `password (prod): X` */
function beforeRemark(text: string, end: number): number {
  if (text.charAt(end - 1) !== ')') return end;
  const remark = /(?<=[\w*"'`])[ \t]{1,4}\([\w ./-]{1,24}\)$/.exec(
    text.slice(Math.max(0, end - 32), end),
  )?.[0];
  return remark === undefined ? end : end - remark.length;
}

/** Undefined where there is nothing, or something that has parts of its own. */
function valueAfter(text: string, separator: number, name: Name): Value | undefined {
  let start = separator + 1;
  while (/[=:>]/.test(text.charAt(start)) && start < separator + 3) start++;
  const ceiling = start + SPACES_MAX;
  // A value of JSON may be on the next line; in YAML that is another key's.
  while (
    start < ceiling &&
    (isSpace(text.charCodeAt(start)) || (name.isQuoted && /[\r\n]/.test(text.charAt(start))))
  )
    start++;
  start = continued(text, separator, start, name);
  const opening = /^(?:\\{0,7}["'`])/.exec(text.slice(start, start + 8))?.[0];
  if (opening !== undefined) return quotedValue(text, start, opening);
  const character = text.charAt(start);
  if (character === '' || character === '\n' || character === '\r' || character === '{') return undefined;
  if (character === '[') return listValue(text, start);
  const isLine =
    WHOLE_LINE.test(name.text) ||
    (text.charAt(separator) === ':' && !name.isQuoted && beginsLine(text, name.start));
  const end = isLine ? endOfLine(text, start, WHOLE_LINE.test(name.text)) : endOfWord(text, start);
  return end === start ? undefined : { start, end, text: text.slice(start, end) };
}

const NEXT_LINE = /(?:\\?\r?\n([ \t]{0,64})){1,3}(?=[^\s\-#[\]{}])(?![\w.$"'-]{1,64}\s{0,8}[:=])/y;

/** Where the value is on the line below: after an equals sign, or indented. Emphasis before it is none. */
function continued(text: string, separator: number, start: number, name: Name): number {
  let at = start;
  const character = text.charAt(at);
  if ((character === '\n' || character === '\r' || character === '\\') && secrecyOf(name.text) === 'sure') {
    NEXT_LINE.lastIndex = at;
    const next = NEXT_LINE.exec(text);
    if (next !== null && (text.charAt(separator) === '=' || next[1] !== '')) at += next[0].length;
  }
  const emphasis = /^\*{1,2}[ \t]{0,4}(?=[^\s*])/.exec(text.slice(at, at + 8))?.[0] ?? '';
  return at + emphasis.length;
}

function quotedValue(text: string, start: number, opening: string): Value {
  const from = start + opening.length;
  const to = opening === '"' ? endOfQuoted(text, from) : closing(text, opening, from);
  return { start: from, end: to, text: text.slice(from, to) };
}

function closing(text: string, quote: string, from: number): number {
  const found = text.indexOf(quote, from);
  return found === -1 ? text.length : found;
}

function endOfQuoted(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === '"') return at;
  }
  return text.length;
}

/** Of texts: what is in it is as secret as its name. */
function listValue(text: string, start: number): Value | undefined {
  if (!/^\[\s{0,16}[^\s[\]{]/.test(text.slice(start, start + 20)) || text.startsWith(MASK, start))
    return undefined;
  const found = text.slice(start, start + LIST_MAX).indexOf(']');
  const end = found === -1 ? Math.min(text.length, start + LIST_MAX) : start + found;
  return { start: start + 1, end, text: text.slice(start + 1, end) };
}

/** Only indentation, a list's dash or an opening quote in front of the name. */
function beginsLine(text: string, start: number): boolean {
  let at = start - 1;
  for (const floor = Math.max(-1, start - 64); at > floor && /[ \t\-"'`]/.test(text.charAt(at)); at--);
  return at === -1 || /[\r\n]/.test(text.charAt(at));
}

function endOfLine(text: string, start: number, isHeader: boolean): number {
  const stop = isHeader ? /["'\r\n]/ : /[\r\n]/;
  let end = start;
  while (end < text.length && !stop.test(text.charAt(end))) end++;
  while (end > start && /[\s\\]/.test(text.charAt(end - 1))) end--;
  return end;
}

/** What separates pairs ends a value where another pair, or nothing, follows. */
function endOfWord(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && !/["'\s]/.test(text.charAt(at + 1))) at++;
    else if (/[\s"'`<>\\]/.test(character)) return at;
    else if (
      /[,;&|)}\]]/.test(character) &&
      /^[,;&|)}\]][,;&|)}\]]{0,8}(?:\s|$|["'`\\{[]|[\w.-]{1,64}\s{0,4}[=:])/.test(text.slice(at, at + 80))
    )
      return at;
  }
  return text.length;
}
