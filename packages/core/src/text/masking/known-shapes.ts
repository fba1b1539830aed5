/**
 * Tokens recognised by their shape, whatever their name.
 *
 * Invariant: each expression is linear: its repetitions are bounded or begin only where the one before ended.
 * Digests, uids and hexadecimal numbers are none.
 */
import { MASK } from './secret-value.ts';

/** Nothing shorter has any of the shapes. */
export const SHAPE_MIN = 16;

const SHAPES: readonly (readonly [hint: RegExp, shape: RegExp])[] = [
  [/eyJ/, /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}/g],
  // A JSON object in base64, as an image pull secret is.
  [/eyJ/, /(?<![\w/+-])eyJ[A-Za-z0-9+/_-]{40,}={0,2}/g],
  [/A(?:KIA|SIA|BIA|CCA)/, /(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g],
  // Of GitHub, GitLab, npm, Slack, Google, Stripe, and others whose tokens begin with their issuer.
  [
    /gh[pousr]_|github_pat_|gl[a-z]{2,6}-|npm_|xox|xapp-|AIza|GOCSPX-|ya29\.|[srp]k_(?:live|test)_|whsec_|sk-|dckr_|hf_|glsa_|shp|dop_v1|pypi-|hv[sbr]\.|ATATT|lin_api|SG\.|rubygems_|tskey-|nvapi-|key-|GOOG|AGE-SECRET/,
    /(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent|imt|ffct)-|npm_|xox[abeprs]-|xapp-|AIza|GOCSPX-|ya29\.|[srp]k_(?:live|test)_|whsec_|sk-(?:ant-|proj-|or-)?|dckr_pat_|hf_|glsa_|shp(?:at|ca|pa|ss)_|do[opr]_v1_|pypi-AgE|hv[sbr]\.|ATATT3|lin_api_|SG\.|rubygems_|tskey-|nvapi-|key-(?=[0-9a-f]{32})|GOOG1|AGE-SECRET-KEY-1)[\w.=+/-]{14,}/g,
  ],
  [
    /PRIVATE KEY/,
    /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  ],
  [/PuTTY/, /PuTTY-User-Key-File-\d[^]*$/g],
  // The hash of a password: crypt(3), bcrypt, argon2, LDAP's.
  [
    /\$[\w-]{1,10}\$/,
    /\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2(?:i|d|id)|pbkdf2[\w-]{0,10}|scrypt)\$[\w./=,$+-]{16,}/g,
  ],
  [/\{S/, /\{SS?HA\d{0,3}\}[\w+/=]{16,}/g],
  // kubeadm's bootstrap token; the second part of a host name seldom has 16 characters and a digit.
  [
    /[a-z0-9]{6}\.[a-z0-9]{16}/,
    /(?<![\w.-])(?=[a-z0-9]{6}\.[a-z]{0,15}\d)[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])/g,
  ],
  // Telegram's bots, Twilio's keys.
  [/\d:[\w-]/, /(?<![\w])\d{8,10}:[\w-]{35}(?![\w-])/g],
  [/SK[0-9a-f]/, /(?<![\w])SK[0-9a-f]{32}(?![\w])/g],
  // AWS' secret keys: 40 characters of three kinds, which no SHA-1 has.
  [
    /[A-Za-z0-9/+]{40}/,
    /(?<![\w/+=.-])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])(?=[A-Za-z/+]{0,39}\d)(?!\/[a-z]+\/)[A-Za-z0-9/+]{40}(?![\w/+=-])/g,
  ],
  [/\b[Bb][EeAa][AaSs][RrIi](?:[Ee][Rr]|[Cc])\s/, /(?<=\b(?:bearer|basic)\s{1,8})[A-Za-z0-9._~+/=-]{6,}/gi],
];

/** One look for all of them: nearly no text has any. */
const ANY = new RegExp(SHAPES.map(([{ source }]) => source).join('|'));

export function maskShapes(text: string): string {
  if (text.length < SHAPE_MIN || !ANY.test(text)) return text;
  let masked = text;
  for (const [hint, shape] of SHAPES) if (hint.test(masked)) masked = masked.replace(shape, MASK);
  return masked;
}
