/** The topics, by what they hold. The names are the defaults; every adapter and service is given them. */
export interface TopicNames {
  /** AuditBatch records: everything an API server sent. */
  readonly audit: string;
  /** Alert records, Avro, key alertId. */
  readonly alerts: string;
  /** Alert records, JSON, key alertId; null where they have no reader. */
  readonly alertsJson: string | null;
  /** DeadLetter records, key the SHA-256 of what was set aside. */
  readonly deadLetters: string;
}

/** The embedded bus has no subscribers but ours, which read Avro. */
export const TOPICS: TopicNames = {
  audit: 'k8s.audit.events',
  alerts: 'k8s.alerts',
  alertsJson: null,
  deadLetters: 'k8s.audit.deadletter',
};

/** The settings of a topic on a bus with topics of its own (Kafka). */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** 0: what the brokers have as their default. */
  readonly replication: number;
  readonly retentionMs: number;
  /**
   * How long a segment is filled: so much later than `retentionMs` a record may still be read. Absent: any.
   */
  readonly segmentMs?: number;
  /** The largest record, with its header. */
  readonly recordBytesMax: number;
}

/**
 * A batch of 900,000 bytes of events with its index, or a dead letter of as many, and what Kafka puts around
 * a record.
 */
export const TOPIC_RECORD_BYTES_MAX = 1_048_588;
