/**
 * Whether a name is a secret's: of a variable, key, flag, header, parameter, annotation.
 *
 * Invariant: decided by the words of the name, however they are joined (dbPwd, MY_APP_PASSPHRASE, authz-hdr,
 * apiKeyV2), in time linear in it. What names or describes a secret (secretName, token-ttl, password_file)
 * marks no value as secret. A name is read as a person reads it: letters that look Latin are, and digits that
 * stand for letters (pa55w0rd). Values are secret-value.ts's.
 */
import { readAsLatin } from './look-alikes.ts';

/** `likely` are words that also name harmless values: plain ones stay. */
export type Secrecy = 'sure' | 'likely' | 'no';

const NAME_MAX = 128;

/** Anywhere in a word, as words are joined: dbpassword, sessiontoken. */
const SURE_WITHIN =
  /passw|passphrase|passcode|passkey|userpass|requirepass|pwd|kennwort|passwort|contrasena|contraseña|motdepasse|senha|geheim|zugangs(?:code|daten|schl)|wachtwoord|has[lł]o|parola|l[oö]senord|adgangskode|salasana|heslo|jelsz[oó]|[sş]ifre|lozinka|пароль|парол|секрет|токен|密码|密碼|口令|令牌|パスワード|비밀번호|암호|secret|token|credential|api-?key|accesskey|privatekey|signingkey|encryptionkey|masterkey|authkey|hmackey|accountkey|sharedkey|licen[cs]ekey|jwt|mnemonic|connectionstring|connstr|dockerconfigjson|dockercfg|kubeconfig|masterauth|bearer|cookie|authorization|keytab/;
const SURE: ReadonlySet<string> = new Set(
  'mdp pass pw psw pswd pword passwrd passcode cred creds authz authn authtok dsn otp totp jws jwe pat sas hmac sessionid psk bindpw rootpw'.split(
    ' ',
  ),
);
/** At the end of a joined word: redispass, dbpw. Words of a language are none. */
const SURE_END = /(?<!^(?:com|by|sur|encom|tres|over|under|multi|single|im))pass$|[a-z]pw$|[a-z]creds?$/;
const LIKELY_END =
  /(?<!^(?:mon|tur|don|hot|jo|ho|whis|pub|public|loc|map|row|sort|partition|topology|label|host))keys?$|auth$/;
const LIKELY: ReadonlySet<string> = new Set(
  'clave chave auth sig signature pin salt seed session sid oauth basicauth sshkey key keys'.split(' '),
);
/** In front of `key` they make it no secret. */
const PLAIN_KEYS: ReadonlySet<string> = new Set(
  'public pub partition primary foreign sort row cache map object group topology label annotation config lock index routing message idempotency host known data ca'.split(
    ' ',
  ),
);
/** After `key` they make it no secret. */
const QUALIFIERS: ReadonlySet<string> = new Set(
  'value val old new prod dev test staging primary secondary backup b base enc encoded encrypted plain str string text data hex pem raw hdr header v env var'.split(
    ' ',
  ),
);
/** At the end they make the name one of something about a secret. */
const ABOUT: ReadonlySet<string> = new Set(
  (
    'name names ref refs reference file files path paths dir directory folder location mount mounts ttl expiry expiration expires expire expirationseconds seconds minutes ' +
    'hours days ms timeout interval rotation count length len size min max limit type types mode modes policy policies enabled enable disabled required url uri ' +
    'endpoint host port issuer audience audiences alg algorithm algorithms version provider manager store class controller namespace fingerprint checksum digest ' +
    'usage usages kind owner format encoding prefix suffix source sources selector label annotation keyref review reviews request requests reader writer ' +
    'lister binding role account service operator plugin driver config configmap status'
  ).split(' '),
);
/** Beside ABOUT: keys in a map under a secret's name that are no secrets themselves, as in a volume. */
const BESIDE: ReadonlySet<string> = new Set(
  (
    'items optional audience expirationseconds username user users login email server address driver region realm scope scopes method ' +
    'apiversion uid group groups description comment title annotations labels metadata issuers jwksuri algorithm required kid kty use alg'
  ).split(' '),
);

/** Of a name in a map under a secret's name. */
export function tellsAbout(name: string): boolean {
  const last = wordsOf(name).at(-1) ?? '';
  return ABOUT.has(last) || BESIDE.has(last) || last === 'id';
}

/** `max_tokens`, `imagePullSecrets`, a checksum of a Secret that makes a rollout: the value is none. */
const NEVER =
  /^(?:max|min|num|n|count|total|checksum|hash)(?= )|image pull secret|agent inject|(?:^| )secrets? ?manager|public key|csrf cookie name|cert(?:ificate)? hash/;

export function secrecyOf(name: string): Secrecy {
  const shown = name.length > NAME_MAX ? name.slice(-NAME_MAX) : name;
  const secrecy = secrecyAsWritten(shown);
  return secrecy === 'sure' || !DISGUISED.test(shown) ? secrecy : secrecyAsRead(shown, secrecy);
}

/** Letters beyond ASCII, digits or signs in the place of letters, letters with a sign between each. */
const DISGUISED =
  /[\u007f-\uffff]|[A-Za-z][\d@$]{1,2}[A-Za-z]|[A-Za-z][\d@$]{1,4}$|\b[A-Za-z](?:[ ._-][A-Za-z]){4}|mot[ ._-]de|mot de/;
const AS_LETTERS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  $: 's',
  '@': 'a',
};
/** Whole words of a secret: digits in a random name make none. */
const READ = /passwor[dt]|passwd|passphrase|secret|token|credential|apikey|motdepasse/;

function secrecyAsRead(name: string, secrecy: Secrecy): Secrecy {
  const latin = readAsLatin(name);
  if (latin !== name && secrecyAsWritten(latin) === 'sure') return 'sure';
  const letters = latin.toLowerCase().replace(/[\d@$]/g, (sign) => AS_LETTERS[sign] ?? sign);
  const together = letters.replace(/[ ._-]/g, '');
  if (
    letters !== latin.toLowerCase() &&
    READ.test(letters.replace(/_/g, '')) &&
    secrecyAsWritten(letters) === 'sure'
  )
    return 'sure';
  return /\b[a-z](?:[ ._-][a-z]){4}/.test(letters) || together.includes('motdepasse')
    ? orElse(READ.test(together), secrecy)
    : secrecy;
}

function orElse(isSure: boolean, secrecy: Secrecy): Secrecy {
  return isSure ? 'sure' : secrecy;
}

function secrecyAsWritten(name: string): Secrecy {
  const { prefix, own } = partsOf(name);
  const secrecy = secrecyOfWords(wordsOf(own));
  if (secrecy !== 'no' || prefix === '') return secrecy;
  // db.secrets.example.com/main: the domain's first word decides for all of its keys.
  return /^(?:secrets?|tokens?|passwords?|credentials?)$/.test(prefix.split('.')[0] ?? '') ? 'likely' : 'no';
}

/** Of a key like example.com/db-password the part after the domain counts; of secret/db all. */
function partsOf(name: string): { readonly prefix: string; readonly own: string } {
  const slash = name.lastIndexOf('/');
  if (slash === -1) return { prefix: '', own: name };
  const prefix = name.slice(0, slash);
  return prefix.includes('.') ? { prefix, own: name.slice(slash + 1) } : { prefix: '', own: name };
}

function wordsOf(name: string): readonly string[] {
  return name
    .normalize('NFKC')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}

function secrecyOfWords(words: readonly string[]): Secrecy {
  const kept = words.at(-1) === 'v' ? words.slice(0, -1) : words;
  const last = kept.at(-1) ?? '';
  const all = kept.join(' ');
  if (NEVER.test(all)) return 'no';
  if (
    /(?:^| )(?:access key id|secret id|session id|id (?:rsa|dsa|ecdsa|ed))(?: |$)/.test(`${all} `) ||
    last.endsWith('accesskeyid')
  )
    return 'sure';
  if (ABOUT.has(last) || last === 'id') return 'no';
  if (kept.some((word) => SURE.has(word) || SURE_WITHIN.test(word) || SURE_END.test(word)))
    return /(?:name|file|path|ref|mode|type|ttl|expirationseconds|review|manager)s?$/.test(last)
      ? 'no'
      : 'sure';
  if (
    /(?:api|access|private|signing|encryption|master|auth|account|shared|hmac|ssh|secret|client) keys?(?: |$)/.test(
      `${all} `,
    ) &&
    isKey(kept)
  )
    return 'sure';
  return kept.some((word) => LIKELY.has(word) && word !== 'key' && word !== 'keys') ||
    LIKELY_END.test(lastOf(kept)) ||
    isKey(kept)
    ? 'likely'
    : 'no';
}

/** `key` alone is isKey's. */
function lastOf(words: readonly string[]): string {
  const last = words.findLast((word) => !QUALIFIERS.has(word)) ?? '';
  return last === 'key' || last === 'keys' ? '' : last;
}

function isKey(words: readonly string[]): boolean {
  const at = words.findLastIndex((word) => word === 'key' || word === 'keys');
  return (
    at !== -1 &&
    !PLAIN_KEYS.has(words[at - 1] ?? '') &&
    words.slice(at + 1).every((word) => QUALIFIERS.has(word))
  );
}

/** What a text must hold to have a name of a secret in it: looked for before anything dearer is. */
const NAME_HINT =
  /pass|pa[s5$]|p[4@]s|s[3e]cr[3e]t|t[0o]k[3e]n|mot.de|pw|psw|kennw|contrase|senha|geheim|secret|token|cred|key|jw[tse]|mnemonic|conn|docker|kubeconf|bearer|cookie|auth|dsn|otp|pat|sas|sig|pin|salt|seed|sid|session|hmac|psk|_a_|\.a\.|id_|code|mdp|clave|chave|zugang|wachtw|haslo|parola|senord|adgangs|salasana|heslo|jelsz|sifre|lozinka|[\u0080-\uffff]/i;

export function mayNameSecret(text: string): boolean {
  return NAME_HINT.test(text);
}
