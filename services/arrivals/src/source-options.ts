/**
 * Where a command reads published records: from a running process, or from Kafka. The command line and the
 * environment decide.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { type Credentials, readCredentials } from './api-client/credentials.ts';
import { type Environment, httpUrl } from './command.ts';

export const SOURCE_OPTIONS = {
  url: { type: 'string' },
  kafka: { type: 'boolean', default: false },
  'ca-file': { type: 'string' },
} as const;

export const SOURCE_HELP = `  --url URL       of a running \`arrivals up\` (default http://127.0.0.1:8080); it answers to the same machine only
  --ca-file FILE  with an https URL: PEM file with the CA of its certificate
  --kafka         from Kafka instead, with the settings of \`arrivals topics --help\`; also without this option if
                  ARRIVALS_KAFKA_BROKERS is set and no --url is given`;

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface SourceValues {
  readonly url?: string | undefined;
  readonly kafka: boolean;
  readonly 'ca-file'?: string | undefined;
}

/** The URL of a process, and the CA that its certificate is verified with. */
export interface HttpTarget {
  readonly base: URL;
  readonly credentials: Credentials;
}

/** @throws ArrivalsError usage, input_unreadable */
export function chosenSource(
  { url, kafka, 'ca-file': caFile }: SourceValues,
  { env }: Pick<Environment, 'env'>,
): HttpTarget | 'kafka' {
  if (kafka && url !== undefined) throw new ArrivalsError('usage', 'expected --url or --kafka, found both');
  if (!kafka && (url !== undefined || (env['ARRIVALS_KAFKA_BROKERS'] ?? '') === ''))
    return { base: httpUrl('url', url ?? DEFAULT_URL), credentials: readCredentials({ 'ca-file': caFile }) };
  if (caFile !== undefined)
    throw new ArrivalsError(
      'usage',
      '--ca-file: expected --url with it; for Kafka there is ARRIVALS_KAFKA_TLS_CA_FILE',
    );
  return 'kafka';
}

interface Openers<S> {
  readonly http: (target: HttpTarget) => S;
  /** Its library is slow to load, so that it is imported only here. */
  readonly kafka: () => Promise<S>;
}

/**
 * Opens the chosen source, calls `use` with it, and closes it afterwards.
 * @throws ArrivalsError usage, config_invalid, and what `use` throws
 */
export async function withChosen<S extends { close(): Promise<void> }>(
  values: SourceValues,
  environment: Environment,
  open: Openers<S>,
  use: (source: S) => Promise<number>,
): Promise<number> {
  const chosen = chosenSource(values, environment);
  const source = chosen === 'kafka' ? await open.kafka() : open.http(chosen);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
