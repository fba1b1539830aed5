/** Settings of Kafka: how it is reached, and the topics. */
import { ANY_TEXT, PATH_TEXT, type SettingRows } from './row.ts';

const ON_KAFKA = ['webhook', 'processor', 'topics'] as const;

/** Kafka's own rule for topic names; 249 characters at most. */
const TOPIC = {
  pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
  takes: 'a topic name: up to 249 of A-Z, a-z, 0-9, ".", "_" and "-"',
};

export const KAFKA_SETTINGS = {
  kafkaBrokers: {
    env: 'ARRIVALS_KAFKA_BROKERS',
    type: 'text',
    default: '127.0.0.1:9092',
    pattern: /^[^\s,:]+:\d{1,5}(\s*,\s*[^\s,:]+:\d{1,5})*$/,
    takes: 'HOST:PORT, with commas between several',
    services: ON_KAFKA,
    description: 'Brokers to ask first; the others are learned from them.',
  },
  kafkaTls: {
    env: 'ARRIVALS_KAFKA_TLS',
    type: 'choice',
    default: 'off',
    choices: ['off', 'on'],
    services: ON_KAFKA,
    description: 'Whether connections to brokers are encrypted and the brokers’ certificates verified.',
  },
  kafkaTlsCaFile: {
    env: 'ARRIVALS_KAFKA_TLS_CA_FILE',
    ...PATH_TEXT,
    services: ON_KAFKA,
    description:
      'PEM file with the CAs that sign the brokers’ certificates; without it those that Node trusts.',
  },
  kafkaTlsCertFile: {
    env: 'ARRIVALS_KAFKA_TLS_CERT_FILE',
    ...PATH_TEXT,
    services: ON_KAFKA,
    description: 'PEM client certificate for brokers that want one. Goes with ARRIVALS_KAFKA_TLS_KEY_FILE.',
  },
  kafkaTlsKeyFile: {
    env: 'ARRIVALS_KAFKA_TLS_KEY_FILE',
    ...PATH_TEXT,
    services: ON_KAFKA,
    description: 'PEM private key of that certificate.',
  },
  kafkaSaslMechanism: {
    env: 'ARRIVALS_KAFKA_SASL_MECHANISM',
    type: 'choice',
    default: 'none',
    choices: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    services: ON_KAFKA,
    description: 'How to log in to brokers. "plain" without TLS shows the password to the network.',
  },
  kafkaSaslUsername: {
    env: 'ARRIVALS_KAFKA_SASL_USERNAME',
    ...ANY_TEXT,
    services: ON_KAFKA,
    description: 'The user to log in as.',
  },
  kafkaSaslPassword: {
    env: 'ARRIVALS_KAFKA_SASL_PASSWORD',
    ...ANY_TEXT,
    services: ON_KAFKA,
    secret: true,
    description: 'The user’s password.',
  },
  group: {
    env: 'ARRIVALS_GROUP',
    type: 'text',
    default: 'arrivals-processor',
    pattern: /^[A-Za-z0-9._-]{1,100}$/,
    takes: 'up to 100 of A-Z, a-z, 0-9, ".", "_" and "-"',
    services: ['processor'],
    description: 'Consumer group of the processors. Their transactional ids begin with it too.',
  },
  delivery: {
    env: 'ARRIVALS_DELIVERY',
    type: 'choice',
    default: 'exactly-once',
    choices: ['exactly-once', 'at-least-once'],
    services: ['processor'],
    description:
      'How alerts and the position of what was read belong together: one transaction, or, for brokers without transactions (Azure Event Hubs), one after the other. At least once, a record may come again with the same alert id and revision, and subscribers drop it by that pair.',
  },
  auditTopic: {
    env: 'ARRIVALS_AUDIT_TOPIC',
    type: 'text',
    default: 'k8s.audit.events',
    ...TOPIC,
    services: ON_KAFKA,
    description: 'Topic of audit events.',
  },
  alertsTopic: {
    env: 'ARRIVALS_ALERTS_TOPIC',
    type: 'text',
    default: 'k8s.alerts',
    ...TOPIC,
    services: ON_KAFKA,
    description: 'Topic of alerts in Avro.',
  },
  alertsJson: {
    env: 'ARRIVALS_ALERTS_JSON',
    type: 'choice',
    default: 'on',
    choices: ['on', 'off'],
    services: ['processor', 'topics'],
    description: 'Whether each alert is also published as JSON, for subscribers that read no Avro.',
  },
  alertsJsonTopic: {
    env: 'ARRIVALS_ALERTS_JSON_TOPIC',
    type: 'text',
    default: 'k8s.alerts.json',
    ...TOPIC,
    services: ['processor', 'topics'],
    description: 'Topic of alerts in JSON.',
  },
  deadLettersTopic: {
    env: 'ARRIVALS_DEAD_LETTERS_TOPIC',
    type: 'text',
    default: 'k8s.audit.deadletter',
    ...TOPIC,
    services: ON_KAFKA,
    description: 'Topic of what was set aside.',
  },
  topicsAtStart: {
    env: 'ARRIVALS_TOPICS_AT_START',
    type: 'choice',
    default: 'create',
    choices: ['create', 'check'],
    services: ['webhook', 'processor'],
    description:
      'What a service does about topics when it starts: make those that are missing, or only check. What exists is never changed at start; `arrivals topics apply` does that.',
  },
  topicPartitions: {
    env: 'ARRIVALS_TOPIC_PARTITIONS',
    type: 'integer',
    default: 6,
    min: 1,
    max: 1000,
    unit: 'partitions',
    services: ON_KAFKA,
    description:
      'Partitions of each topic. Those of the audit topic are how many processors can share the work.',
  },
  topicReplication: {
    env: 'ARRIVALS_TOPIC_REPLICATION',
    type: 'integer',
    default: 0,
    min: 0,
    max: 15,
    unit: 'replicas; 0: what the brokers have as their default',
    services: ON_KAFKA,
    description:
      'Replicas of each partition. With 3 or more, min.insync.replicas is 2: what was acknowledged outlives a broker.',
  },
  startTimeoutMs: {
    env: 'ARRIVALS_START_TIMEOUT_MS',
    type: 'integer',
    default: 60_000,
    min: 1000,
    max: 3_600_000,
    unit: 'ms',
    services: ON_KAFKA,
    description:
      'How long a service or a command that starts tries again what it asks of Kafka, while brokers, coordinators or topics are not ready, before it ends with an error. What a broker refuses (rights, too few brokers) it tries for 10 s at most. A webhook with ARRIVALS_SPOOL_DIR serves meanwhile and tries for ever.',
  },
} as const satisfies SettingRows;
