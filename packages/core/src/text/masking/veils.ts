/**
 * Texts that are encoded: percent-encoded, with entities of HTML or escapes of a language, with letters that
 * only look Latin, with unusual spaces or invisible characters.
 *
 * Invariant: one pass; what is hidden in the text as it is read is hidden in the text as it is, whose other
 * characters stay. Where they cannot be found again the text as it is read is given.
 */
import { readAs } from './look-alikes.ts';
import { MASK } from './secret-value.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"', apos: "'", lt: '<', gt: '>', equals: '=', colon: ':', nbsp: ' ', sol: '/', lowbar: '_', commat: '@', comma: ',', semi: ';', num: '#', amp: '&',
  excl: '!', quest: '?', lbrace: '{', rbrace: '}', lcub: '{', rcub: '}', lbrack: '[', rbrack: ']', hyphen: '-', dash: '-', ensp: ' ', emsp: ' ', thinsp: ' ',
  Tab: ' ', NewLine: '\n', zwj: '', zwnj: '', shy: '',
}; // prettier-ignore

const VEIL =
  /[\u007f-\u{10ffff}]|[\v\f]|&(?:amp;){0,4}(?:#(\d{1,7});?|#[xX]([\da-fA-F]{1,6});?|([A-Za-z]{2,8});)|\\{1,8}(?:[uU]\{?([\da-fA-F]{4,8})\}?|x([\da-fA-F]{2})|(0?07[25]|0?04[02]))|%(?:25){0,4}([2-7][\da-fA-F])|=(3[aAdD])|\+(?=[%\w])/gu;
/** A look before the pass. `+` and `=3D` alone are none. */
const HAS_VEIL =
  /[\u007f-\ufffc\ufffe\uffff]|[\v\f]|&(?:amp;|#|[A-Za-z]{2,8};)|\\(?:[uU]\{?00|x[2-7]|0?0[47][0-7])|%(?:25|[2-7][\da-fA-F])|=3[dDaA]/;

export function maskVeiled(text: string, mask: (text: string) => string): string {
  if (!HAS_VEIL.test(text)) return text;
  const places: number[] = [];
  const read = unveiled(text, places);
  if (read === text) return text;
  const masked = mask(read);
  return masked === read ? text : restored(text, { read, places }, masked);
}

/** @param places is filled: for each character of the result where it began */
function unveiled(text: string, places: number[]): string {
  let result = '';
  let from = 0;
  const add = (part: string, at: number, step: 0 | 1): void => {
    for (let i = 0; i < part.length; i++) places.push(at + i * step);
    result += part;
  };
  const isQuery = /%[2-7]/.test(text);
  for (const match of text.matchAll(VEIL)) {
    add(text.slice(from, match.index), from, 1);
    add(meant(match, isQuery), match.index, 0);
    from = match.index + match[0].length;
  }
  add(text.slice(from), from, 1);
  places.push(text.length);
  return result;
}

function meant(
  [whole, decimal, hexadecimal, named, unicode, byte, octal, percent, printable]: RegExpExecArray,
  isQuery: boolean,
): string {
  if (named !== undefined) return Object.hasOwn(ENTITIES, named) ? (ENTITIES[named] ?? whole) : whole;
  if (whole === '+') return isQuery ? ' ' : whole;
  const digits = hexadecimal ?? unicode ?? byte ?? percent ?? printable;
  const code =
    digits !== undefined
      ? parseInt(digits, 16)
      : decimal !== undefined
        ? Number(decimal)
        : octal !== undefined
          ? parseInt(octal, 8)
          : undefined;
  if (code === undefined) return whole === '\u000b' || whole === '\u000c' ? ' ' : readAs(whole);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return whole;
  const character = String.fromCodePoint(code);
  return code < 0x7f ? character : readAs(character);
}

interface Unveiled {
  readonly read: string;
  readonly places: readonly number[];
}

/** What was not masked, as it is in the text. */
function restored(text: string, { read, places }: Unveiled, masked: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const part of masked.split(MASK)) {
    const at = read.indexOf(part, from);
    if (at === -1) return masked;
    from = at + part.length;
    parts.push(part === '' ? '' : text.slice(places[at], places[from]));
  }
  return parts.join(MASK);
}
