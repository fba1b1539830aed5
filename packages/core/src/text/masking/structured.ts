/**
 * Secrets in a text that is JSON as a whole, as tools keep applied configurations in annotations: by key, in
 * lists of names with values, in a Secret's data and in every variable of a container, also in JSON or YAML
 * that is a text in it.
 *
 * Invariant: what is not masked keeps its value; nothing nested deeper than DEPTH_MAX is shown. A text that
 * is no JSON, or is cut off, is undefined: pairs.ts sees to it.
 */
import { asObject } from '../../base/json.ts';
import { type Secrecy, secrecyOf } from './secret-name.ts';
import { isHarmless, isPlainName, MASK } from './secret-value.ts';

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

  /** @param secrecy of the name it stands under */
  value(value: unknown, secrecy: Secrecy, depth: number): unknown {
    if (depth > DEPTH_MAX) return this.#hide();
    if (typeof value === 'string') return isHarmless(value, secrecy) ? this.#text(value) : this.#hide();
    if (typeof value === 'number') return isHarmless(String(value), secrecy) ? value : this.#hide();
    if (Array.isArray(value)) return value.map((entry: unknown) => this.value(entry, secrecy, depth + 1));
    const object = asObject(value);
    return object === undefined ? value : this.#object(object, depth);
  }

  #object(object: Readonly<Record<string, unknown>>, depth: number): unknown {
    const named = secrecyOfEntry(object);
    const isSecret = object['kind'] === 'Secret';
    const entries = Object.entries(object).map(([key, value]): readonly [string, unknown] => {
      if (isSecret && (key === 'data' || key === 'stringData')) return [key, this.#every(value)];
      if (key === 'env' && Array.isArray(value))
        return [key, value.map((entry: unknown) => this.#variable(entry, depth + 1))];
      if (COMMANDS.has(key) && isTexts(value)) return [key, this.#words(value)];
      if (ENTRY_VALUES.has(key) && named !== 'no') return [key, this.value(value, named, depth + 1)];
      return [
        this.#text(key),
        this.value(value, isReferenceKey(object, key) ? 'no' : secrecyUnder(key, value), depth + 1),
      ];
    });
    return Object.fromEntries(entries);
  }

  /** Of a container's variable the value, whatever its name. */
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
  for (const key of ENTRY_NAMES) {
    const name = object[key];
    const secrecy = typeof name === 'string' ? secrecyOf(name) : 'no';
    if (secrecy !== 'no') return secrecy;
  }
  return 'no';
}

/** A map under a name like `secret` says by its own names what it holds, as a volume's does. */
function secrecyUnder(key: string, value: unknown): Secrecy {
  return asObject(value) === undefined ? secrecyOf(key) : 'no';
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
