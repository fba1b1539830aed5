/**
 * Masks what may be a secret in the text of an alert, and in whatever else is published or stored.
 *
 * Invariant: masking comes before shortening. It takes time linear in the text, as an attacker chooses the
 * text. It is a heuristic: a secret without a telling name and of no known form passes. The rules are in
 * masking/, docs/masking.md lists what they miss.
 */
import { secretBlocks } from './masking/blocks.ts';
import { secretBraces } from './masking/braces.ts';
import { secretArguments } from './masking/calls.ts';
import { secretColumns } from './masking/columns.ts';
import { maskCredentialLines } from './masking/credential-lines.ts';
import { attachedPart, hiddenPart, hides, programOf, secretFlags } from './masking/flags.ts';
import { maskShapes, SHAPE_MIN } from './masking/known-shapes.ts';
import { secretPairs } from './masking/pairs.ts';
import { remembering } from './masking/memo.ts';
import { maskNearby } from './masking/names-nearby.ts';
import { maskPhrases } from './masking/phrases.ts';
import { secretsPiped } from './masking/piped.ts';
import { secretPlaces, secretsByPlace } from './masking/positional.ts';
import { secrecyOf } from './masking/secret-name.ts';
import { isHarmless, isRandom, MASK } from './masking/secret-value.ts';
import { replaced, type Span } from './masking/spans.ts';
import { maskStructured } from './masking/structured.ts';
import { maskUrls, maskUserInfo } from './masking/urls.ts';
import { maskVeiled } from './masking/veils.ts';
import { secretElements } from './masking/xml.ts';

export { MASK } from './masking/secret-value.ts';

/** Longer text is cut here before it is looked at; alerts show far less. */
export const MASK_LOOKS_AT_MAX = 65_536;
/** Texts in JSON in texts: tools that keep what another tool kept. */
const NESTED_MAX = 4;

/** A text without any of these is one word, which is a secret by its shape alone. */
const SEPARATOR =
  /[\s=:@"'<%&|,;({\\]|[\u007f-\uffff]|\/key\/|ping\.com|(?:token|secret|pass\w{0,8}|key|auth|id)\//;

const maskKnown = remembering((text) => maskNested(text, NESTED_MAX));

export function maskText(text: string): string {
  return maskKnown(text.length > MASK_LOOKS_AT_MAX ? text.slice(0, MASK_LOOKS_AT_MAX) : text);
}

function maskNested(text: string, levels: number): string {
  if (!SEPARATOR.test(text)) return text.length < SHAPE_MIN ? text : maskShapes(text);
  if (levels === 0) return MASK;
  const masked = maskWritten(text, levels);
  return maskVeiled(masked, (read) => maskWritten(read, levels));
}

/** A text as it is written. */
function maskWritten(text: string, levels: number): string {
  const structured = maskStructured(text, {
    text: (part) => maskNested(part, levels - 1),
    words: (words) => maskWords(words),
  });
  const shown = maskPhrases(maskCredentialLines(maskUrls(maskEncoded(structured ?? text, levels))));
  const spans = FINDERS.flatMap((find) => find(shown));
  return maskNearby(maskShapes(replaced(shown, spans, MASK)));
}

/** What finds secrets by the form of a text, each where there is a sign of it. */
const FINDERS: readonly ((text: string) => readonly Span[])[] = [
  secretPairs,
  secretFlags,
  secretBlocks,
  secretPlaces,
  secretArguments,
  secretsPiped,
  secretElements,
  secretBraces,
  secretColumns,
];

/** A part of a URL whose encoding hides its content: shown decoded where there is a secret in it. */
const ENCODED = /(?<![^\s?&=;"'])[^\s?&=;"'%]{0,256}%(?:3[ad]|2[02]|40|7b)[^\s?&=;"']{1,2048}/gi;

function maskEncoded(text: string, levels: number): string {
  if (!text.includes('%')) return text;
  return text.replace(ENCODED, (part) => {
    const decoded = decodedOr(part);
    const masked = decoded === part ? part : maskNested(decoded, levels - 1);
    return masked === decoded ? part : masked;
  });
}

function decodedOr(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Longer words are no flags. */
const FLAG_MAX = 160;
const FLAG = /^--?([A-Za-z][\w.-]{0,150})$/;
/** The whole of such a word belongs to its name, whatever it contains. */
const ASSIGNMENT = /^(?:--?)?([A-Za-z_][\w.-]{0,127})=/;

/**
 * A command line that is a list: a word's neighbour decides whether it is a secret.
 * @param command the words before these, where they are arguments alone
 */
export function maskWords(words: readonly string[], command: readonly string[] = []): readonly string[] {
  const program = programOf(
    [...command.slice(0, 8), ...words.slice(0, 8)].filter((word) => word.length <= FLAG_MAX),
  );
  const places = secretsByPlace([...command, ...words]);
  return words.map((word, i) => {
    const place = places.get(command.length + i);
    return place === undefined
      ? maskWord(word, words[i - 1] ?? command.at(-1), program)
      : hidden(word, place);
  });
}

function maskWord(word: string, before: string | undefined, program: string): string {
  if (before !== undefined && before.length <= FLAG_MAX) {
    const flag = FLAG.exec(before)?.[1];
    const hiding = flag === undefined ? undefined : hides(flag, () => program);
    const part = hiding === undefined ? undefined : hiddenPart(word, hiding);
    if (part !== undefined) return hidden(word, part);
    if (/^(?:requirepass|masterauth)$/.test(before)) return MASK;
  }
  const attached = word.startsWith('-') ? attachedPart(word, program) : undefined;
  if (attached !== undefined) return hidden(word, attached);
  const name = /\s/.test(word) ? undefined : ASSIGNMENT.exec(word);
  if (
    name !== undefined &&
    name !== null &&
    !isHarmless(word.slice(name[0].length), secrecyOf(name[1] ?? ''))
  )
    return `${name[0]}${MASK}`;
  return maskText(word);
}

function hidden(word: string, part: Span): string {
  return `${maskText(word.slice(0, part.start))}${MASK}`;
}

/** kubectl and kapp keep the whole object, env values included, in these annotations. */
const WHOLE_OBJECT_ANNOTATIONS: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kapp.k14s.io/original',
];

/** The value of a map: of annotations, of labels. */
export function maskEntry(key: string, value: string): string {
  if (WHOLE_OBJECT_ANNOTATIONS.includes(key)) return MASK;
  return isHarmless(value, secrecyOf(key)) ? maskText(value) : MASK;
}

/** A text that identifies, as a name or a uid: only what no name looks like. */
export function maskName(name: string): string {
  return name.length < SHAPE_MIN && !PARTED.test(name) ? name : nameMasked(name);
}

/** A short name without one of them has no parameter. */
const PARTED = /[=%:/|]|[\u007f-\uffff]/;

const nameMasked = remembering((name) => {
  const shaped = maskShapes(name);
  return MAY_HOLD_PARAMETER.test(shaped) ? maskVeiled(maskParameters(shaped), maskParameters) : shaped;
});

/** A parameter of a path or a reference, or a random-looking word after the name of a secret. */
const MAY_HOLD_PARAMETER =
  /=|%[2-7][\da-f]|:[^@\s/:]{8,256}@|(?:token|secret|pass\w{0,8}|key|auth|session|bearer|cred\w{0,8})[/:|]|[\u007f-\uffff]/i;
const PARAMETER = /(?<![\w.-])([\w.$@-]{1,64})=([^\s?&#;,=/"']{1,1024})/g;
const DISORDER =
  /((?<![\w-])(?:token|secret|pass\w{0,8}|[\w-]{0,16}key|auth|session|bearer|cred\w{0,8})[/:|])([\w+.-]{10,512})/gi;
const USER_PART = /(:)([^\s:@/]{8,256})(?=@)/g;

function maskParameters(name: string): string {
  const pairs = name.replace(PARAMETER, (whole, key: string, value: string) =>
    isHarmless(value, secrecyOf(key)) && !(SIGNATURE.test(key) && isRandom(value)) ? whole : `${key}=${MASK}`,
  );
  const hide = (whole: string, before: string, value: string): string =>
    isRandom(value) ? `${before}${MASK}` : whole;
  return pairs.replace(DISORDER, hide).replace(USER_PART, hide);
}

const SIGNATURE = /^(?:sig|code|k|x-\w{1,8}-signature)$/i;

const ADDRESS = /^(?=[^a-zA-Z]*[.:]|[\da-f]*:)[\da-fA-F.:]{2,45}(?:%[\w.-]{1,32})?$/;
/** Peers without an address. */
const NO_ADDRESS = /^(?:@|unix|localhost|unknown|-|pipe)$/;

/** An address; the server writes none that it could not parse, and anything else is a client's text. */
export function maskAddress(text: string): string {
  return ADDRESS.test(text) || NO_ADDRESS.test(text) ? text : MASK;
}

/** An image's reference: its tag is no value of the name before it. */
export function maskImage(reference: string): string {
  return maskName(maskUserInfo(reference));
}
