/**
 * Secrets that a command line holds by their place: `vault login X`, `aws configure set aws_secret_access_key
 * X`, `htpasswd -b f user X`, `sqlplus user/X@db`.
 *
 * Invariant: of a command only its first words are looked at, so that the work is bounded. A word after a
 * flag is left to flags.ts.
 */
import { secrecyOf } from './secret-name.ts';
import { isHarmless, isTelling } from './secret-value.ts';
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
  /** Only what comes after its first equals sign. */
  readonly isPair?: true;
  /** Only what is no plain word. */
  readonly isTelling?: true;
}

const ALL: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

const FORMS: readonly Form[] = [
  { begin: /^vault (?:operator )?(?:login|unseal)$/, at: [0] },
  { begin: /^vault (?:kv )?(?:put|write|patch)$/, at: ALL.slice(1), isPair: true },
  { begin: /^htpasswd$/, at: [-1], flags: /^-\w{0,8}b/ },
  { begin: /^net user$/, at: [1] },
  { begin: /^net use$/, at: [1], isTelling: true },
  { begin: /^rclone (?:obscure|reveal)$/, at: [0] },
  { begin: /^wpa_passphrase$/, at: [1] },
  { begin: /^wpa_cli set_network$/, at: [2], isTelling: true },
  { begin: /^nmcli$/, at: [-1], isTelling: true },
  { begin: /^iwconfig$/, at: [2], isTelling: true },
  { begin: /^(?:mc|mcli) alias (?:set|add)$/, at: [2, 3] },
  { begin: /^(?:mc|mcli) config host add$/, at: [2, 3] },
  { begin: /^rclone config (?:create|update)$/, at: [3, 5, 7], isTelling: true },
  { begin: /^mysqladmin password$/, at: [0] },
  { begin: /^mysqladmin$/, at: [2], isTelling: true },
  { begin: /^rabbitmqctl (?:add_user|change_password|authenticate_user)$/, at: [1] },
  { begin: /^cf auth$/, at: [1] },
  { begin: /^ngrok (?:authtoken|config add-authtoken)$/, at: [0] },
  {
    begin:
      /^(?:snyk auth|cargo login|nuget setapikey|nuget setApiKey|mkpasswd|openssl passwd|smbpasswd|vncpasswd)$/,
    at: [0],
    isTelling: true,
  },
  {
    begin: /^(?:poetry|composer|bundle|yarn|npm|pnpm|pip|git|gem) config(?: set)?$/,
    at: [1, 2],
    isTelling: true,
  },
  {
    begin: /^(?:dotnet user-secrets|pulumi config|fly secrets|flyctl secrets|heroku config) set$/,
    at: [1],
    isTelling: true,
  },
  { begin: /^(?:fly|flyctl) secrets (?:set|import)$/, at: ALL, isPair: true },
  { begin: /^heroku config:set$/, at: ALL, isPair: true },
  { begin: /^radtest$/, at: [1, 4] },
  { begin: /^db2 connect to$/, at: [4] },
  { begin: /^redis-cli (?:AUTH|auth)$/, at: [0, 1] },
  { begin: /^gcloud auth activate-refresh-token$/, at: [1] },
  { begin: /^(?:htdigest|saslpasswd2|pbkdf2)$/, at: [-1], isTelling: true },
];

/** User and password in one word, of programs that take it so: the first part stays. */
const USER_WORDS: readonly (readonly [program: RegExp, word: RegExp])[] = [
  [
    /^(?:sqlplus\d*|sql|sqlldr|exp|expdp|imp|impdp|rman|clpplus|dgmgrl|adrci)$/,
    /^(?:userid=)?["']?[\w$#.\\[\]-]{1,64}\/(?=[^\s/])/,
  ],
  [/^(?:mount|mount\.cifs|smbmount)$/, /^(?:[\w=.,-]{1,128},)?(?:user|username)=[^%,]{1,64}%/],
  [/^lftp$/, /^(?:-u|--user=)?[\w.@-]{1,64},(?=\S)/],
  [/^bundle$/, /^[\w.-]{1,64}:(?=[^\s/])/],
  [/^(?:siege|squidclient)$/, /^--?\w{1,16}=[\w.-]{1,64}:(?=[^\s/])/],
];
/** The word after a name: aws configure set NAME X, npm config set NAME X, setx NAME X. */
const SETS = /^(?:set|setx|setenv|put|add|SetEnv|ENV|env)$/;
const LITERAL = /^--from-literal=[^=]{0,253}=/;
/** Windows' and FreeRDP's flags: /password:X, /p:X. */
const SLASHED = /^\/([A-Za-z][\w-]{0,63})[:=]/;

/** What is secret in each word; nothing for words without a secret. */
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
    else if (/^\/rp$/i.test(words[i - 1] ?? '')) hide(i, 0);
    if (isSet(words, i)) hide(i, 0);
  }
  hideKnown(words, hide);
  return spans;
}

function isSet(words: readonly string[], i: number): boolean {
  const name = words[i - 1] ?? '';
  if (!SETS.test(words[i - 2] ?? '') || words[i]?.startsWith('-') === true || name.includes('='))
    return false;
  return secrecyOf(name.slice(name.lastIndexOf(':') + 1)) === 'sure';
}

/** What the program defines for its words. */
function hideKnown(words: readonly string[], hide: (i: number, start: number) => void): void {
  const first = words.findIndex((word) => PROGRAMS.has(baseOf(word)));
  if (first === -1) return;
  for (const form of FORMS)
    for (const i of placesOf(form, words, first))
      if (form.isTelling !== true || isTelling(words[i] ?? ''))
        hide(i, form.isPair === true ? (words[i]?.indexOf('=') ?? -1) + 1 : 0);
  const program = baseOf(words[first] ?? '');
  for (const [programs, user] of USER_WORDS)
    if (programs.test(program))
      for (let i = first + 1; i < words.length; i++) {
        const shown = user.exec(words[i] ?? '')?.[0];
        if (shown !== undefined) hide(i, shown.length);
      }
}

function baseOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

const NAMES =
  'vault htpasswd net rclone wpa_passphrase wpa_cli nmcli iwconfig mc mcli mysqladmin rabbitmqctl cf ngrok snyk cargo nuget mkpasswd openssl ' +
  'smbpasswd vncpasswd poetry composer bundle yarn npm pnpm pip git gem dotnet pulumi fly flyctl heroku radtest db2 redis-cli gcloud htdigest ' +
  'saslpasswd2 sqlplus sql sqlldr exp expdp imp impdp rman clpplus dgmgrl lftp mount mount.cifs smbmount siege squidclient';
const PROGRAMS: ReadonlySet<string> = new Set(NAMES.split(' '));
const BEGIN_MAX = 4;

function placesOf(
  { begin, at, flags, isPair }: Form,
  words: readonly string[],
  first: number,
): readonly number[] {
  const rest = words.map((word, i) => ({ word, i })).slice(first);
  const plain = rest.filter(({ word }) => !word.startsWith('-'));
  for (let length = 1; length <= BEGIN_MAX; length++) {
    const head = plain.slice(0, length).map(({ word }, i) => (i === 0 ? baseOf(word) : word));
    if (head.length < length || !begin.test(head.join(' '))) continue;
    if (flags !== undefined && !rest.some(({ word }) => flags.test(word))) return [];
    const others = plain.slice(length).filter(({ word }) => isPair === true || !/^[\w-]{1,64}=/.test(word));
    return at
      .flatMap((place) => others.at(place)?.i ?? [])
      .filter((i) => isPair !== true || words[i]?.includes('=') === true);
  }
  return [];
}

/** The same in a text: a shell line, command by command. */
export function secretPlaces(text: string): readonly Span[] {
  if (!HINT.test(text) && !runsProgram(text)) return [];
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

const HINT = /from-literal|\/[A-Za-z][\w-]{0,63}[:=]|\/rp |\b(?:set|setx|setenv|put|add|SetEnv|ENV|env)\s/;

/** Whether a word is the name of a program that is known here. */
function runsProgram(text: string): boolean {
  for (
    let start = 0, space = text.indexOf(' ');
    space !== -1;
    start = space + 1, space = text.indexOf(' ', start)
  ) {
    if (space - start < 2 || space - start > 256) continue;
    const word = text.slice(start, space);
    if (
      PROGRAMS.has(word) ||
      PROGRAMS.has(word.slice(Math.max(...BEFORE_WORD.map((sign) => word.lastIndexOf(sign))) + 1))
    )
      return true;
  }
  return false;
}

/** What may come right before a program's name. */
const BEFORE_WORD: readonly string[] = ['/', '"', "'", '`', '(', '|', ';', '&', '\n', '\t', '='];
