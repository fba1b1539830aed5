/**
 * Secrets in code: arguments of calls that take a password (`login('u', 'X')`, `setPassword("X")`), pairs
 * with a comma between (`put("password", "X")`), what PowerShell makes a SecureString of.
 *
 * Invariant: of a call at most ARGUMENTS_MAX literals are looked at, each bounded; calls that read a secret
 * by its name (`getToken("ci")`) hide nothing.
 */
import { mayNameSecret, secrecyOf } from './secret-name.ts';
import { isHarmless, isTelling } from './secret-value.ts';
import type { Span } from './spans.ts';

const ARGUMENTS_MAX = 8;
const CALL = /([A-Za-z_$][\w$]{0,63})[\])]?(?:::new)?[ \t]{0,4}=?[ \t]{0,4}\([ \t\r\n]{0,8}/g;
const LITERAL = /(?:[bruf@$]{0,2})?(\\{0,3}["'])((?:\\.|(?!\1)[^\\\n]){0,512}?)\1/y;
/** An argument that is no literal, and the comma after each. */
const OTHER = /[\w.$:&*]{1,64}(?=\s{0,8}[,)])|[\w$]{1,32}\s{0,2}[=:]\s{0,2}/y;
const COMMA = /\s{0,8}(?:\.\w{1,32}\(\))?\s{0,8}[,+]\s{0,8}/y;

/** From which argument on the literals are secrets. */
const TAKE: readonly (readonly [name: RegExp, from: number])[] = [
  [/^(?:log(?:in|on)|sign_?in|\w{0,16}authenticate|(?:set_?)?(?:http_?)?basic_?auth|digest_?auth|credentials?|\w{0,32}credentials?|createuser|create_user|adduser|add_user|\w{0,16}addlogin|simple_bind(?:_s)?|bind(?:_s)?|basic)$/i, 1],
  [/^(?:mysqli?_connect|mysqli|connect|getconnection|pdo|pg_connect|oci_connect)$/i, 2],
  [/^(?:sign|encode|decode|verify|createhmac|pgp_sym_(?:en|de)crypt|(?:aes_)?encrypt)$/i, 1],
  [/^(?:hmac|new|secretkeyspec|fernet|password|createcipheriv)$/i, 0],
  [/^auth$/i, 0],
]; // prettier-ignore
/** With one argument alone it is the secret. */
const ONE_IS_ENOUGH = /^(?:auth|password|fernet|secretkeyspec|authenticate)$/i;
/** They have a secret's name for an argument, and give it. */
const READS =
  /^(?:get|has|find|read|load|list|delete|remove|is|new|create|mount|fetch|from|lookup|require|use|check|validate|verify|parse|revoke)(?=[A-Z_])/;
/** Names of calls that handle secrets. */
const MIGHT =
  /log(?:in|on)|sign|auth|cred|user|bind|connect|getConnection|pdo|crypt|hmac|code|pass|secret|token|key|basic|fernet|new|cookie|pw|securestring/i;

const PAIR =
  /(\\{0,3}["'])([\w .$-]{2,64})\1[ \t]{0,8},[ \t]{0,8}[brf@$]{0,2}(?=(\\{0,3}["'])((?:\\.|(?!\3)[^\\\n]){1,512}?)\3)/g;
const ITEM_CALL =
  /(?:set\w{0,24}|put\w{0,16}|add\w{0,16}|define|of|header|append|with\w{0,24}|attr|default|Environment\w{0,16}|env)["']?\s{0,4}[([]\s{0,4}(?:["']\w{1,32}["']\s{0,4},\s{0,4}){0,2}$/i;
const SECURE_STRING = /ConvertTo-SecureString/gi;
const POWERSHELL_LITERAL = /(["'])([^"'\n]{1,256})\1/g;

export function secretArguments(text: string): readonly Span[] {
  if (!text.includes('(') && !text.includes(',') && !/SecureString/i.test(text)) return [];
  const spans: Span[] = [];
  if (text.includes('(') && MIGHT.test(text))
    for (const match of text.matchAll(CALL)) spans.push(...argumentsOf(text, match));
  if (mayNameSecret(text)) spans.push(...pairsOf(text));
  if (/securestring/i.test(text)) spans.push(...secureStrings(text));
  return spans;
}

function argumentsOf(text: string, { 0: whole, 1: name = '', index }: RegExpExecArray): readonly Span[] {
  const taken = TAKE.find(([names]) => names.test(name));
  if (
    taken?.[0].test('new') === true &&
    /^new$/i.test(name) &&
    !/hmac\.$/i.test(text.slice(Math.max(0, index - 8), index))
  )
    return [];
  const isNamed =
    taken === undefined && !READS.test(name) && secrecyOf(name) === 'sure' && !/^ConvertTo/i.test(name);
  if (taken === undefined && !isNamed) return [];
  const literals = literalsFrom(text, index + whole.length);
  const from = taken?.[1] ?? 0;
  const kept = literals.filter(
    ({ place }) => place >= from || (literals.length === 1 && ONE_IS_ENOUGH.test(name)),
  );
  return kept.map(({ span }) => span).filter(({ start, end }) => isSecret(text.slice(start, end), isNamed));
}

interface Literal {
  readonly span: Span;
  readonly place: number;
}

/** Of the arguments, up to something that is none. */
function literalsFrom(text: string, from: number): readonly Literal[] {
  const literals: Literal[] = [];
  let at = from;
  for (let place = 0; place < ARGUMENTS_MAX; place++) {
    LITERAL.lastIndex = at;
    const literal = LITERAL.exec(text);
    OTHER.lastIndex = at;
    const other = literal === null ? OTHER.exec(text) : null;
    if (literal === null && other === null) break;
    const [found, quote = '', value = ''] = literal ?? other ?? [''];
    at += found.length;
    if (other !== null && /[=:]\s{0,2}$/.test(found)) continue;
    if (literal !== null) {
      const start = at - quote.length - value.length;
      literals.push({ span: { start, end: start + value.length }, place });
    }
    COMMA.lastIndex = at;
    const comma = COMMA.exec(text);
    if (comma === null) break;
    at += comma[0].length;
  }
  return literals;
}

function isSecret(value: string, isNamed: boolean): boolean {
  return (
    !isHarmless(value, 'sure') &&
    (isNamed || isTelling(value) || /^[a-z]{6,}$/i.test(value)) &&
    !/^(?:https?:|[A-Z]{2,5}\d{3}$|utf-?8$|cn=)/i.test(value)
  );
}

function pairsOf(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(PAIR)) {
    const [whole, , name = '', quote = '', value = ''] = match;
    if (secrecyOf(name) !== 'sure' || isHarmless(value, 'sure') || secrecyOf(value) !== 'no') continue;
    const before = text.slice(Math.max(0, match.index - 64), match.index);
    const start = match.index + whole.length + quote.length;
    // A value before it, or a name after it: the comma separates two pairs.
    if (
      /[:=]\s{0,8}$/.test(before) ||
      /^\\{0,3}["']\s{0,8}[:=]/.test(text.slice(start + value.length, start + value.length + 16))
    )
      continue;
    if (!isTelling(value) && !ITEM_CALL.test(before)) continue;
    spans.push({ start, end: start + value.length });
  }
  return spans;
}

/** `ConvertTo-SecureString 'X' -AsPlainText`, with the text before it, after it or piped into it. */
function secureStrings(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const { index } of text.matchAll(SECURE_STRING)) {
    const start = Math.max(0, index - 300);
    const piped = /(["'])([^"'\n|]{1,256})\1\s{0,8}\|\s{0,8}$/.exec(text.slice(start, index));
    if (piped !== null)
      spans.push({ start: start + piped.index + 1, end: start + piped.index + 1 + (piped[2] ?? '').length });
    const behind = text.slice(index + 22, index + 400).split(/[)|;\n]/)[0] ?? '';
    const offset = index + 22;
    let quoted = 0;
    for (const { 2: value = '', index: at } of behind.matchAll(POWERSHELL_LITERAL)) {
      quoted++;
      spans.push({ start: offset + at + 1, end: offset + at + 1 + value.length });
    }
    if (quoted > 0) continue;
    for (const word of behind.matchAll(/(?<=\s)(?!-|\$)[^\s"'-][^\s"']{0,255}/g))
      spans.push({ start: offset + word.index, end: offset + word.index + word[0].length });
  }
  return spans.filter(({ start, end }) => !isHarmless(text.slice(start, end), 'sure'));
}
