/**
 * Makes outside text printable, for everything that prints it: alerts, headlines, tables, explanations, logs,
 * listings.
 *
 * Invariant: no character comes through that a reader cannot see, that moves a cursor, turns the direction of
 * reading or is no character at all (lone surrogates, private use), and no long run of marks over one letter.
 * How a name of mixed scripts is shown is in `nameText`. Idempotent; linear.
 */

import { remembering } from './masking/memo.ts';

/**
 * Control and format characters, line separators, surrogates, private use, what Unicode lets programs ignore
 * (soft hyphens, fillers, variation selectors, tags), noncharacters, spaces but the plain one, and blank
 * braille.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{1d159}]|(?! )\p{Zs}/gu;
/**
 * As above, but for what an alert's texts keep: replaced without a call for each, as a hostile text has
 * nothing else.
 */
const UNSEEN_IN_LINES = new RegExp(`(?![\\n\\t])(?:${UNSEEN.source})`, 'gu');
/** More marks on one letter than any language puts there. */
const MARKS = /(\p{M}{4})\p{M}+/gu;
const MARKS_SHOWN = '$1\ufffd';
/** The only check where a text is plain, as nearly all are. */
const NOT_PLAIN = /[^\u0020-\u007e]/;

export const REPLACEMENT = '\ufffd';

/** For fields of an alert: each unseen character is U+FFFD, but line feeds and tabs stay. */
export function printable(text: string): string {
  return NOT_PLAIN.test(text) ? madePrintable(text) : text;
}

const madePrintable = remembering((text) =>
  text.toWellFormed().replace(UNSEEN_IN_LINES, REPLACEMENT).replace(MARKS, MARKS_SHOWN),
);

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** For a terminal: each invisible character is spelled out, so that it can still be identified. */
export function visible(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  return text
    .replace(UNSEEN, (character) => NAMED[character] ?? spelledOut(character))
    .replace(MARKS, MARKS_SHOWN);
}

/** In JSON: the same value to a parser, and nothing invisible to a reader. */
export function visibleJson(json: string): string {
  return NOT_PLAIN.test(json)
    ? json.replace(UNSEEN, spelledOut).replace(/(?<=\p{M}{4})\p{M}/gu, spelledOut)
    : json;
}

/** As JSON escapes it; beyond 16 bits in two parts. */
export function spelledOut(character: string): string {
  return Array.from(
    { length: character.length },
    (_unused, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Letters that look like Latin ones, and signs that look like separators in names. */
const LOOK_ALIKES =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}\p{Script=Georgian}\p{Script=Deseret}\p{Script=Glagolitic}\p{Script=Gothic}\p{Script=Runic}\p{Script=Vai}\p{Script=Canadian_Aboriginal}\u0131\u0251\u0261\u026a\u1d00-\u1dbf\u0250-\u02ff\u2010-\u2015\u2024\u2044\u2215\u2236\u2212\u30fb\uff00-\uffef\ua720-\ua7ff\u{1d400}-\u{1d7ff}\u{1f100}-\u{1f1ff}\u0589\u05c3\u2018-\u201b\u2160-\u217f\u2100-\u214f]/gu;
const LATIN = /[A-Za-z]/;
/** A letter followed by its mark looks like the one character that has both. */
const DECOMPOSED = /\p{M}/u;

/**
 * A name as people read it, printable: in one with Latin letters, what only looks Latin is shown by its code
 * point, as `p[U+0430]ypal`. Names in one script of their own stay as they are.
 */
export function nameText(text: string): string {
  const shown = printable(text);
  if (!NOT_PLAIN.test(shown)) return shown;
  const composed = DECOMPOSED.test(shown) ? markDecomposed(shown) : shown;
  return composed.replace(/\S+/g, (word) => (LATIN.test(word) ? word.replace(LOOK_ALIKES, numbered) : word));
}

/**
 * Two names that look the same are shown differently: the marks of the one that is not composed are numbered.
 */
function markDecomposed(text: string): string {
  return text.normalize('NFC') === text ? text : text.replace(/\p{M}/gu, numbered);
}

function numbered(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}
