/**
 * Whether a value under a secret's name is no secret after all: empty, a reference to one, a file, a mode.
 *
 * Invariant: what is no known harmless form is a secret; looks at the first 300 characters at most, as no
 * harmless form is longer.
 */
import type { Secrecy } from './secret-name.ts';

export const MASK = '[masked]';

const HARMLESS_MAX = 300;

const ALWAYS: readonly RegExp[] = [
  /^(?:true|false|null|nil|none|undefined|yes|no|on|off)$/i,
  /^(?:\[masked\]?|\[?<?redacted>?\]?|\*+)$/i,
  // A variable's name, not what it is when there is none: ${A:-default}.
  /^\$\(?\{?\w{1,128}\}?\)?$/,
  /^\{\{[^{}]{1,200}\}\}$/,
  /^(?:sha256|sha512|md5):[0-9a-f]{32,128}$/,
  /^\d{1,9}(?:ms|s|m|h|d)$/,
  // Files, by where they lie or what they are called.
  /^(?:file:\/\/)?(?:~|\.{1,2})?\/(?:etc|var|run|opt|home|root|usr|tmp|mnt|srv|data|app|apps|secrets?|certs?|pki|keys|config|tls|vault|workspace|credentials)(?:\/[\w.@+-]{1,64}){0,12}\/?$/,
  /^[\w./@-]{1,200}\.(?:pem|key|crt|cer|csr|json|ya?ml|conf|cfg|txt|toml|ini|env|p12|pfx|jks|pub|sock|properties)$/,
  // Where a secret is kept.
  /^arn:aws[\w-]*:[\w:/.+=@-]{1,250}$/,
  /^projects\/[\w-]{1,64}\/secrets\/[\w/-]{1,128}$/,
];

const LIKELY_ONLY: readonly RegExp[] = [
  /^-?\d{1,7}(?:\.\d{1,5}){0,3}$/,
  /^v?\d{1,4}(?:\.\d{1,5}){1,3}(?:-[\w.]{1,20})?$/,
  /^(?:basic|bearer|required|optional|enabled|disabled|always|never|auto|default|node|rbac|webhook|oidc|jwt|m?tls|saml|oauth2?|ldap|kerberos|anonymous|digest|rsa|ecdsa|ed25519|internal|external|any|all)$/i,
];

export function isHarmless(value: string, secrecy: Secrecy): boolean {
  if (secrecy === 'no' || value === '') return true;
  if (value.length > HARMLESS_MAX) return false;
  const bare = value.trim();
  return (
    bare === '' ||
    ALWAYS.some((form) => form.test(bare)) ||
    (secrecy === 'likely' && LIKELY_ONLY.some((form) => form.test(bare)))
  );
}

/** Of the name `key`, which Kubernetes' references and selectors have too: plain words are a name. */
export function isPlainName(value: string): boolean {
  return value.length <= 253 && /^[a-z]+(?:[-._/][a-z]+)*$/i.test(value);
}

/** Longer runs of letters and digits are data. */
const RANDOM_MAX = 512;

/** Letters of both kinds and digits in random order, as in no name: the runs of one kind are short. */
export function isRandom(text: string): boolean {
  if (
    text.length < 10 ||
    text.length > RANDOM_MAX ||
    !/[a-z]/.test(text) ||
    !/[A-Z]/.test(text) ||
    !/\d/.test(text)
  )
    return false;
  const runs = text.match(/[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+/g)?.length ?? 0;
  return runs * 2.8 >= text.length;
}

/**
 * Something that is no plain word: it has a digit beside letters, letters of both kinds, or signs that no
 * name has.
 */
export function isTelling(text: string): boolean {
  return (
    text.length >= 4 &&
    !/^(?:[a-z]{1,64}|[A-Z]{1,64}|[A-Z][a-z]{1,64}|[\d.:]{1,64}|v\d[\w.-]{0,32})$/.test(text) &&
    /\d|[a-z][A-Z]|[^\w.\-/:\s]/.test(text)
  );
}
