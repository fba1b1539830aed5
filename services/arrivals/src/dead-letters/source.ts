/**
 * Where dead letters are kept: a running process, or Kafka. Which of the two, the command line and the
 * environment say.
 *
 * Invariant: what is read is what was there when the reading began, so that what is put back and set aside
 * anew is not read again and again.
 */
import type { DeadLetterReason, RecordPosition } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/base';
import { type Environment, httpUrl } from '../command.ts';
import { readCredentials } from '../api-client/credentials.ts';
import { httpSource } from './http-source.ts';
import type { DropResult } from './drop-route.ts';
import type { LetterRecord, RedriveResult, StoredLetter } from './letter.ts';

/** Without its bytes. */
export interface NamedLetter {
  readonly position: RecordPosition;
  readonly sha256: string;
  readonly reason: DeadLetterReason;
  readonly cluster: string;
}

export interface DeadLetterSource {
  /** Oldest first. `last`: begins so late that of each partition at least the last so many come. */
  read(last?: number): AsyncIterable<LetterRecord>;
  at(position: Pick<RecordPosition, 'partition' | 'offset'>): Promise<LetterRecord | undefined>;
  /** A few at a time. */
  redrive(letters: readonly StoredLetter[], dryRun: boolean): Promise<readonly RedriveResult[]>;
  /** All at once, as of some the others decide whether they can go. `by`: who does it, for the log. */
  drop(letters: readonly NamedLetter[], dryRun: boolean, by: string): Promise<readonly DropResult[]>;
  close(): Promise<void>;
}

export const SOURCE_OPTIONS = {
  url: { type: 'string' },
  kafka: { type: 'boolean', default: false },
  'ca-file': { type: 'string' },
} as const;

export const SOURCE_HELP = `  --url URL       of a running \`arrivals up\` (default http://127.0.0.1:8080); it answers to the same machine alone
  --ca-file FILE  with an https URL: PEM file with the CA of its certificate
  --kafka         from Kafka instead, as the settings of \`arrivals topics --help\` say; also without this option when
                  ARRIVALS_KAFKA_BROKERS is set and no --url is given`;

const DEFAULT_URL = 'http://127.0.0.1:8080';

interface SourceValues {
  readonly url?: string | undefined;
  readonly kafka: boolean;
  readonly 'ca-file'?: string | undefined;
}

/**
 * Gives `use` the source, and lets go of it afterwards. @throws ArrivalsError usage, config_invalid, and what
 * `use` throws
 */
export async function withSource(
  values: SourceValues,
  environment: Environment,
  use: (source: DeadLetterSource) => Promise<number>,
): Promise<number> {
  const source = await open(values, environment);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

async function open(values: SourceValues, environment: Environment): Promise<DeadLetterSource> {
  const { env, signal } = environment;
  const { url, kafka, 'ca-file': caFile } = values;
  if (kafka && url !== undefined) throw new ArrivalsError('usage', 'expected --url or --kafka, found both');
  if (!kafka && (url !== undefined || (env['ARRIVALS_KAFKA_BROKERS'] ?? '') === ''))
    return httpSource(httpUrl('url', url ?? DEFAULT_URL), readCredentials({ 'ca-file': caFile }), signal);
  if (caFile !== undefined)
    throw new ArrivalsError(
      'usage',
      '--ca-file: expected --url with it; for Kafka there is ARRIVALS_KAFKA_TLS_CA_FILE',
    );
  // Its library takes its time to load.
  const { kafkaSource } = await import('./kafka-source.ts');
  return kafkaSource(environment);
}
