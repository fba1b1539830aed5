/**
 * Whether a value under a name that says secret is none after all: empty, a reference to one, a file, a mode.
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
