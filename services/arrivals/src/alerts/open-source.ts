/** Opens the source of alerts, and closes it. */
import type { Environment } from '../command.ts';
import { chosenSource, type SourceValues } from '../source-options.ts';
import { httpAlerts } from './http-source.ts';
import type { AlertSource } from './source.ts';

/**
 * Calls `use` with the source, and closes it afterwards.
 * @throws ArrivalsError usage, config_invalid, and what `use` throws
 */
export async function withAlerts(
  values: SourceValues,
  environment: Environment,
  use: (source: AlertSource) => Promise<number>,
): Promise<number> {
  const source = await open(values, environment);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

async function open(values: SourceValues, environment: Environment): Promise<AlertSource> {
  const chosen = chosenSource(values, environment);
  if (chosen !== 'kafka') return httpAlerts(chosen, environment);
  // Its library is slow to load.
  const { kafkaAlerts } = await import('./kafka-source.ts');
  return kafkaAlerts(environment);
}
