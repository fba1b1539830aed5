/**
 * What every command of the command line is: a name, options, help, and something to run.
 *
 * Invariant: results go to stdout, everything else to stderr; colour and progress only on a terminal.
 */
import { ArrivalsError, CLUSTER_NAME, messageOf } from '@arrivals/core';
import { EXIT, type ProcessEnvironment } from '@arrivals/host';
import { parseArgs, type ParseArgsConfig } from 'node:util';

export { EXIT };

export type Environment = Omit<ProcessEnvironment, 'args'>;

export interface Command {
  /** One word, or several: "certs init". */
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  run(args: readonly string[], environment: Environment): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; args: string[]; allowPositionals: boolean; strict: true }>>;

/** @throws ArrivalsError usage */
export function parse<const T extends Options>(args: readonly string[], options: T, allowPositionals = false): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    throw new ArrivalsError('usage', messageOf(error), { cause: error });
  }
}

/** @throws ArrivalsError usage */
export function choice<const T extends string>(option: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find((candidate) => candidate === value);
  if (chosen === undefined) throw new ArrivalsError('usage', `--${option}: expected ${choices.join(' or ')}, found ${JSON.stringify(value)}`);
  return chosen;
}

/** @throws ArrivalsError usage */
export function wholeNumber(option: string, value: string, max: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= max)) throw new ArrivalsError('usage', `--${option}: expected a whole number up to ${String(max)}, found ${JSON.stringify(value)}`);
  return number;
}

/** @throws ArrivalsError usage */
export function clusterName(value: string | undefined): string {
  if (value !== undefined && CLUSTER_NAME.test(value)) return value;
  throw new ArrivalsError(
    'usage',
    `--cluster: expected 1 to 63 of a-z, 0-9, "-" and ".", beginning and ending with a letter or digit, found ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
  );
}

/** @throws ArrivalsError usage */
export function httpUrl(option: string, value: string): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch (error) {
    throw new ArrivalsError('usage', `--${option}: expected a URL such as http://127.0.0.1:8080, found ${JSON.stringify(value)}`, { cause: error });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ArrivalsError('usage', `--${option}: expected http or https, found ${JSON.stringify(value)}`);
  return url;
}

/** Where an API server of a cluster posts to. */
export function auditUrl(base: URL, cluster: string): string {
  return new URL(`${base.pathname.replace(/\/$/, '')}/v1/clusters/${cluster}/audit`, base).href;
}
