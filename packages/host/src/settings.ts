/**
 * The one table of settings: types, parser, --help and docs/configuration.md derive from it.
 *
 * Invariant: everything a user can set is a row here, with a bound. Reading the environment is main.ts's business.
 */

interface Row {
  /** Environment variable. */
  readonly env: string;
  readonly description: string;
  /** Printed as [redacted]. */
  readonly secret?: true;
}

export interface IntegerRow extends Row {
  readonly type: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Of the number, for people. */
  readonly unit: string;
}

export interface TextRow extends Row {
  readonly type: 'text';
  readonly default: string;
  readonly pattern: RegExp;
  /** What the pattern takes, in words. */
  readonly takes: string;
}

export interface ChoiceRow extends Row {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

export type SettingRow = IntegerRow | TextRow | ChoiceRow;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;

const ANY: Pick<TextRow, 'pattern' | 'takes'> = { pattern: /^.*$/s, takes: 'any text' };

/** What must be said, in words, to serve other machines without TLS and without authentication. */
export const OFF_LOOPBACK_CONSENT = 'plaintext-and-unauthenticated';

export interface Settings {
  readonly dataDir: string;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly offLoopback: string;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly clusters: string;
  readonly clustersFile: string;
  readonly logLevel: string;
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
  readonly publishTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly auditRetentionMs: number;
  readonly auditRetentionBytes: number;
  readonly alertRetentionMs: number;
  readonly alertRetentionBytes: number;
  readonly deadLetterRetentionMs: number;
  readonly deadLetterRetentionBytes: number;
  readonly claimTtlMs: number;
}

export const SETTINGS: Readonly<Record<keyof Settings, SettingRow>> = {
  dataDir: {
    env: 'ARRIVALS_DATA_DIR',
    type: 'text',
    default: './.arrivals',
    ...ANY,
    takes: 'a path',
    description: 'Folder of the embedded bus and state. On a local disk; one process owns it.',
  },
  listenHost: { env: 'ARRIVALS_LISTEN_HOST', type: 'text', default: '127.0.0.1', pattern: /^\S+$/, takes: 'an address', description: 'Address to listen on.' },
  listenPort: {
    env: 'ARRIVALS_LISTEN_PORT',
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65535,
    unit: 'port; 0 takes a free one',
    description: 'Port to listen on.',
  },
  offLoopback: {
    env: 'ARRIVALS_OFF_LOOPBACK',
    type: 'choice',
    default: 'no',
    choices: ['no', OFF_LOOPBACK_CONSENT],
    description: `Listening on an address that other machines reach is refused unless this says "${OFF_LOOPBACK_CONSENT}": whoever reaches the port can then send events and read alerts.`,
  },
  tlsCertFile: {
    env: 'ARRIVALS_TLS_CERT_FILE',
    type: 'text',
    default: '',
    ...ANY,
    takes: 'a path',
    description: 'PEM certificate (chain) to serve https with. Goes with ARRIVALS_TLS_KEY_FILE.',
  },
  tlsKeyFile: { env: 'ARRIVALS_TLS_KEY_FILE', type: 'text', default: '', ...ANY, takes: 'a path', description: 'PEM private key of the certificate.' },
  clusters: {
    env: 'ARRIVALS_CLUSTERS',
    type: 'text',
    default: 'default',
    pattern: /^[a-z0-9.,\s-]*$/,
    takes: 'names of a-z, 0-9, "-" and ".", with commas between',
    description: 'Clusters that may send. Others are refused, so that metrics stay bounded.',
  },
  clustersFile: {
    env: 'ARRIVALS_CLUSTERS_FILE',
    type: 'text',
    default: '',
    ...ANY,
    takes: 'a path',
    description: 'File with more cluster names, one a line; # begins a comment.',
  },
  logLevel: {
    env: 'ARRIVALS_LOG_LEVEL',
    type: 'choice',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    description: 'The least urgent log lines to write.',
  },
  bodyBytesMax: {
    env: 'ARRIVALS_BODY_BYTES_MAX',
    type: 'integer',
    default: 16 * MIB,
    min: 1024,
    max: 256 * MIB,
    unit: 'bytes',
    description: 'Largest request body. An API server with truncation sends at most 10 MB and some slack.',
  },
  bodiesBytesMax: {
    env: 'ARRIVALS_BODIES_BYTES_MAX',
    type: 'integer',
    default: 128 * MIB,
    min: 1024,
    max: 4096 * MIB,
    unit: 'bytes',
    description: 'Memory for all request bodies at a time; beyond it requests are answered 503.',
  },
  publishTimeoutMs: {
    env: 'ARRIVALS_PUBLISH_TIMEOUT_MS',
    type: 'integer',
    default: 20_000,
    min: 100,
    max: 25_000,
    unit: 'ms',
    description: 'How long the bus may take before a request is answered 503. API servers wait 30 s.',
  },
  shutdownTimeoutMs: {
    env: 'ARRIVALS_SHUTDOWN_TIMEOUT_MS',
    type: 'integer',
    default: 25_000,
    min: 100,
    max: 10 * MINUTE_MS,
    unit: 'ms',
    description: 'How long to drain after SIGTERM.',
  },
  auditRetentionMs: {
    env: 'ARRIVALS_AUDIT_RETENTION_MS',
    type: 'integer',
    default: DAY_MS,
    min: MINUTE_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    description: 'How long raw events are kept after they were processed.',
  },
  auditRetentionBytes: {
    env: 'ARRIVALS_AUDIT_RETENTION_BYTES',
    type: 'integer',
    default: 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    description: 'How many bytes of raw events are kept. When that many are unprocessed, requests are answered 503: none is dropped.',
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
    description: 'How many bytes of dead letters are kept; the oldest go first.',
  },
  claimTtlMs: {
    env: 'ARRIVALS_CLAIM_TTL_MS',
    type: 'integer',
    default: 7 * DAY_MS,
    min: MINUTE_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    description: 'How long a creation is remembered, so that the same event sent again makes no second alert. Must be longer than ARRIVALS_AUDIT_RETENTION_MS.',
  },
};

/** A setting's default and what it takes, for people. */
export function describeRange(row: SettingRow): string {
  switch (row.type) {
    case 'integer':
      return `${String(row.min)} to ${String(row.max)} (${row.unit})`;
    case 'choice':
      return row.choices.join(', ');
    case 'text':
      return row.takes;
  }
}
