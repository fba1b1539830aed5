/**
 * Secrets on command lines: the word after a secret's flag (--db-password X), user:password after -u, and
 * what the flags of well-known programs mean (mysql -pX, redis-cli -a X). NAME=value is left to pairs.ts.
 *
 * Invariant: linear: a flag is looked at once, with the word after it and at most 256 characters before it. A
 * letter that means a password to some programs masks the word after it unless the program is known to mean
 * something else.
 */
import { mayNameSecret, type Secrecy, secrecyOf } from './secret-name.ts';
import { isHarmless } from './secret-value.ts';
import type { Span } from './spans.ts';

/** Programs to which -p is no password. */
const OTHER_P: ReadonlySet<string> = new Set(
  (
    'mkdir ssh sshd nc ncat netcat cp mv tar install ps python python2 python3 kill rsync nmap iptables ip6tables top read patch perl ruby node git kubectl helm export declare ' +
    'typeset lsof ss netstat find du scp telnet ping gunicorn uvicorn http-server serve jekyll tail grep egrep sed awk gawk sleep make cargo npm npx yarn pnpm pip strace gdb perf ' +
    'pstree fuser mount tee touch xargs type command test trap umask set unset time date echo printf php java go psql pg_ctl postgres pg_isready pg_dump createdb redis-server memcached nginx ' +
    'haproxy socat tcpdump stress taskset chrt renice rmdir fping traceroute nsenter crictl runc ctr systemd-run chroot less more sftp ftp whois dig host tmux screen rsyslogd dotnet docker-compose'
  ).split(' '),
);
const CONTAINER_PROGRAMS: ReadonlySet<string> = new Set([
  'docker',
  'podman',
  'nerdctl',
  'buildah',
  'skopeo',
  'helm',
  'oras',
  'crane',
]);
/** Programs that take a password right after the letter: mysql -psecret. */
const ATTACHED_P = /^(?:mysql\w*|mariadb[\w-]*|sshpass|7za?r?|mongo\w*|rar|unrar)$/;
const LETTERS: Readonly<Record<string, RegExp>> = {
  a: /^redis-\w+$/,
  w: /^(?:ldap\w+|vsql|kadmin)$/,
  t: /^(?:k3s|doctl)$/,
  c: /^snmp\w*$/,
  s: /^ldappasswd$/,
  A: /^snmp\w*$/,
  X: /^snmp\w*$/,
  P: /^(?:ipmitool|sqlcmd|tsql|bcp|isql|osql|unzip|zip|mosquitto_\w+|rpcclient|chef|knife)$/,
  k: /^(?:openssl|dotnet|nuget)$/,
  b: /^(?:curl|gh)$/,
  1: /^openssl$/,
  5: /^openssl$/,
  6: /^openssl$/,
  W: /^(?:sqlplus|snmp\w*|ldap\w+)$/,
};
/** Flags of more than a letter that take a secret in some commands alone. */
const LONG: Readonly<Record<string, RegExp>> = {
  value: /^(?:aws ssm put-parameter|az keyvault secret|vault |doppler |op )/,
  body: /^gh secret/,
  rp: /^schtasks/,
};
const WITH_COLON = /^(?:u|U|user|username|proxy-user|userpwd|creds?|login|E|cert)$/;
/** The same to one program alone. */
const WITH_COLON_TO: Readonly<Record<string, RegExp>> = { a: /^https?$|^httpie$|^xh$/, A: /^ab$/ };
const REPLACED_BEFORE = 256;
/**
 * Flags of one text that are looked at with their program: no command has as many. After them a password is
 * masked whatever the program.
 */
const PROGRAMS_MAX = 1_000;

/** How much of the word after a flag is a secret. */
type Hides = { readonly what: 'word'; readonly secrecy: Secrecy } | { readonly what: 'behindColon' };

/**
 * @param flag without its dashes
 * @param programOfFlag called only where it matters
 */
export function hides(flag: string, programOfFlag: () => string): Hides | undefined {
  if (WITH_COLON.test(flag)) return { what: 'behindColon' };
  if (Object.hasOwn(WITH_COLON_TO, flag) && WITH_COLON_TO[flag]?.test(baseOf(programOfFlag())) === true)
    return { what: 'behindColon' };
  if (flag === 'p') return isOtherP(programOfFlag()) ? undefined : { what: 'word', secrecy: 'likely' };
  if (flag.length === 1)
    return Object.hasOwn(LETTERS, flag) && LETTERS[flag]?.test(baseOf(programOfFlag())) === true
      ? { what: 'word', secrecy: 'sure' }
      : undefined;
  if (Object.hasOwn(LONG, flag))
    return LONG[flag]?.test(programOfFlag()) === true ? { what: 'word', secrecy: 'sure' } : undefined;
  const secrecy = secrecyOf(flag);
  return secrecy === 'no' ? undefined : { what: 'word', secrecy };
}

/** `docker run -p 80:80`, but `docker login -p X`. */
function isOtherP(program: string): boolean {
  const [first = '', second = ''] = program.split(' ');
  const base = baseOf(first);
  return CONTAINER_PROGRAMS.has(base) ? second !== 'login' && !program.includes(' login') : OTHER_P.has(base);
}

function baseOf(program: string): string {
  const first = program.split(' ')[0] ?? '';
  return first.slice(first.lastIndexOf('/') + 1);
}

/** The part of a word that the flag before it makes a secret; undefined for none. */
export function hiddenPart(word: string, hiding: Hides): Span | undefined {
  if (word === '' || word.startsWith('-')) return undefined;
  if (hiding.what === 'word')
    return isHarmless(word, hiding.secrecy) || (hiding.secrecy === 'likely' && isPlace(word))
      ? undefined
      : { start: 0, end: word.length };
  const colon = partingOf(word);
  // uid:gid, and a URL.
  if (colon === -1 || /^\d{1,10}:\d{0,10}$/.test(word) || word.startsWith('://', colon)) return undefined;
  return isHarmless(word.slice(colon + 1), 'sure') ? undefined : { start: colon + 1, end: word.length };
}

/** After a user's name: a colon, as most programs take it, smbclient's percent sign, lftp's comma. */
function partingOf(word: string): number {
  const colon = word.indexOf(':');
  if (colon !== -1) return colon;
  return /^[\w.\\/@+-]{1,64}[%,](?=[^\s,%]{4,128}$)/.exec(word)?.[0].search(/[%,]/) ?? -1;
}

/** Ports, address with port, JSON, a folder: what -p and -k are followed by elsewhere. */
function isPlace(word: string): boolean {
  return /^(?:[\d.]{1,40}|\[[\da-f:]{2,40}\]|[\w.-]{0,253}):\d{1,5}(?:-\d{1,5})?(?:\/\w{1,8})?$|^\d{1,5}(?:[-:,]\d{1,5}){0,8}(?:\/\w{1,8})?$|^\/|^[{[]/.test(
    word,
  );
}

/** A word that has the secret with its flag: -psecret. */
export function attachedPart(word: string, program: string): Span | undefined {
  if (/^-hp[^\s=-]/.test(word) && /^rar$/.test(baseOf(program))) return { start: 3, end: word.length };
  if (/^-p[^\s=-]/.test(word) && ATTACHED_P.test(baseOf(program))) return { start: 2, end: word.length };
  if (!/^-[uU][^\s=-]/.test(word)) return undefined;
  const part = hiddenPart(word.slice(2), { what: 'behindColon' });
  return part === undefined ? undefined : { start: part.start + 2, end: part.end + 2 };
}

const FLAG = /(?<![\w\-/.])(--?)([A-Za-z156][\w.-]{0,63})/g;
/** Between a flag and its value: a space, or the next text of a list in JSON or YAML. */
const BETWEEN =
  /(?:\\{0,3}["'])?(?:[ \t]{0,8},[ \t\r\n]{0,8}|[ \t]{1,16}(?:\\\r?\n[ \t]{0,16})?|[ \t]{0,8}\r?\n[ \t]{0,64}-[ \t]{1,8}|=)(?:\\{0,3}["'])?/y;
const QUOTED_WORD = /[^"'\\]{0,4096}/y;
const BARE_WORD = /[^\s"'|;,)\\]{1,4096}/y;

export function secretFlags(text: string): readonly Span[] {
  if (!text.includes('-')) return [];
  const spans: Span[] = [];
  const hasHint = mayNameSecret(text);
  let looked = 0;
  for (const match of text.matchAll(FLAG)) {
    const [whole, , name = ''] = match;
    const attached =
      name.length > 1 && /^[puUh]/.test(name) && looked++ < PROGRAMS_MAX
        ? attachedIn(text, match.index)
        : undefined;
    if (attached !== undefined) spans.push(attached);
    if (name.length > 1 && !hasHint && !WITH_COLON.test(name) && !Object.hasOwn(LONG, name)) continue;
    const hiding = hides(name, () => (looked++ < PROGRAMS_MAX ? programBefore(text, match.index) : ''));
    if (hiding === undefined) continue;
    BETWEEN.lastIndex = match.index + whole.length;
    const between = BETWEEN.exec(text)?.[0];
    // `=` after a long name is left to pairs.ts.
    if (between === undefined || (between.includes('=') && hiding.what === 'word' && name.length > 1))
      continue;
    const start = match.index + whole.length + between.length;
    const word = wordAt(text, start, /["']$/.test(between));
    const part = hiddenPart(word, hiding);
    if (part !== undefined) spans.push({ start: start + part.start, end: start + part.end });
  }
  return spans;
}

function wordAt(text: string, start: number, isQuoted: boolean): string {
  const expression = isQuoted ? QUOTED_WORD : BARE_WORD;
  expression.lastIndex = start;
  return expression.exec(text)?.[0] ?? '';
}

function attachedIn(text: string, start: number): Span | undefined {
  const end =
    /[\s"',;|]/.exec(text.slice(start, start + REPLACED_BEFORE))?.index ??
    Math.min(text.length - start, REPLACED_BEFORE);
  const part = attachedPart(text.slice(start, start + end), programBefore(text, start));
  return part === undefined ? undefined : { start: start + part.start, end: start + part.end };
}

/** The program and its next word, of the command that a flag belongs to. */
function programBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - REPLACED_BEFORE), at);
  const segment = before.slice(
    Math.max(...['|', ';', '&', '\n', '(', '`'].map((mark) => before.lastIndexOf(mark))) + 1,
  );
  return programOf(segment.split(/[\s"',[\]\\]+/).filter((word) => word !== ''));
}

const PREFIXES: ReadonlySet<string> = new Set([
  'sudo',
  'env',
  'exec',
  'nohup',
  'time',
  'timeout',
  'nice',
  'sh',
  'bash',
  'ash',
  'dash',
  '-c',
  '-ec',
  'tini',
  '--',
  'command',
  'then',
  'do',
]);

/** What is run, without what only runs it and without variables in front. */
export function programOf(words: readonly string[]): string {
  const at = words.findIndex(
    (word) =>
      !PREFIXES.has(word.slice(word.lastIndexOf('/') + 1)) &&
      !/^\w{1,64}=/.test(word) &&
      !/^\d+[smhd]?$/.test(word),
  );
  if (at === -1) return '';
  return [words[at] ?? '', ...words.slice(at + 1, at + 4).filter((word) => /^[a-z]/.test(word))].join(' ');
}
