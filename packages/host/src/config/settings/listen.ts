/** Settings of what a service listens on, and of who may send what there. */
import { ANY_TEXT, MIB, MINUTE_MS, PATH_TEXT, type SettingRows } from './row.ts';
import { BODY_ITEMS_MAX } from '@arrivals/core/light';

/** What must be said, in words, to serve other machines without TLS, without knowing who sends, or both. */
export const OFF_LOOPBACK = {
  refused: 'no',
  plaintext: 'plaintext',
  unauthenticated: 'unauthenticated',
  both: 'plaintext-and-unauthenticated',
} as const;

const RECEIVERS = ['up', 'webhook'] as const;
/** A webhook refuses others, a processor does not name them in metrics. */
const NAMING_CLUSTERS = [...RECEIVERS, 'processor'] as const;

export const LISTEN_SETTINGS = {
  listenHost: {
    env: 'ARRIVALS_LISTEN_HOST',
    type: 'text',
    default: '127.0.0.1',
    pattern: /^\S+$/,
    takes: 'an address',
    services: ['up', 'webhook', 'processor'],
    description: 'Address to listen on.',
  },
  listenPort: {
    env: 'ARRIVALS_LISTEN_PORT',
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65535,
    unit: 'port; 0 takes a free one',
    services: RECEIVERS,
    description: 'Port to listen on.',
  },
  healthPort: {
    env: 'ARRIVALS_HEALTH_PORT',
    type: 'integer',
    default: 8081,
    min: 0,
    max: 65535,
    unit: 'port; 0 takes a free one',
    services: ['processor'],
    description:
      'Port on which the processor serves its health, metrics and ledger, and to the same machine alone the alerts and dead letters on Kafka.',
  },
  offLoopback: {
    env: 'ARRIVALS_OFF_LOOPBACK',
    type: 'choice',
    default: OFF_LOOPBACK.refused,
    choices: [OFF_LOOPBACK.refused, OFF_LOOPBACK.plaintext, OFF_LOOPBACK.unauthenticated, OFF_LOOPBACK.both],
    services: RECEIVERS,
    description:
      'Listening on an address that other machines reach needs TLS and ARRIVALS_SENDERS_FILE. To do without one or both, say so: "plaintext" lets whoever is on the way read events and tokens, "unauthenticated" lets whoever reaches the port send events and read alerts.',
  },
  tlsCertFile: {
    env: 'ARRIVALS_TLS_CERT_FILE',
    ...PATH_TEXT,
    services: RECEIVERS,
    description: 'PEM certificate (chain) to serve https with. Goes with ARRIVALS_TLS_KEY_FILE.',
  },
  tlsKeyFile: {
    env: 'ARRIVALS_TLS_KEY_FILE',
    ...PATH_TEXT,
    services: RECEIVERS,
    description: 'PEM private key of the certificate.',
  },
  tlsClientCaFile: {
    env: 'ARRIVALS_TLS_CLIENT_CA_FILE',
    ...PATH_TEXT,
    services: RECEIVERS,
    description:
      'PEM file with the CAs that sign client certificates. Needed for the certificates that ARRIVALS_SENDERS_FILE names.',
  },
  sendersFile: {
    env: 'ARRIVALS_SENDERS_FILE',
    ...PATH_TEXT,
    services: RECEIVERS,
    description:
      'Who may send for which cluster: a line "CLUSTER cert-cn:NAME", "CLUSTER cert-sha256:HEX" or "CLUSTER token-sha256:HEX" for each; # begins a comment. Its clusters count as configured. With it, a sender without a certificate or token of the cluster is refused. A change is used within ARRIVALS_RELOAD_MS twice.',
  },
  clusters: {
    env: 'ARRIVALS_CLUSTERS',
    ...ANY_TEXT,
    default: 'default',
    pattern: /^[a-z0-9.,\s-]*$/,
    takes: 'names of a-z, 0-9, "-" and ".", with commas between',
    services: NAMING_CLUSTERS,
    description:
      'Clusters that may send; others are refused. On a processor, where anybody who may write to the audit topic can invent names: those that metrics name, while the others count together as "(other)".',
  },
  clustersFile: {
    env: 'ARRIVALS_CLUSTERS_FILE',
    ...PATH_TEXT,
    services: NAMING_CLUSTERS,
    description: 'File with more cluster names, one a line; # begins a comment.',
  },
  bodyBytesMax: {
    env: 'ARRIVALS_BODY_BYTES_MAX',
    type: 'integer',
    default: 16 * MIB,
    min: 1024,
    max: 256 * MIB,
    unit: 'bytes',
    services: RECEIVERS,
    description: 'Largest request body. An API server with truncation sends at most 10 MB and some slack.',
  },
  bodyItemsMax: {
    env: 'ARRIVALS_BODY_ITEMS_MAX',
    type: 'integer',
    default: BODY_ITEMS_MAX,
    min: 400,
    max: 1_000_000,
    unit: 'items',
    services: RECEIVERS,
    description:
      "Most items in one body: events of an EventList, entries of a platform's log. An API server sends 400 unless its --audit-webhook-batch-max-size says more. A body with more is refused whole with 413.",
  },
  bodiesBytesMax: {
    env: 'ARRIVALS_BODIES_BYTES_MAX',
    type: 'integer',
    default: 128 * MIB,
    min: 1024,
    max: 4096 * MIB,
    unit: 'bytes',
    services: RECEIVERS,
    description:
      'Memory for all request bodies at a time, those among them that the bus was given and has not settled yet; beyond it the slowest upload gives way, or that of the sender that holds most, and is answered 503.',
  },
  publishTimeoutMs: {
    env: 'ARRIVALS_PUBLISH_TIMEOUT_MS',
    type: 'integer',
    default: 1800,
    min: 100,
    max: 25_000,
    unit: 'ms',
    services: RECEIVERS,
    description:
      'How long the bus may take before a request is answered 503. The default keeps that within 2 s, as an API server holds every event in memory until it is answered, and tries again by itself; what the bus takes later is a copy that makes no second alert. API servers wait 30 s. With ARRIVALS_SPOOL_DIR set, ARRIVALS_SPOOL_AFTER_MS is used instead.',
  },
  leaveMs: {
    env: 'ARRIVALS_LEAVE_MS',
    type: 'integer',
    default: 5000,
    min: 0,
    max: 5 * MINUTE_MS,
    unit: 'ms',
    services: ['webhook'],
    description:
      'How long the webhook goes on serving after SIGTERM, with /readyz answering 503 and each connection ending with its next answer, so that a load balancer sends requests elsewhere before any is refused. Longer than it takes to notice.',
  },
  shutdownTimeoutMs: {
    env: 'ARRIVALS_SHUTDOWN_TIMEOUT_MS',
    type: 'integer',
    default: 25_000,
    min: 100,
    max: 10 * MINUTE_MS,
    unit: 'ms',
    services: ['up', 'webhook', 'processor'],
    description: 'How long leaving and draining may take after SIGTERM.',
  },
  logLevel: {
    env: 'ARRIVALS_LOG_LEVEL',
    type: 'choice',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    description: 'The least urgent log lines to write.',
  },
  logFormat: {
    env: 'ARRIVALS_LOG_FORMAT',
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'json', 'text'],
    description:
      'How the log is written on stderr: text for people, json with every line an object, what ends the process and Node’s warnings too; auto: text on a terminal, json elsewhere.',
  },
} as const satisfies SettingRows;
