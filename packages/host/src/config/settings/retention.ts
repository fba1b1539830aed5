/** Settings of what is kept, where, and for how long. */
import { DAY_MS, MIB, MINUTE_MS, PATH_TEXT, type SettingRows } from './row.ts';

export const RETENTION_SETTINGS = {
  dataDir: {
    env: 'ARRIVALS_DATA_DIR',
    ...PATH_TEXT,
    default: './.arrivals',
    services: ['up'],
    description: 'Folder of the embedded bus and state. On a local disk; one process owns it.',
  },
  storeExclusive: {
    env: 'ARRIVALS_STORE_EXCLUSIVE',
    type: 'choice',
    default: 'off',
    choices: ['off', 'on'],
    services: ['up', 'webhook'],
    description:
      'Whether the volume of ARRIVALS_DATA_DIR or ARRIVALS_SPOOL_DIR is attached to one container or machine at a time. With on, an owner that was killed on another host counts as gone; a container that is made anew has another host name. With off that is refused, as two processes on one store would destroy it.',
  },
  auditRetentionMs: {
    env: 'ARRIVALS_AUDIT_RETENTION_MS',
    type: 'integer',
    default: DAY_MS,
    min: MINUTE_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    description:
      'How long audit events are kept: embedded, after they were processed; on Kafka, whether processed or not.',
  },
  auditRetentionBytes: {
    env: 'ARRIVALS_AUDIT_RETENTION_BYTES',
    type: 'integer',
    default: 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    services: ['up'],
    description:
      'How many bytes of audit events are kept. When that many are unprocessed, requests are answered 503: none is dropped.',
  },
  alertRetentionMs: {
    env: 'ARRIVALS_ALERT_RETENTION_MS',
    type: 'integer',
    default: 30 * DAY_MS,
    min: MINUTE_MS,
    max: 3650 * DAY_MS,
    unit: 'ms',
    description: 'How long alerts are kept.',
  },
  alertRetentionBytes: {
    env: 'ARRIVALS_ALERT_RETENTION_BYTES',
    type: 'integer',
    default: 4096 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    services: ['up'],
    description: 'How many bytes of alerts are kept; the oldest go first.',
  },
  deadLetterRetentionMs: {
    env: 'ARRIVALS_DEAD_LETTER_RETENTION_MS',
    type: 'integer',
    default: 30 * DAY_MS,
    min: MINUTE_MS,
    max: 3650 * DAY_MS,
    unit: 'ms',
    description: 'How long dead letters are kept.',
  },
  deadLetterRetentionBytes: {
    env: 'ARRIVALS_DEAD_LETTER_RETENTION_BYTES',
    type: 'integer',
    default: 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    services: ['up'],
    description: 'How many bytes of dead letters are kept; the oldest go first.',
  },
  claimTtlMs: {
    env: 'ARRIVALS_CLAIM_TTL_MS',
    type: 'integer',
    default: 7 * DAY_MS,
    min: MINUTE_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    services: ['up', 'processor'],
    description:
      'How long a creation is remembered, so that the same event sent again makes no second alert. Must be longer than audit events can be read: ARRIVALS_AUDIT_RETENTION_MS, on Kafka an hour and ARRIVALS_SPOOL_AGE_MAX_MS more.',
  },
} as const satisfies SettingRows;
