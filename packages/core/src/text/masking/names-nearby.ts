/**
 * The last check of a text that has a secret's name in it: random-looking words of letters and digits
 * anywhere, and a word after such a name with only a sign between.
 *
 * Invariant: one pass each; digests, uids, versions and names of objects stay, as they have no letters of
 * both kinds.
 */
import { secrecyOf } from './secret-name.ts';
import { isHarmless, isRandom, MASK } from './secret-value.ts';

/** Whole words: `tokens-controller` is a name of something else. */
const NAME =
  /(?<![a-z])(?:pass(?:word|wd|phrase|code|key)?s?|[a-z]?assword|passw|pwd|pw|secret|token|credential|creds?|api[ _-]?key|key|auth\w{0,12}|bearer|basic|login|logon|psk|otp|pin|cookie|session(?:[ _-]?id)?|jwt|sig|signature|connect\w{0,4})(?![a-z])/i;
const WORD = /(?<![A-Za-z0-9])(?<!(?:sha|SHA|md)\d{1,3}[:-])[A-Za-z0-9]{10,512}(?![A-Za-z0-9])/g;
/** Signs between a name and its value where no language has a rule for it. */
const NEAR =
  /(?<![\w./-])([A-Za-z][\w-]{1,63})(["'`)\]}>*]{0,4}(?:[ \t]{0,8}(?:->|<-|=>|\u2192|\u2013|~|\||-|,|;|\/|>)[ \t]{0,8}|[ \t]{1,8})["'`({[*<]{0,3})([^\s"'`,;|<>()[\]{}*/\\&]{4,256})/g;

export function maskNearby(text: string): string {
  if (!NAME.test(text)) return text;
  const near = text.replace(NEAR, (whole, name: string, between: string, value: string) => {
    if (
      !isPart(value, !/secret/i.test(name)) ||
      value.includes('[masked') ||
      secrecyOf(name) !== 'sure' ||
      isHarmless(value, 'likely')
    )
      return whole;
    return `${name}${between}${MASK}`;
  });
  return near.replace(WORD, (word) => (isRandom(word) ? MASK : word));
}

/**
 * Letters and digits, and no version, hash or name of an object.
 * @param evenWords of a name that no object's name follows: a word with a digit is enough
 */
function isPart(value: string, evenWords: boolean): boolean {
  if (!evenWords && /^[A-Za-z]+\d{0,2}$/.test(value)) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return !/^(?:v?\d[\w.+-]*|[0-9a-f]{7,64}|[a-z][a-z0-9]*(?:[-.][a-z0-9]+)+|[\w.-]{1,64}:[\w./:-]*|.*[=@%].*)$/.test(
    value,
  );
}
