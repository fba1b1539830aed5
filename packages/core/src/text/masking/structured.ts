/**
 * Secrets in a text that is JSON as a whole, as tools keep applied configurations in annotations: by key, in
 * lists of names with values, in a Secret's data and in every variable of a container, also in JSON or YAML
 * that is a text in it.
 *
 * Invariant: what is not masked keeps its value; nothing nested deeper than DEPTH_MAX is shown. A text that
 * is no JSON, or is cut off, is undefined: left to pairs.ts.
 */
import { asObject } from '../../base/json.ts';
import { type Secrecy, secrecyOf, tellsAbout } from './secret-name.ts';
import { isHarmless, isPlainName, isRandom, isTelling, MASK } from './secret-value.ts';

const DEPTH_MAX = 48;

const ENTRY_NAMES = [
  'name',
  'key',
  'header',
  'field',
  'variable',
  'Name',
  'Key',
  'ParameterKey',
  'k',
  'type',
  'id',
  'label',
  'title',
  'option',
  'property',
  'param',
  'path',
  'Id',
  'Type',
  'Label',
] as const;
const ENTRY_VALUES: ReadonlySet<string> = new Set([
  'value',
  'val',
  'v',
  'content',
  'contents',
  'data',
  'default',
  'Value',
  'ParameterValue',
  'plaintext',
  'text',
  'stringValue',
  'setting',
]);
/** Lists of words of a command. */
const COMMANDS: ReadonlySet<string> = new Set([
  'command',
  'args',
  'entrypoint',
  'cmd',
  'Cmd',
  'Entrypoint',
  'arguments',
  'argv',
]);

/** How the parts that are texts are masked: a cycle of modules otherwise. */
export interface TextMasking {
  readonly text: (text: string) => string;
  readonly words: (words: readonly string[]) => readonly string[];
}

/** The text with its secrets masked; undefined where it is no JSON of more than one value, or has none. */
export function maskStructured(text: string, masking: TextMasking): string | undefined {
  if (!/^\s{0,64}[{["]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const walk = new Walk(masking);
  const masked = walk.value(value, 'no', 0);
  return walk.hidAny ? JSON.stringify(masked) : undefined;
}

class Walk {
  readonly #masking: TextMasking;
  hidAny = false;

  constructor(masking: TextMasking) {
    this.#masking = masking;
  }

  /** @param secrecy of the name it is under */
  value(value: unknown, secrecy: Secrecy, depth: number): unknown {
    if (depth > DEPTH_MAX) return this.#hide();
    if (typeof value === 'string') return isHarmless(value, secrecy) ? this.#text(value) : this.#hide();
    if (typeof value === 'number') return isHarmless(String(value), secrecy) ? value : this.#hide();
    if (Array.isArray(value)) return this.#list(value, secrecy, depth);
    const object = asObject(value);
    return object === undefined ? value : this.#object(object, secrecy, depth);
  }

  /** `["password", "X"]`: a text may be the name of the next one. */
  #list(list: readonly unknown[], secrecy: Secrecy, depth: number): unknown {
    return list.map((entry: unknown, i) => {
      const name: unknown = list[i - 1];
      const isNamed =
        secrecy === 'no' &&
        typeof name === 'string' &&
        typeof entry === 'string' &&
        isValueOf(name, entry, list.length);
      return isNamed ? this.#hide() : this.value(entry, secrecy, depth + 1);
    });
  }

  /** @param above of the name that all of it is under */
  #object(object: Readonly<Record<string, unknown>>, above: Secrecy, depth: number): unknown {
    const named = secrecyOfEntry(object);
    const isSecret = object['kind'] === 'Secret';
    const entries = Object.entries(object).map(([key, value]): readonly [string, unknown] => {
      if (isSecret && (key === 'data' || key === 'stringData')) return [key, this.#every(value)];
      if (key === 'env' && Array.isArray(value))
        return [key, value.map((entry: unknown) => this.#variable(entry, depth + 1))];
      if (COMMANDS.has(key) && isTexts(value)) return [key, this.#words(value)];
      if (ENTRY_VALUES.has(key) && named !== 'no') return [key, this.value(value, named, depth + 1)];
      if (typeof object['kty'] === 'string' && JWK_PARTS.test(key))
        return [key, this.value(value, 'sure', depth + 1)];
      return [
        this.#text(key),
        this.value(value, isReferenceKey(object, key) ? 'no' : secrecyUnder(key, value, above), depth + 1),
      ];
    });
    return Object.fromEntries(entries);
  }

  /** Of a container's environment variable the value, whatever its name. */
  #variable(variable: unknown, depth: number): unknown {
    const object = asObject(variable);
    if (object === undefined) return this.value(variable, 'no', depth);
    const { value, ...rest } = object;
    const masked = asObject(this.value(rest, 'no', depth)) ?? {};
    return value === undefined
      ? masked
      : { ...masked, value: value === '' || value === MASK ? value : this.#hide() };
  }

  #every(value: unknown): unknown {
    const object = asObject(value);
    return object === undefined
      ? this.#hide()
      : Object.fromEntries(Object.keys(object).map((key) => [key, this.#hide()]));
  }

  #words(words: readonly string[]): readonly string[] {
    const masked = this.#masking.words(words);
    if (masked.some((word, i) => word !== words[i])) this.hidAny = true;
    return masked;
  }

  #text(text: string): string {
    const masked = this.#masking.text(text);
    if (masked !== text) this.hidAny = true;
    return masked;
  }

  #hide(): string {
    this.hidAny = true;
    return MASK;
  }
}

/** Of {"name": "DB_PASSWORD", "value": …}. */
function secrecyOfEntry(object: Readonly<Record<string, unknown>>): Secrecy {
  const path = object['path'];
  if (typeof path === 'string' && typeof object['op'] === 'string' && path.startsWith('/stringData'))
    return 'sure';
  for (const key of ENTRY_NAMES) {
    const name = object[key];
    const secrecy = typeof name === 'string' ? secrecyOf(name) : 'no';
    if (secrecy !== 'no') return secrecy;
  }
  return 'no';
}

/** The private parts of a JSON Web Key. */
const JWK_PARTS = /^(?:d|k|p|q|dp|dq|qi|oth)$/;

/**
 * Everything under a secret's name is one, except what only describes it: a volume's secretName, defaultMode,
 * items.
 */
function secrecyUnder(key: string, value: unknown, above: Secrecy): Secrecy {
  const own = secrecyOf(key);
  if (own === 'sure' || above === 'no' || tellsAbout(key))
    return asObject(value) !== undefined && own === 'likely' ? 'no' : own;
  return above;
}

/** Names of resources are in lists too: `["secrets", "pods"]`. */
function isValueOf(name: string, value: string, length: number): boolean {
  if (
    !/^[\w -]{2,64}$/.test(name) ||
    secrecyOf(name) !== 'sure' ||
    isHarmless(value, 'sure') ||
    secrecyOf(value) !== 'no'
  )
    return false;
  return length === 2 || !/^(?:secret|token)s?$/i.test(name) ? isTelling(value) : isRandom(value);
}

/** Of a reference to a key of a Secret, of a toleration, of a selector's expression. */
function isReferenceKey(object: Readonly<Record<string, unknown>>, key: string): boolean {
  if (key !== 'key' && key !== 'keys') return false;
  const value = object[key];
  if (typeof value === 'string' && isPlainName(value)) return true;
  return ['name', 'operator', 'effect', 'path', 'values', 'optional'].some((other) =>
    Object.hasOwn(object, other),
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
