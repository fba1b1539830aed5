/**
 * Hides what may be a secret in the free text of an alert.
 *
 * Invariant: masking comes before shortening; every expression below runs in time linear in the text (no unbounded
 * repetition can start at more than a bounded number of places before a character), as the text is an attacker's.
 * It is a net, not a proof: a secret that looks like a word passes.
 */

export const MASK = '[masked]';

/** Longer text is cut here before it is looked at; alerts show far less. */
const LOOK_AT_MAX = 65_536;

const SECRET_NAME = 'passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|signing[-_]?key|credential|authorization';
const VALUE = `"[^"]*"?|'[^']*'?|[^\\s"'&;,]+`;

const RULES: readonly (readonly [RegExp, string])[] = [
  // Credentials in a URL: scheme://user:password@host, scheme://token@host.
  [/:\/\/[^\s/@]+@/g, `://${MASK}@`],
  // Header values.
  [/\b(bearer|basic)\s{1,8}[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MASK}`],
  // name=value and name: value, JSON included.
  [new RegExp(`((?:${SECRET_NAME})[\\w.-]{0,32}["']?\\s{0,4}[=:]\\s{0,4})(?!\\[masked)(?!(?:bearer|basic) \\[masked)(?:${VALUE})`, 'gi'), `$1${MASK}`],
  // --name value inside a shell line.
  [new RegExp(`(--?[\\w-]{0,32}(?:${SECRET_NAME})[\\w-]{0,32}\\s{1,4})(?!-)(?:${VALUE})`, 'gi'), `$1${MASK}`],
  // curl -u user:password
  [/((?:^|\s)(?:-u|--user)[\s=]{0,4}[^\s:]{1,128}:)[^\s"']+/g, `$1${MASK}`],
  // Tokens that tell themselves: JWT, AWS, GitHub, Slack, Google, PEM.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, MASK],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MASK],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AIza)[\w-]{16,}/g, MASK],
  [/-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?/g, MASK],
];

export function maskText(text: string): string {
  let masked = text.slice(0, LOOK_AT_MAX);
  for (const [expression, replacement] of RULES) masked = masked.replace(expression, replacement);
  return masked;
}

const SECRET_FLAG = new RegExp(`^--?[\\w.-]{0,64}(?:${SECRET_NAME})[\\w.-]{0,64}$`, 'i');

/** A command line as a list: the word after a flag that names a secret is hidden too. */
export function maskWords(words: readonly string[]): readonly string[] {
  return words.map((word, i) => {
    const before = words[i - 1];
    return before !== undefined && before.length <= 160 && SECRET_FLAG.test(before) && !word.startsWith('-') ? MASK : maskText(word);
  });
}

/** kubectl keeps the whole object, env values included, in this annotation. */
const WHOLE_OBJECT_ANNOTATIONS: readonly string[] = ['kubectl.kubernetes.io/last-applied-configuration'];

export function maskAnnotation(name: string, value: string): string {
  return WHOLE_OBJECT_ANNOTATIONS.includes(name) ? MASK : maskText(value);
}
