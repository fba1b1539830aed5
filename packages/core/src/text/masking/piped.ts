/**
 * Secrets that a shell line passes to a program that reads a password: `echo 'root:X' | chpasswd`, `passwd
 * <<< X`, a here-document, `echo X > /etc/app/token`, and what a script sends to a prompt (`expect
 * "password:"; send "X\r"`).
 *
 * Invariant: linear: a bounded part before and after each such program is looked at.
 */
import { mayNameSecret, secrecyOf } from './secret-name.ts';
import { isHarmless, isTelling } from './secret-value.ts';
import type { Span } from './spans.ts';

const BEFORE_MAX = 1024;
const READS =
  '(?:sudo\\s{1,4}(?:-[A-RT-Za-z]\\s{1,4})?)?(?:/[\\w/.-]{1,64}/)?(?:chpasswd|passwd|smbpasswd|newusers|vncpasswd|kinit|htpasswd|cryptsetup|su|sudo\\s{1,4}-S|base64\\s+(?:-d|--decode|-D)|' +
  'ConvertTo-SecureString|[^|;\\n]{1,200}?(?:--\\w{0,16}-?stdin|--with-token|--passphrase-fd|\\bstdin\\b))(?![\\w=.-])';
const PIPED = new RegExp(`\\|\\s{0,8}${READS}`, 'gi');
const HERE_STRING =
  /(?:(?:chpasswd|passwd|kinit|su|newusers|--\w{0,16}-?stdin|--with-token)[^|;\n<]{0,64}|read\s{1,4}(?:-\w{1,4}\s{1,4}){0,3}([A-Za-z_]\w{0,63})\s{0,4})<<<\s{0,4}(\\?["']?)([^\s"'|;&\\]{1,512})/gi;
const SAYS = /(?:\b(?:echo|printf|print|yes|write-output)\b|(?<=["'])%s)((?:\s{1,8}-\w{1,4}(?=\s)){0,3})/gi;
const WORD = /\s{0,8}(?:\\?(["'])((?:(?!\1)[^\\\n]|\\.){1,512})\1?|([^"'\s;)}|&`\\<>]{1,512}))/y;
const INTO_FILE = /(?:>>?|\|\s{0,4}(?:sudo\s{1,4})?tee(?:\s{1,4}-a)?)\s{0,8}["']?([~\w./$@{}+-]{1,256})/g;
const HERE_DOCUMENT = /<<[-~<]?\s{0,4}(["']?)([A-Za-z_]\w{0,31})\1/g;
/** Who reads a here-document with a secret in it. */
const READER_WORD = /^(?:chpasswd|passwd|newusers|smbpasswd|kinit|vncpasswd|--\w{0,16}-?stdin|--with-token)$/;

const PROMPT = /expect|spawn|sendline|assword|passphrase|\bword:/i;
const SENDS =
  /\b(?:exp_)?send(?:_?line)?\b\s{0,4}\(?\s{0,4}(?:-[\w$]{1,8}\s{1,4}(?:\$\w{1,32}\s{1,4})?|--\s{1,4}){0,3}(\\{0,3}["'])((?:(?!\1)[^\n]){1,256})/g;
const CHAT = /word:\\?["']?\s{1,8}\\?["']?([^\s"'\\]{1,256})/g;

export function secretsPiped(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (text.includes('|') && /echo|print|yes|write-output|%s/i.test(text))
    for (const { index } of text.matchAll(PIPED)) spans.push(...saidBefore(text, index));
  if (text.includes('<<')) spans.push(...hereStrings(text), ...hereDocuments(text));
  if (/(?:>|\btee\b)/.test(text) && /echo|printf|print/.test(text)) spans.push(...intoFiles(text));
  if (/\$\(|`/.test(text) && mayNameSecret(text)) spans.push(...substituted(text));
  if (PROMPT.test(text)) spans.push(...toPrompts(text));
  return spans;
}

/**
 * What echo and the like write in the part in front of a pipe, also where it is a group: `(echo X; echo X) |
 * passwd`.
 */
function saidBefore(text: string, pipe: number): readonly Span[] {
  const from = Math.max(0, pipe - BEFORE_MAX);
  const before = text.slice(from, pipe);
  const bare = before.trimEnd();
  const opening = bare.endsWith(')')
    ? bare.lastIndexOf('(')
    : bare.endsWith('}')
      ? bare.lastIndexOf('{')
      : -1;
  const group =
    opening === -1
      ? Math.max(...['\n', '&&', '||', ';', '$('].map((mark) => bare.lastIndexOf(mark)))
      : opening;
  return printed(text, from + Math.max(0, group), from + bare.length);
}

/** The arguments of echo, printf, yes between two positions. */
function printed(text: string, from: number, to: number): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.slice(from, to).matchAll(SAYS)) {
    let at = from + match.index + match[0].length;
    for (let words = 0; words < 16; words++) {
      WORD.lastIndex = at;
      const word = WORD.exec(text);
      if (word === null || word.index >= to) break;
      const [whole, quote = '', quoted, bare = ''] = word;
      const shown = quoted ?? bare;
      const end = at + whole.length - (quote !== '' && whole.endsWith(quote) ? quote.length : 0);
      const start = end - shown.length;
      if (!/^(?:\$|%s|\\n|:|>|<)/.test(shown) && !isHarmless(shown, 'sure'))
        spans.push({ start: start + userOf(shown), end });
      at += whole.length;
    }
  }
  return spans;
}

/** `root:X`: whose password it is stays. */
function userOf(text: string): number {
  return /^[\w.-]{1,32}:(?=\S)/.exec(text)?.[0].length ?? 0;
}

function hereStrings(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(HERE_STRING)) {
    const [whole, variable, , value = ''] = match;
    if (variable !== undefined && secrecyOf(variable) !== 'sure') continue;
    if (isHarmless(value, 'sure')) continue;
    const end = match.index + whole.length;
    spans.push({ start: end - value.length + userOf(value), end });
  }
  return spans;
}

/** Of a line that names a secret, or a program that reads one: all lines down to the mark. */
function hereDocuments(text: string): readonly Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const match of text.matchAll(HERE_DOCUMENT)) {
    if (match.index < done) continue;
    const before = Math.max(0, match.index - 256);
    const lineStart = before + text.slice(before, match.index).lastIndexOf('\n') + 1;
    const found = text.indexOf('\n', match.index);
    if (found === -1) break;
    const line = text.slice(lineStart, Math.min(found, match.index + 256));
    if (!namesSecret(line)) continue;
    const mark = new RegExp(`\\n[ \\t]{0,64}${match[2] ?? ''}(?![\\w])`, 'g');
    mark.lastIndex = found;
    const end = mark.exec(text)?.index ?? text.length;
    if (end > found + 1) spans.push({ start: found + 1, end });
    done = end;
  }
  return spans;
}

function namesSecret(line: string): boolean {
  return [...line.matchAll(/-{0,2}[A-Za-z_][\w.-]{0,63}/g)].some(
    ([word]) => READER_WORD.test(word) || (secrecyOf(word) === 'sure' && !/^--?\w+-?file/.test(word)),
  );
}

function intoFiles(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(INTO_FILE)) {
    const file = (match[1] ?? '').slice(-128);
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (
      /^passwd-?$/.test(name) ||
      (secrecyOf(name.replace(/^\./, '')) !== 'sure' &&
        !/^\.?(?:netrc|pgpass|htpasswd|my\.cnf|git-credentials)$/.test(name))
    )
      continue;
    spans.push(...saidBefore(text, match.index));
  }
  return spans;
}

/** `TOKEN=$(echo X | …)` */
const SUBSTITUTED = /([A-Za-z_][\w.-]{0,63})=["']?(?:\$\(|`)([^`\n]{1,1024})/g;

function substituted(text: string): readonly Span[] {
  return [...text.matchAll(SUBSTITUTED)].flatMap((match) => {
    if (secrecyOf(match[1] ?? '') !== 'sure') return [];
    const end = match.index + match[0].length;
    const inside = match[2] ?? '';
    const closing = inside.search(/[)`|;]/);
    return printed(text, end - inside.length, closing === -1 ? end : end - inside.length + closing);
  });
}

/** What is sent where a prompt is expected: all of it, except plain words and command lines. */
function toPrompts(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(SENDS)) {
    const value = (match[2] ?? '').replace(/(?:\\{1,4}[rn]|\\)*$/, '');
    const end = match.index + match[0].length - ((match[2] ?? '').length - value.length);
    const awaited = /assword|passphrase|pin\b|token|code|word:/i.test(
      text.slice(Math.max(0, match.index - 200), match.index),
    );
    if (
      value === '' ||
      value.startsWith('$') ||
      isHarmless(value, 'sure') ||
      (!awaited && (/\s/.test(value) || !isTelling(value)))
    )
      continue;
    spans.push({ start: end - value.length, end });
  }
  for (const match of text.matchAll(CHAT)) {
    const value = match[1] ?? '';
    const end = match.index + match[0].length;
    if (isTelling(value)) spans.push({ start: end - value.length, end });
  }
  return spans;
}
