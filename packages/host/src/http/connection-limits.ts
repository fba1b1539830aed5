/**
 * The bounds of an HTTP server's connections, from its settings; those who give none have the settings'
 * defaults.
 */
import { CONNECTION_SETTINGS } from '../config/settings/connections.ts';
import type { SettingValues } from '../config/settings/row.ts';

export type ConnectionLimits = Pick<
  SettingValues<typeof CONNECTION_SETTINGS>,
  | 'connectionsMax'
  | 'connectionsPerPeerMax'
  | 'handshakeTimeoutMs'
  | 'headerTimeoutMs'
  | 'bodyStallMs'
  | 'bodyTimeoutMs'
  | 'answerStallMs'
  | 'idleTimeoutMs'
>;

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = Object.fromEntries(
  Object.entries(CONNECTION_SETTINGS).map(([key, row]) => [key, row.default]),
) as unknown as ConnectionLimits;
