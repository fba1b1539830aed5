/** Settings of the spool: where the webhook puts what Kafka does not take in time. */
import { DAY_MS, MIB, MINUTE_MS, PATH_TEXT, type SettingRows } from './row.ts';

const SPOOLING = ['webhook'] as const;

export const SPOOL_SETTINGS = {
  spoolDir: {
    env: 'ARRIVALS_SPOOL_DIR',
    ...PATH_TEXT,
    services: SPOOLING,
    description:
      'Folder for batches that Kafka does not take in time: they are written there, answered with 200, and sent to Kafka when it is back. On a local disk that outlives the process; one process owns it, so every webhook needs its own. Without it the answer is 503.',
  },
  spoolBytesMax: {
    env: 'ARRIVALS_SPOOL_BYTES_MAX',
    type: 'integer',
    default: 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    services: SPOOLING,
    description:
      'How much the spool takes. When it is full, requests are answered 503: nothing in it is dropped.',
  },
  spoolAgeMaxMs: {
    env: 'ARRIVALS_SPOOL_AGE_MAX_MS',
    type: 'integer',
    default: DAY_MS,
    min: MINUTE_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    services: ['webhook', 'processor'],
    description:
      'How old a batch may become in the spool. When the oldest is older, requests are answered 503: nothing in it is dropped. Processors must know the same value, as ARRIVALS_CLAIM_TTL_MS has to cover it.',
  },
  spoolAfterMs: {
    env: 'ARRIVALS_SPOOL_AFTER_MS',
    type: 'integer',
    default: 1500,
    min: 100,
    max: 20_000,
    unit: 'ms',
    services: SPOOLING,
    description:
      'How long Kafka may take before a batch goes to the spool. With a spool this stands in for ARRIVALS_PUBLISH_TIMEOUT_MS.',
  },
} as const satisfies SettingRows;
