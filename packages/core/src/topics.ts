/** The topics, by what they hold. The names are the defaults; every adapter and service is given them. */
export interface TopicNames {
  /** AuditBatch records: everything an API server sent. */
  readonly audit: string;
  /** Alert records, Avro, key alertId. */
  readonly alerts: string;
  /** Alert records, JSON, key alertId; null where nobody reads them. */
  readonly alertsJson: string | null;
  /** DeadLetter records, key the SHA-256 of what was set aside. */
  readonly deadLetters: string;
}

/** The embedded bus has no subscribers but ours, which read Avro. */
export const TOPICS: TopicNames = { audit: 'k8s.audit.events', alerts: 'k8s.alerts', alertsJson: null, deadLetters: 'k8s.audit.deadletter' };
