/**
 * Secrets that a command line holds by their place: `vault login X`, `aws configure set aws_secret_access_key
 * X`, `htpasswd -b f user X`.
 *
 * Invariant: of a command only its first words are looked at, so that the work is bounded. A word with a flag
 * in front of it is flags.ts'.
 */
import { secrecyOf } from './secret-name.ts';
import { isHarmless } from './secret-value.ts';
import type { Span } from './spans.ts';

const WORDS_MAX = 64;

interface Form {
  /** How the command begins, its words with a space between. */
  readonly begin: RegExp;
  /**
   * Which of the words that are no flags, from 0, hold a secret, without those of `begin`; below 0 from the
   * end.
   */
  readonly at: readonly number[];
  /** Only where the flags match it. */
  readonly flags?: RegExp;
  /** Only what stands behind its first equals sign. */
  readonly isPair?: true;
}

const FORMS: readonly Form[] = [
  { begin: /^vault login$/, at: [0] },
  { begin: /^vault (?:kv )?(?:put|write|patch)$/, at: [1, 2, 3, 4, 5, 6, 7, 8], isPair: true },
  { begin: /^htpasswd$/, at: [-1], flags: /^-\w{0,8}b/ },
  { begin: /^net user$/, at: [1] },
  { begin: /^rclone (?:obscure|reveal)$/, at: [0] },
  { begin: /^wpa_passphrase$/, at: [1] },
  { begin: /^(?:mc|mcli) alias (?:set|add)$/, at: [2, 3] },
  { begin: /^(?:mc|mcli) config host add$/, at: [2, 3] },
];
/** The word behind a name: aws configure set NAME X, npm config set NAME X, setx NAME X. */
const SETS = /^(?:set|setx|setenv|put|add)$/;
const LITERAL = /^--from-literal=[^=]{0,253}=/;
/** Windows' and FreeRDP's flags: /password:X, /p:X. */
const SLASHED = /^\/([A-Za-z][\w-]{0,63})[:=]/;

/** What is secret in each word; of words that hold none nothing. */
export function secretsByPlace(all: readonly string[]): ReadonlyMap<number, Span> {
  const spans = new Map<number, Span>();
  const words = all.slice(0, WORDS_MAX);
  const hide = (i: number, start: number): void => {
    const word = words[i] ?? '';
    if (start < word.length && !isHarmless(word.slice(start), 'sure'))
      spans.set(i, { start, end: word.length });
  };
  for (const [i, word] of words.entries()) {
    const literal = LITERAL.exec(word);
    const slashed = SLASHED.exec(word);
    if (literal !== null) hide(i, literal[0].length);
    else if (words[i - 1] === '--from-literal') hide(i, word.indexOf('=') + 1);
    else if (slashed !== null && (slashed[1] === 'p' || secrecyOf(slashed[1] ?? '') === 'sure'))
      hide(i, slashed[0].length);
    const name = words[i - 1] ?? '';
    if (
      SETS.test(words[i - 2] ?? '') &&
      !word.startsWith('-') &&
      !name.includes('=') &&
      secrecyOf(name.slice(name.lastIndexOf(':') + 1)) === 'sure'
    )
      hide(i, 0);
  }
  const first = words.findIndex((word) => PROGRAMS.has(word.slice(word.lastIndexOf('/') + 1)));
  for (const form of first === -1 ? [] : FORMS)
    for (const i of placesOf(form, words, first))
      hide(i, form.isPair === true ? (words[i]?.indexOf('=') ?? -1) + 1 : 0);
  return spans;
}

const PROGRAMS: ReadonlySet<string> = new Set([
  'vault',
  'htpasswd',
  'net',
  'rclone',
  'wpa_passphrase',
  'mc',
  'mcli',
]);
const BEGIN_MAX = 4;

function placesOf(
  { begin, at, flags, isPair }: Form,
  words: readonly string[],
  first: number,
): readonly number[] {
  for (let length = 1; length <= BEGIN_MAX; length++) {
    const head = words
      .slice(first, first + length)
      .map((word, i) => (i === 0 ? word.slice(word.lastIndexOf('/') + 1) : word));
    if (!begin.test(head.join(' '))) continue;
    const rest = words.map((word, i) => ({ word, i })).slice(first + length);
    if (flags !== undefined && !rest.some(({ word }) => flags.test(word))) return [];
    const plain = rest.filter(
      ({ word }) => !word.startsWith('-') && (isPair === true || !/^[\w-]{1,64}=/.test(word)),
    );
    return at
      .flatMap((place) => plain.at(place)?.i ?? [])
      .filter((i) => isPair !== true || words[i]?.includes('=') === true);
  }
  return [];
}

/** The same in a text: a shell line, command by command. */
export function secretPlaces(text: string): readonly Span[] {
  if (!HINT.test(text)) return [];
  const spans: Span[] = [];
  for (const command of text.matchAll(/[^|;&\n]{1,4096}/g)) {
    const words = [...command[0].matchAll(/[^\s"']{1,1024}/g)];
    for (const [i, { start, end }] of secretsByPlace(words.map(([word]) => word))) {
      const offset = command.index + (words[i]?.index ?? 0);
      spans.push({ start: offset + start, end: offset + end });
    }
  }
  return spans;
}

const HINT =
  /vault|htpasswd|net user|rclone|wpa_passphrase|mc|from-literal|\/[A-Za-z][\w-]{0,63}[:=]|\b(?:set|setx|setenv|put|add)\b/;
