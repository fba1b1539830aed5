/**
 * The one table of settings: types, parser, --help and docs/configuration.md derive from it.
 *
 * Invariant: everything a user can set is a row here, with a bound. Reading the environment is main.ts's
 * business.
 */
import { CONNECTION_SETTINGS } from './settings/connections.ts';
import { KAFKA_SETTINGS } from './settings/kafka.ts';
import { LISTEN_SETTINGS } from './settings/listen.ts';
import { LISTS_SETTINGS } from './settings/lists.ts';
import { PROCESS_SETTINGS } from './settings/process.ts';
import { REDIS_SETTINGS } from './settings/redis.ts';
import { RETENTION_SETTINGS } from './settings/retention.ts';
import { SPOOL_SETTINGS } from './settings/spool.ts';
import { describeRange, type ServiceName, type SettingRow, type SettingValues } from './settings/row.ts';
import { STATE_SETTINGS } from './settings/state.ts';

export { OFF_LOOPBACK } from './settings/listen.ts';
export { describeRange, type ServiceName, type SettingRow } from './settings/row.ts';

const ROWS = {
  ...LISTEN_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...RETENTION_SETTINGS,
  ...KAFKA_SETTINGS,
  ...REDIS_SETTINGS,
  ...STATE_SETTINGS,
  ...SPOOL_SETTINGS,
  ...LISTS_SETTINGS,
  ...PROCESS_SETTINGS,
};

export type Settings = SettingValues<typeof ROWS>;

export const SETTINGS: Readonly<Record<keyof Settings, SettingRow>> = ROWS;

/** The settings that mean something to a command. */
export function settingsOf(service: ServiceName): readonly SettingRow[] {
  return Object.values(SETTINGS).filter((row) => row.services?.includes(service) ?? true);
}

/** For a command's --help. */
export function describeSettings(service: ServiceName): string {
  return settingsOf(service)
    .map(
      (row) =>
        `  ${row.env}\n      ${row.description}\n      Takes ${describeRange(row)}. Default: ${row.default === '' ? 'none' : String(row.default)}.`,
    )
    .join('\n');
}
