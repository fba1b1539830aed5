/** Opens the source of dead letters, and closes it. */
import type { Environment } from '../command.ts';
import { chosenSource, type SourceValues } from '../source-options.ts';
import { httpSource } from './http-source.ts';
import type { DeadLetterSource } from './source.ts';

/**
 * Calls `use` with the source, and closes it afterwards.
 * @throws ArrivalsError usage, config_invalid, and what `use` throws
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
  const chosen = chosenSource(values, environment);
  if (chosen !== 'kafka') return httpSource(chosen.base, chosen.credentials, environment.signal);
  // Its library is slow to load.
  const { kafkaSource } = await import('./kafka-source.ts');
  return kafkaSource(environment);
}
