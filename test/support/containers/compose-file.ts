/**
 * docker-compose.yml and its overrides as Compose reads them, as far as the tests look: YAML with merge keys,
 * ${NAME:-default} put in, numbers as text. How Compose merges an override is not done here: a test takes
 * what it asks of each file.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { REPOSITORY } from '../arrivals.ts';

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  /** The tag of a value, for example !override. */
  tagOf(...at: readonly string[]): string | undefined;
}

export function composeFile(name: string, variables: Readonly<Record<string, string>> = {}): ComposeFile {
  const document = parseDocument(readFileSync(path.join(REPOSITORY, name), 'utf8'), {
    merge: true,
    logLevel: 'error',
  });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const file = interpolated(document.toJS(), variables) as Partial<ComposeFile>;
  return {
    services: {},
    volumes: {},
    networks: {},
    secrets: {},
    ...file,
    tagOf: (...at) => (document.getIn(at, true) as { readonly tag?: string } | undefined)?.tag,
  };
}

/** @throws Error for a variable without a default: everyone would have to set it. */
function interpolated(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((item) => interpolated(item, variables));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, interpolated(item, variables)]),
    );
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return value;
  const text = value.replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_all, name: string, byDefault: string) => variables[name] ?? byDefault,
  );
  if (/\$[{\w]/.test(text)) throw new Error(`${value}: expected \${NAME:-default}`);
  return text;
}
