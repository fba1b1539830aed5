/** Opens the source of dead letters, and closes it. */
import type { Environment } from '../command.ts';
import { type HttpTarget, type SourceValues, withChosen } from '../source-options.ts';
import { httpSource } from './http-source.ts';
import type { DeadLetterSource } from './source.ts';

/** @throws ArrivalsError usage, config_invalid, and what `use` throws */
export function withSource(
  values: SourceValues,
  environment: Environment,
  use: (source: DeadLetterSource) => Promise<number>,
): Promise<number> {
  const open = {
    http: ({ base, credentials }: HttpTarget) => httpSource(base, credentials, environment.signal),
    kafka: async () => (await import('./kafka-source.ts')).kafkaSource(environment),
  };
  return withChosen(values, environment, open, use);
}
