/**
 * Secrets in URLs: user info, and hooks, whose path is the secret. Parameters of a query are names with
 * values (pairs.ts).
 *
 * Invariant: linear: every repetition is bounded. An image's digest after an @ is no host.
 */
import { MASK } from './secret-value.ts';

const DIGEST = '(?!sha\\d{3}:)';

const RULES: readonly (readonly [hint: string, expression: RegExp, replacement: string])[] = [
  // A password may hold an @ itself.
  ['@', new RegExp(`://[^\\s/?#"'<>\\\\]{1,512}@${DIGEST}`, 'g'), `://${MASK}@`],
  // Nor is a slash in a password encoded where a person wrote it; a port is none.
  [
    '@',
    new RegExp(`(://[^\\s/?#"'<>@:]{1,256}:)(?!\\d{1,5}(?:[/?#]|$))[^\\s"'<>@]{1,512}@${DIGEST}`, 'g'),
    `$1${MASK}@`,
  ],
  // user:password@host without a scheme. Members of IAM policies have one colon too.
  [
    '@',
    new RegExp(
      `(?<![\\w.+%-])(?!(?:mailto|acct|sip|serviceAccount|group|domain|principal|oidc|system):)([\\w.+%-]{1,64}:)(?!\\[masked)[^\\s@/"'<>,;:]{1,256}@${DIGEST}(?=[\\w\\[])`,
      'g',
    ),
    `$1${MASK}@`,
  ],
  ['hook', /(hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/)[^\s"'<>\\]{1,512}/g, `$1${MASK}`],
  ['hook', /(\/(?:api\/)?webhooks?\/)(?=[^\s"'<>\\]{0,256}(?:\d|[A-Z]))[^\s"'<>\\]{8,512}/g, `$1${MASK}`],
  [
    'hook',
    /(:\/\/[^\s/"'<>]{1,253}\/(?:[\w-]{1,32}\/){0,4}(?:hooks?|webhookb2|IncomingWebhook|incoming-webhook|catch)\/)[^\s"'<>\\]{8,512}/g,
    `$1${MASK}`,
  ],
  ['api.telegram', /(api\.telegram\.org\/bot)[^\s/"'<>\\]{1,128}/g, `$1${MASK}`],
  ['/with/key/', /(\/with\/key\/)[^\s/"'<>\\]{1,256}/g, `$1${MASK}`],
  ['/integration/', /(events\.(?:eu\.)?pagerduty\.com\/integration\/)[^\s/"'<>\\]{1,128}/g, `$1${MASK}`],
  ['hc-ping.com', /(hc-ping\.com\/)[^\s"'<>\\]{1,128}/g, `$1${MASK}`],
];

export function maskUrls(text: string): string {
  let masked = text;
  for (const [hint, expression, replacement] of RULES)
    if (masked.includes(hint)) masked = masked.replace(expression, replacement);
  return masked;
}

/** Of an image's reference, user:password@registry. */
export function maskUserInfo(reference: string): string {
  if (!reference.includes('@')) return reference;
  return reference.replace(
    new RegExp(`^((?:[a-z][a-z0-9+.-]{0,20}://)?)[^\\s/]{1,512}@${DIGEST}(?=[^\\s]{1,512}/)`, 'i'),
    `$1${MASK}@`,
  );
}
