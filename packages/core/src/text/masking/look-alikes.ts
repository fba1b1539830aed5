/**
 * What a letter, a space or a sign looks like to a reader: a text whose names only look like `password` is
 * read as he reads it.
 *
 * Invariant: a character at a time, and each becomes at most a few others; `undefined` for what looks like
 * nothing but itself. printable.ts decides how such letters are printed.
 */

/**
 * Letters of other scripts by the Latin one that they look like; both in one row, so that a row is read as
 * pairs.
 */
const ALIKE: readonly (readonly [latin: string, others: string])[] = [
  ['a', 'аɑαӓӑᴀạ⍺'], ['b', 'ьЬбʙƅᏏ'], ['c', 'сϲᴄⅽⲥ'], ['d', 'ԁɗժᴅⅾ'], ['e', 'еєҽεᴇ℮ɛ'], ['f', 'ſƒϝꬵ'], ['g', 'ɡցԍɢ'], ['h', 'һհʜн'], ['i', 'іıɩιɪӏⅰ'], ['j', 'јϳյᴊ'],
  ['k', 'кκᴋҝⲕ'], ['l', 'ⅼʟɭ'], ['m', 'мᴍⅿ'], ['n', 'ոռпηɴⲛ'], ['o', 'оοσօסഠ૦ᴏⲟ'], ['p', 'рρϱᴘⲣ'], ['q', 'ԛգզ'], ['r', 'гʀⲅᴦ'], ['s', 'ѕꜱʂ'], ['t', 'тτᴛᎢ'], ['u', 'υսᴜʋ'], ['v', 'νѵᴠⅴ'],
  ['w', 'ԝѡաɯᴡω'], ['x', 'хχⅹ'], ['y', 'уγүʏყ'], ['z', 'ᴢʐ'],
  ['A', 'АΑᎪ'], ['B', 'ВΒᏴ'], ['C', 'СϹᏟⅭ'], ['D', 'ᎠⅮ'], ['E', 'ЕΕᎬ'], ['H', 'НΗᎻ'], ['I', 'ІΙӀᏆⅠ'], ['J', 'ЈᎫ'], ['K', 'КΚᏦ'], ['M', 'МΜᎷⅯ'], ['N', 'Ν'], ['O', 'ОΟՕᏅ'],
  ['P', 'РΡᏢ'], ['R', 'ᎡᏒ'], ['S', 'ЅᏚՏ'], ['T', 'ТΤ'], ['U', 'Ս'], ['V', 'ѴᏙⅤ'], ['W', 'ԜᏔ'], ['X', 'ХΧⅩ'], ['Y', 'ҮΥ'], ['Z', 'ΖᏃ'],
  ['=', '＝﹦⩵᐀゠'], [':', '：﹕∶꞉ː׃։'], ['"', '“”„‟«»＂'], ["'", '‘’‚‛＇'], ['-', '‐‑‒–—―−'], ['/', '⁄∕'],
]; // prettier-ignore

const LATIN = new Map(
  ALIKE.flatMap(([latin, others]) => Array.from(others).map((other) => [other, latin] as const)),
);

/** Invisible characters: they separate no words. */
const UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}\u{1d159}]$/u;
const SPACE = /^[\p{Zs}\p{Zl}\p{Zp}\u0085\v\f\u2800]$/u;

/** Of one character beyond ASCII: what it is read as. */
export function readAs(character: string): string {
  const latin = LATIN.get(character);
  if (latin !== undefined) return latin;
  if (UNSEEN.test(character)) return '';
  if (SPACE.test(character)) return ' ';
  const plain = character.normalize('NFKD').replace(/\p{M}/gu, '');
  return plain.length === 1
    ? (LATIN.get(plain) ?? plain)
    : plain.length <= 4 && /^[ -~]+$/.test(plain)
      ? plain
      : character;
}

export function readAsLatin(text: string): string {
  return /[^\u0020-\u007e]/.test(text) ? text.replace(/[^\u0020-\u007e]/gu, readAs) : text;
}
