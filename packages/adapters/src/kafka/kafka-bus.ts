/**
 * The bus on Kafka: the contract of ports/bus.ts, implemented on kafkajs 2.2.4.
 *
 * Invariant: what kafkajs does not guarantee is added here or in the files beside it: complete
 * acknowledgements (publisher.ts), transactions that survive a zombie (transactional-session.ts),
 * read_committed that is (aborted-records.ts), a consumer that ends when it is dead (group-consumer.ts).
 */
import type {
  Bus,
  ConsumedBatch,
  Delivery,
  OutgoingRecord,
  PartitionOffsets,
  ReadOptions,
  RecordPosition,
  StoredRecord,
  SubscribeOptions,
  Subscription,
  Telemetry,
} from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { setMaxListeners } from 'node:events';
import { AdminQueue, Connected, shared } from './clients.ts';
import { busError, kafkaClient, type KafkaConnection } from './connection.ts';
import { consumeInGroup } from './group-consumer.ts';
import type { Admin, Kafka, Producer } from './kafkajs.ts';
import { LogReader } from './log-reader.ts';
import { PartitionChooser } from './partitions.ts';
import type { PartitionOfGroup } from './partition-session.ts';
import type { StartRetry } from './start-retry.ts';
import { PlainSession } from './plain-session.ts';
import { committedOffsets } from './positions.ts';
import { sendCompletely } from './publisher.ts';
import { TransactionalSession } from './transactional-session.ts';

export interface KafkaBusOptions {
  readonly connection: KafkaConnection;
  readonly telemetry: Telemetry;
  /** How a subscription's outputs and positions belong together; exactly once by default. */
  readonly delivery?: Delivery;
  /**
   * How long a request about topics, offsets and groups is tried again while Kafka starts or moves a
   * coordinator; some seconds by default.
   */
  readonly startRetry?: StartRetry;
}

/** As long as a coordinator takes to move; the caller decides what happens after. */
const START_RETRY: StartRetry = { timeoutMs: 10_000 };

/** Connects when it is first used, and again after a failure. */
export function openKafkaBus(options: KafkaBusOptions): Bus {
  return new KafkaBus(options);
}

class KafkaBus implements Bus {
  readonly #connection: KafkaConnection;
  readonly #kafka: Kafka;
  readonly #producerKafka: Kafka;
  readonly #telemetry: Telemetry;
  readonly #delivery: Delivery;
  readonly #admin: AdminQueue;
  readonly #health: Connected<Admin>;
  readonly #ask: () => Promise<void>;
  readonly #producer: Connected<Producer>;
  readonly #partitions: PartitionChooser;
  readonly #reader: LogReader;
  readonly #subscriptions = new Set<Subscription>();
  #closed = false;

  constructor({
    connection,
    telemetry,
    delivery = 'exactly-once',
    startRetry = START_RETRY,
  }: KafkaBusOptions) {
    this.#delivery = delivery;
    this.#telemetry = telemetry;
    this.#connection = connection;
    this.#kafka = kafkaClient(connection);
    // kafkajs keeps positions that a producer only tried to commit in the client, and a consumer would use
    // them.
    this.#producerKafka = kafkaClient(connection);
    this.#admin = new AdminQueue(this.#kafka.admin(), startRetry);
    // A separate one, so that a check of Kafka works while other requests wait for it.
    this.#health = new Connected(this.#kafka.admin());
    this.#ask = shared(async () => {
      await (await this.#health.get()).describeCluster();
    });
    this.#producer = new Connected(
      this.#producerKafka.producer({ allowAutoTopicCreation: false, idempotent: false }),
    );
    this.#partitions = new PartitionChooser(this.#admin.use);
    this.#reader = new LogReader(this.#kafka, this.#admin.use, (detail) => {
      telemetry.emit({ type: 'dependency_warning', of: 'kafka', what: 'batch_unreadable', detail });
    });
  }

  publish(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<readonly RecordPosition[]> {
    return this.#call(signal, async () => {
      if (records.length === 0) return [];
      const partitions = await this.#partitions.choose(records);
      return sendCompletely(await this.#producer.get(), records, partitions, this.#reportMissing);
    });
  }

  async subscribe(
    options: SubscribeOptions,
    handle: (batch: ConsumedBatch) => Promise<void>,
  ): Promise<Subscription> {
    this.#assertOpen();
    const common = { useAdmin: this.#admin.use, partitions: this.#partitions, telemetry: this.#telemetry };
    const session = {
      ...common,
      kafka: this.#producerKafka,
      producer: () => this.#producer.get(),
      onMissing: this.#reportMissing,
    };
    const Session = this.#delivery === 'exactly-once' ? TransactionalSession : PlainSession;
    const client = {
      ...common,
      // A separate one: kafkajs keeps positions by group in the client, and two members would overwrite each
      // other's.
      kafka: kafkaClient(this.#connection),
      openSession: (of: PartitionOfGroup) => new Session({ ...session, ...of }),
    };
    const subscription = await consumeInGroup(client, options, handle);
    if (this.#closed) {
      await subscription.close();
      this.#assertOpen();
    }
    this.#subscriptions.add(subscription);
    const remove = (): void => {
      this.#subscriptions.delete(subscription);
    };
    subscription.ended.then(remove, remove);
    return subscription;
  }

  read(options: ReadOptions): Promise<readonly StoredRecord[]> {
    return this.#call(options.signal, () => this.#reader.read(options));
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#call(undefined, async () => {
      await this.#partitions.of(topic);
      const offsets = await this.#admin.use((admin) => admin.fetchTopicOffsets(topic));
      return offsets
        .map(({ partition, low, high }) => ({ partition, earliest: Number(low), next: Number(high) }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  committed(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#call(undefined, () => committedOffsets(this.#admin.use, group, topic));
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#call(signal, this.#ask);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await Promise.all([
      this.#producer.close(),
      this.#admin.close(),
      this.#health.close(),
      this.#reader.close(),
    ]);
  }

  readonly #reportMissing = (missing: number, attempt: number): void => {
    this.#telemetry.emit({ type: 'publish_completed', missing, attempt });
  };

  #assertOpen(): void {
    if (this.#closed) throw new ArrivalsError('bus_unavailable', 'the bus is closed');
  }

  /**
   * Waits for `work` until the signal aborts: kafkajs cannot be interrupted, so it goes on, and its result is
   * dropped.
   */
  async #call<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    signal?.throwIfAborted();
    const done = work().catch((error: unknown) => {
      // An abort is the caller's own reason.
      if (signal?.aborted === true) throw signal.reason;
      throw busError(error);
    });
    if (signal === undefined) return done;
    // Many calls may wait on one signal; each takes its listener away again.
    setMaxListeners(0, signal);
    let abort: () => void = () => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort);
    });
    try {
      return await Promise.race([done, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
      done.catch(() => undefined);
    }
  }
}
