/**
 * Hides what may be a secret in the free text of an alert.
 *
 * Invariant: masking comes before shortening. Every expression below runs in time linear in the text, as the text is an
 * attacker's: a repetition has a bound, or can begin only where the one before it ended. It is a net, not a proof: a secret
 * that looks like a word passes.
 */

export const MASK = '[masked]';

/** Longer text is cut here before it is looked at; alerts show far less. */
export const MASK_LOOKS_AT_MAX = 65_536;

const SECRET_NAME =
  'passw(?:or)?d|passwd|passphrase|(?<![A-Za-z])pass(?![A-Za-z])|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|signing[-_]?key|credential';
/** Quotes may be escaped: JSON inside a shell line. */
const QUOTE = `\\\\{0,3}["']`;
const VALUE = `\\\\{1,3}"[^"]*"?|"(?:[^"\\\\]|\\\\[^])*"?|'[^']*'?|(?:[^\\s"'&;,\\\\]|\\\\[^\\s"'])+`;

const RULES: readonly (readonly [RegExp, string])[] = [
  // Credentials in a URL: scheme://user:password@host, scheme://token@host. A password may hold an @ itself.
  [/:\/\/[^\s/"'<>]*@/g, `://${MASK}@`],
  // Header values.
  [new RegExp(`(authorization(?:${QUOTE})?\\s{0,8}[=:]\\s{0,8}(?:${QUOTE})?(?:[a-z][\\w-]{0,32}\\s{1,8})?)[^\\s"'\\\\,;]+`, 'gi'), `$1${MASK}`],
  [/\b(bearer|basic)\s{1,8}[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MASK}`],
  // name=value and name: value, JSON included.
  [new RegExp(`((?:${SECRET_NAME})[\\w.-]{0,32}(?:${QUOTE})?\\s{0,16}[=:]\\s{0,16})(?!\\[masked)(?:${VALUE})`, 'gi'), `$1${MASK}`],
  // --name value inside a shell line.
  [new RegExp(`((?<![\\w-])--?[\\w-]{0,32}(?:${SECRET_NAME})[\\w-]{0,32}\\s{1,16})(?!-)(?:${VALUE})`, 'gi'), `$1${MASK}`],
  // curl -u user:password
  [/((?:^|\s)(?:-u|--user)[\s=]{0,4}["']?[^\s:"']{1,128}:)[^\s"']+/g, `$1${MASK}`],
  // Tools that take a password as -p or -a.
  [/(\b(?:sshpass|redis-cli|docker login|podman login|mysql\w{0,8}|mariadb\w{0,8})\b[^|;&\n]{0,256}?\s(?:-p|-a|--pass)\s{0,4})(?!-)[^\s"']+/g, `$1${MASK}`],
  // Signed URLs.
  [/([?&](?:sig|signature|x-amz-signature|x-goog-signature)=)[^&\s"']+/gi, `$1${MASK}`],
  [/(hooks\.slack\.com\/services\/)[^\s"']+/g, `$1${MASK}`],
  // Tokens that tell themselves: JWT, AWS, GitHub, GitLab, Slack, Google, PEM.
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, MASK],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MASK],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|npm_|xox[abeprs]-|AIza)[\w-]{16,}/g, MASK],
  [/-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----|$)/g, MASK],
];

export function maskText(text: string): string {
  let masked = text.slice(0, MASK_LOOKS_AT_MAX);
  for (const [expression, replacement] of RULES) masked = masked.replace(expression, replacement);
  return masked;
}

const SECRET_FLAG = new RegExp(`^--?[\\w.-]{0,64}(?:${SECRET_NAME})[\\w.-]{0,64}$`, 'i');
/** Longer words are no flags. */
const FLAG_MAX = 160;

/** One word of a command line that is a list: the word after a flag that names a secret is hidden. */
export function maskWord(word: string, before: string | undefined): string {
  if (before !== undefined && before.length <= FLAG_MAX) {
    if (SECRET_FLAG.test(before) && !word.startsWith('-')) return MASK;
    if ((before === '-u' || before === '--user') && word.includes(':')) return `${word.slice(0, word.indexOf(':') + 1)}${MASK}`;
  }
  return maskText(word);
}

/** kubectl and kapp keep the whole object, env values included, in these annotations. */
const WHOLE_OBJECT_ANNOTATIONS: readonly string[] = ['kubectl.kubernetes.io/last-applied-configuration', 'kapp.k14s.io/original'];

export function maskAnnotation(name: string, value: string): string {
  return WHOLE_OBJECT_ANNOTATIONS.includes(name) ? MASK : maskText(value);
}
