/** Settings of the process itself. */
import type { SettingRows } from './row.ts';

export const PROCESS_SETTINGS = {
  hangTimeoutMs: {
    env: 'ARRIVALS_HANG_TIMEOUT_MS',
    type: 'integer',
    default: 30_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms; 0 waits for ever',
    services: ['up', 'webhook', 'processor'],
    description:
      'A process whose event loop has not turned for so long hangs: it says so on stderr and is killed, for its supervisor to start it anew. An event that it hung in is told apart then, and set aside when that happens again.',
  },
} as const satisfies SettingRows;
