/**
 * Secrets in lines of files that hold credentials by position: .pgpass, .netrc, ipsec.secrets, of switches,
 * LDAP, mail, proxies; in text protocols' logins (FTP, POP, IMAP, IRC, Redis); and as people write them
 * (`user: u / X`).
 *
 * Invariant: every expression is linear: repetitions are bounded, and where a match may begin is bounded by
 * what precedes it.
 */
import { isHarmless, isTelling, MASK } from './secret-value.ts';

const VALUE = `(?:\\\\{0,3}["']?)([^\\s"'|;\\\\<>,]{1,256})`;

interface Line {
  readonly hint: RegExp;
  /** Ends in the secret, its last group. */
  readonly form: RegExp;
  /** Only what is no plain word. */
  readonly isTelling?: true;
}

const line = (hint: RegExp, form: string, flags = 'gi'): Line => ({
  hint,
  form: new RegExp(`${form}${VALUE}`, flags),
});
const telling = (hint: RegExp, form: string, flags = 'gi'): Line => ({
  ...line(hint, form, flags),
  isTelling: true,
});

const LINES: readonly Line[] = [
  // host:port:database:user:X
  { hint: /:(?:\d{2,5}|\*):[A-Za-z_*]/, form: /(?<![\w.:*/-])(?:[A-Za-z_*][\w.*-]{0,127}|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]{2,40}\]):(?:\d{2,5}|\*):[A-Za-z_*][\w.*-]{0,63}:[A-Za-z_*][\w.*@-]{0,63}:([^\s"'|:]{1,256})/g, isTelling: true },
  line(/\b(?:machine|default)\s[^|;]{0,400}\b(?:password|account)/, '\\b(?:password|account)(?<=\\b(?:machine|default)\\s[^|;]{0,400})["\']?\\s{1,32}'),
  telling(/\b(?:secret|password|key|community|key-string)\s+\d?\s?\S/i, '\\b(?:enable|username\\s{1,4}\\S{1,64}(?:\\s{1,4}privilege\\s{1,4}\\d{1,2})?)\\s{1,4}(?:secret|password)\\s{1,4}(?:\\d{1,2}\\s{1,4})?'),
  line(/community|key-string|isakmp|-server key/, '(?:snmp-server\\s{1,4}community|key-string(?:\\s{1,4}\\d{1,2})?|isakmp\\s{1,4}key(?:\\s{1,4}\\d{1,2})?|(?:tacacs|radius)-server\\s{1,4}key(?:\\s{1,4}\\d{1,2})?)\\s{1,4}'),
  line(/PSK|EAP|XAUTH|NTLM/, ':\\s{1,8}(?:PSK|EAP|XAUTH|NTLM)\\s{1,8}', 'g'),
  line(/bindpw|rootpw|authtok|bindcred/i, '\\b(?:root)?(?:bindpw|bindcredentials|rootpw)\\s{1,16}'),
  telling(/\]:\d|^\S+\s+\w+:\S/m, '(?:^|\\n)[ \\t]{0,8}(?:\\[[\\w.-]{1,253}\\](?::\\d{1,5})?|[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,8})[ \\t]{1,16}[\\w.@+-]{1,64}:(?!\\d{1,5}(?:\\s|$))'),
  line(/insecure-password|http-proxy-user-pass/, '\\b(?:insecure-password|http-proxy-user-pass\\s{1,8}\\S{1,64})\\s{1,8}'),
  telling(/(?:auth\w{0,12}|login|cred\w{0,8})[ \t=:]/i, '\\b(?:auth(?:_basic|info|entication)?|stats\\s{1,4}auth|login|cred(?:ential)?s?)[ \\t]{0,4}[ \\t=:][ \\t]{0,4}[\\w.@-]{1,64}:(?!\\d{1,5}(?:\\s|$))'),
  telling(/(?:auth|info|login|oper|user)[ \t]/i, '(?<![\\w./-])(?:auth(?:info)?|login|oper|user)[ \\t]{1,8}(?!agent\\b)["\']?[\\w.@%-]{1,64}["\']?[ \\t]{1,8}'),
  telling(/AUTH|IDENTIFY|PASS/, '\\b(?:AUTH\\s{1,8}(?:PLAIN|LOGIN|EXTERNAL)|IDENTIFY(?:\\s{1,8}\\w{1,32})?|PASS)\\s{1,8}', 'g'),
  // Secrets of PPP: client, server, X.
  telling(/\*/, '(?:^|\\n)["\']?[\\w.@-]{1,64}["\']?[ \\t]{1,16}\\*[ \\t]{1,16}'),
  // Redis' access list.
  line(/ on >|setuser/i, '\\b(?:user|setuser)\\s{1,8}\\S{1,64}\\s{1,8}(?:\\w{1,16}\\s{1,8}){0,4}>'),
  telling(/connect|conn /i, '(?:^|[\\n;"\'])\\s{0,8}conn(?:ect)?\\s{1,8}[\\w$#.]{1,64}\\/'),
  telling(/sqlplus|sqlldr|expdp|impdp|rman/, '\\b(?:sqlplus|sqlldr|expdp|impdp|rman)\\s{1,8}(?:-\\w\\s{1,4}){0,4}["\'][\\w$#.]{1,64}\\/'),
  telling(/open|lftp/, '\\bopen\\s{1,8}(?:-\\w{1,8}\\s{1,8})?(?:-u|--user)\\s{1,8}[\\w.@-]{1,64},'),
  line(/addlogin/, '\\bsp_addlogin\\s{1,8}\\S{1,64}\\s{0,4},\\s{0,4}N?'),
  line(/addprinc|-pw /, '(?<=\\s)-pw\\s{1,8}'),
  telling(/ \/ /, '(?:user(?:name)?|login|cred(?:ential)?s?)\\s{0,4}[:=]?\\s{1,4}["\']?[\\w.@-]{1,64}["\']?\\s{1,4}\\/\\s{1,4}(?:pass\\w{0,8}\\s{0,4}[:=]\\s{0,4})?'),
  telling(/username and password/i, 'username and password(?:\\s{1,4}(?:is|are))?\\s{0,4}[:=]?\\s{1,4}[\\w.@-]{1,64}[\\s,/]{1,4}'),
  telling(/\/ \S+ is the/i, '\\b[\\w.@-]{1,64}\\s\\/\\s(?=\\S{1,256}\\sis\\sthe\\s(?:login|password|cred))'),
  line(/wep-key|key = s:|key s:/i, '(?:wep-key\\d?[ \\t]{0,4}[=:]?|key[ \\t]{0,4}=?[ \\t]{0,4}s:)[ \\t]{0,4}'),
]; // prettier-ignore

/** One look for all of them: nearly no text has any. */
const ANY =
  /machine|default|secret|password|key|community|PSK|EAP|XAUTH|NTLM|bind|rootpw|auth|login|oper|user|cred|identify|PASS|connect|conn |sqlplus|sqlldr|expdp|impdp|rman|lftp|addprinc|-pw | \/ |\]:\d|\*|:\d{2,5}:[a-z_]|^\S+\s+\w+:\S/im;

const WITHOUT_SPACES = /:(?:\d{2,5}|\*):[A-Za-z_*]/;

/**
 * A quoted text right after a name of a password: `SET password "X"`, `:password "X"`, `option (password
 * 'X')`.
 */
const QUOTED =
  /(?<![\w-])((?:[\w.-]{0,48}(?:passw\w{0,8}|passphrase|psk|passcode|api_?key))(?:[ \t]{0,8}(?:<-|->|~|\||-|\u2013|\u2192)[ \t]{0,8}|[ \t]{1,8}|\s{0,4}:\s{0,4}[&\w<>]{1,32}\s{0,4}=\s{0,4})\\{0,3}(["']))((?:(?!\2)[^\\\n]){1,256})(?=\\{0,3}\2)/gi;

const QUOTED_HINT =
  /(?:passw\w{0,8}|passphrase|psk|passcode|api_?key)(?:[ \t:]|<-|->|\u2192|\u2013)[^]{0,64}["']/i;

export function maskCredentialLines(text: string): string {
  // Nearly all of them separate their words with spaces.
  if (!(/\s/.test(text) ? ANY : WITHOUT_SPACES).test(text)) return text;
  let masked = text;
  for (const { hint, form, isTelling: onlyTelling } of LINES) {
    if (!hint.test(masked)) continue;
    masked = masked.replace(form, (...found: readonly unknown[]) => {
      const whole = String(found[0]);
      const value = String(found[1]);
      if (
        value.startsWith('[masked') ||
        isHarmless(value, 'sure') ||
        (onlyTelling === true && !isPart(value))
      )
        return whole;
      return `${whole.slice(0, whole.length - value.length)}${MASK}`;
    });
  }
  if (!QUOTED_HINT.test(masked)) return masked;
  return masked.replace(QUOTED, (whole, before: string, _quote: string, value: string) =>
    isHarmless(value, 'sure') ? whole : `${before}${MASK}`,
  );
}

/** No number, version, path, flag, or name of an object. */
function isPart(value: string): boolean {
  return (
    isTelling(value) &&
    /[\dA-Z]/.test(value) &&
    !/^(?:[-/$(]|v?\d[\d.]*$|[a-z][a-z0-9]*(?:[-.][a-z0-9]+)+$|\d{1,5}:|[A-Z]+$)/.test(value)
  );
}
