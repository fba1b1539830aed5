/**
 * Secrets after keywords of a language instead of a separator: SQL, redis' and netrc's directives, what is
 * piped into a program that reads a password.
 *
 * Invariant: every expression is linear: repetitions are bounded.
 */
import { mayNameSecret, secrecyOf } from './secret-name.ts';
import { isHarmless, MASK } from './secret-value.ts';

const VALUE = `(?:\\\\{0,3}"[^"]{0,512}"?|\\\\{0,3}'[^']{0,512}'?|[^\\s"'|;\\\\]{1,512})`;

const PHRASES: readonly (readonly [hint: RegExp, expression: RegExp, replacement: string])[] = [
  [/password/i, /(\bpassword\s{0,4}\(\s{0,4})["'][^"'\n]{1,512}["']/gi, `$1${MASK}`],
  [
    /identified|password/i,
    new RegExp(
      `(\\b(?:identified\\s{1,8}(?:with\\s{1,8}\\S{1,64}\\s{1,8})?by|with(?:\\s{1,8}encrypted)?\\s{1,8}password|encrypted\\s{1,8}password|set\\s{1,8}password(?:\\s{1,8}for\\s{1,8}\\S{1,64})?)\\s{0,8}=?\\s{0,8})(?!by\\b|for\\b)${VALUE}`,
      'gi',
    ),
    `$1${MASK}`,
  ],
  // Something with a digit in it: "the token is expired" has no secret.
  [
    /password|passwd|passphrase|secret|token|pwd/i,
    new RegExp(
      `(\\b(?:password|passwd|passphrase|secret|token|pwd)(?:\\s{1,8}(?:is|was|->|=>|to)\\s{1,8}|[ \\t]{1,8}))(?!-)(?=[^\\s"'|;\\\\]{0,64}\\d)${VALUE}`,
      'gi',
    ),
    `$1${MASK}`,
  ],
  [/PASSWORD/i, /(\bpassword\s{1,8})'[^']{1,512}'/gi, `$1${MASK}`],
  [
    /AUTH|PASS/,
    new RegExp(`((?:^|[\\s"'n])(?:AUTH|PASS)\\s{1,8})(?=[^\\s"'|;\\\\]{0,64}\\d)${VALUE}`, 'g'),
    `$1${MASK}`,
  ],
  [/requirepass|masterauth/, new RegExp(`(\\b(?:requirepass|masterauth)\\s{1,8})${VALUE}`, 'g'), `$1${MASK}`],
  [/login/, new RegExp(`(\\blogin\\s{1,8}\\S{1,128}\\s{1,8}password\\s{1,8})${VALUE}`, 'g'), `$1${MASK}`],
  [
    /vault login/,
    new RegExp(`(\\bvault login\\s{1,8}(?:-\\S{1,64}\\s{1,8}){0,4})(?![-\\w]{1,32}=)${VALUE}`, 'g'),
    `$1${MASK}`,
  ],
  [
    /<<</,
    new RegExp(`((?:--password-stdin|--with-token|chpasswd|passwd)[^|;\\n]{0,64}<<<\\s{0,4})${VALUE}`, 'g'),
    `$1${MASK}`,
  ],
  [/-pass/, /((?:-pass(?:in|out)?|--passphrase)[\s=]{1,4}["']?pass:)[^\s"']{1,512}/g, `$1${MASK}`],
];

/**
 * `aws configure set aws_secret_access_key X`, `npm config set //registry/:_authToken X`, `setx API_KEY X`.
 */
const SET =
  /\b(?:set|setx|setenv|put|add)\s{1,8}(?:-\S{1,64}\s{1,8}){0,2}["']?([\w./:-]{1,128})["']?(\s{1,8})["']?([^\s"'|;&]{1,512})/gi;

export function maskPhrases(text: string): string {
  let masked = text;
  if (!/[ \t]/.test(text)) return masked;
  for (const [hint, expression, replacement] of PHRASES)
    if (hint.test(masked)) masked = masked.replace(expression, replacement);
  if (!/\b(?:set|put|add)/i.test(masked) || !mayNameSecret(masked)) return masked;
  return masked.replace(SET, (whole, name: string, _space: string, value: string) => {
    const secrecy = secrecyOf(name.slice(name.lastIndexOf(':') + 1));
    return isHarmless(value, secrecy) || value.startsWith('-') || /^[a-z]+$/.test(value)
      ? whole
      : `${whole.slice(0, whole.lastIndexOf(value))}${MASK}`;
  });
}
