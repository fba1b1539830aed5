/**
 * The options that settings are read into and adapters are opened with. They are in the core, as those
 * packages do not import each other.
 */

export interface KafkaTls {
  /** PEM text; without it the CAs that Node trusts. */
  readonly ca?: string;
  /** PEM text, for brokers that want client certificates; both or neither. */
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/**
 * `exactly-once`: a reader of committed records finds each output once, whenever a process is killed.
 * `at-least-once`: for brokers without transactions; an output may come again, with the same content but for
 * times.
 */
export type Delivery = 'exactly-once' | 'at-least-once';

/** What a service does about topics when it starts: makes those that are missing, or only checks. */
export type TopicsAtStart = 'create' | 'check';

/** What bounds the context beside the port's own figures. */
export interface ContextOptions {
  /** How long facts and revisions are kept after they were last written or read. */
  readonly contextTtlMs: number;
  /** Of each cluster: subjects with facts, watched subjects, and alerts with revisions, so many of each. */
  readonly contextSubjectsMax: number;
  /** How long somebody who watches a subject is given its facts. */
  readonly awaitMs: number;
}

export type RedisMode = 'single' | 'cluster' | 'sentinel';

export interface RedisOptions extends ContextOptions {
  /**
   * redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS. Several nodes of a cluster, or
   * sentinels.
   */
  readonly urls: readonly string[];
  readonly mode: RedisMode;
  /** What the sentinels call the server. */
  readonly sentinelName?: string;
  /** Instead of what the URL says; here and for the passwords empty means none. */
  readonly username?: string;
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** When given, TLS is spoken whatever the URLs say. `ca` is PEM; without it the CAs that Node trusts. */
  readonly tls?: { readonly ca?: string };
  /** Without { and }, which would change the slots. */
  readonly keyPrefix: string;
  /** Must exceed the audit topic's retention, or a redelivery becomes a second alert. */
  readonly claimTtlMs: number;
}

/** What the processor does while the state is away. */
export interface StateLossOptions {
  /** After `stateWaitMs`, creations bypass the state and are alerted unchecked, or processing pauses. */
  readonly onStateLoss: 'bypass' | 'pause';
  readonly stateWaitMs: number;
}
