/** Opens the source of alerts, and closes it. */
import type { Environment } from '../command.ts';
import { type HttpTarget, type SourceValues, withChosen } from '../source-options.ts';
import { httpAlerts } from './http-source.ts';
import type { AlertSource } from './source.ts';

/** @throws ArrivalsError usage, config_invalid, and what `use` throws */
export function withAlerts(
  values: SourceValues,
  environment: Environment,
  use: (source: AlertSource) => Promise<number>,
): Promise<number> {
  const open = {
    http: (target: HttpTarget) => httpAlerts(target, environment),
    kafka: async () => (await import('./kafka-source.ts')).kafkaAlerts(environment),
  };
  return withChosen(values, environment, open, use);
}
