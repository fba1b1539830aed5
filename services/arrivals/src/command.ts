/**
 * A command of the command line: options, help, and a function to run. Their names are in commands.ts.
 *
 * Invariant: results are printed to stdout, everything else to stderr; colour and progress only on a
 * terminal.
 */
import { ArrivalsError, CLUSTER_NAME, didYouMean, messageOf } from '@arrivals/core/light';
import type { ProcessEnvironment } from '@arrivals/host';
import { EXIT, parseQuantity, QUANTITY_WORDS } from '@arrivals/host/command';
import { parseArgs, type ParseArgsConfig } from 'node:util';

export { EXIT };

export type Environment = Omit<ProcessEnvironment, 'args'>;

export interface Command {
  readonly help: string;
  /** Whether it reads settings, and so refuses unknown ones. */
  readonly readsSettings?: true;
  /** Returns the exit code. */
  run(args: readonly string[], environment: Environment): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; args: string[]; allowPositionals: boolean; strict: true }>
>;

/** @throws ArrivalsError usage */
export function parse<const T extends Options>(
  args: readonly string[],
  options: T,
  allowPositionals = false,
): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    throw new ArrivalsError('usage', whatIsWrong(error, options), { cause: error });
  }
}

/** Node's message names the option, followed by advice about arguments that begin with a dash. */
function whatIsWrong(error: unknown, options: Options): string {
  const [, option = ''] = /^Unknown option '(-[^']*)'/.exec(messageOf(error)) ?? [];
  if (option === '') return messageOf(error);
  return `there is no option ${option}${didYouMean(
    option,
    Object.keys(options).map((name) => `--${name}`),
  )}`;
}

/** A table on a terminal, JSON elsewhere, unless --json or --format is given. @throws ArrivalsError usage */
export function formatFor(
  { format, json }: { readonly format?: string | undefined; readonly json: boolean },
  { isTTY }: { readonly isTTY?: boolean },
): 'json' | 'table' {
  const chosen = format === undefined ? undefined : choice('format', format, ['json', 'table']);
  if (chosen === 'table' && json)
    throw new ArrivalsError('usage', 'expected --format table or --json, found both');
  return chosen ?? (json || isTTY !== true ? 'json' : 'table');
}

/** https://no-color.org: any value that is not empty. */
export function wantsColour({ isTTY }: { readonly isTTY?: boolean }, env: Environment['env']): boolean {
  return isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** @throws ArrivalsError usage */
export function choice<const T extends string>(option: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find((candidate) => candidate === value);
  if (chosen === undefined)
    throw new ArrivalsError(
      'usage',
      `--${option}: expected ${choices.join(' or ')}, found ${JSON.stringify(value)}`,
    );
  return chosen;
}

/** @throws ArrivalsError usage */
export function wholeNumber(option: string, value: string, max: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= max))
    throw new ArrivalsError(
      'usage',
      `--${option}: expected a whole number up to ${String(max)}, found ${JSON.stringify(value)}`,
    );
  return number;
}

/** Milliseconds, or a duration with its unit. @throws ArrivalsError usage */
export function duration(option: string, value: string, maxMs: number): number {
  const ms = parseQuantity(value, 'ms');
  if (ms === undefined || ms < 0 || ms > maxMs)
    throw new ArrivalsError(
      'usage',
      `--${option}: expected 0 to ${String(maxMs)} (ms), ${QUANTITY_WORDS.ms}, found ${JSON.stringify(value)}`,
    );
  return ms;
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
    throw new ArrivalsError(
      'usage',
      `--${option}: expected a URL such as http://127.0.0.1:8080, found ${JSON.stringify(value)}`,
      { cause: error },
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ArrivalsError('usage', `--${option}: expected http or https, found ${JSON.stringify(value)}`);
  return url;
}

/** The URL that an API server of a cluster posts to. */
export function auditUrl(base: URL, cluster: string): string {
  return new URL(`${base.pathname.replace(/\/$/, '')}/v1/clusters/${cluster}/audit`, base).href;
}
