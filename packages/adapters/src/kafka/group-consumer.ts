/**
 * A member of a consumer group: the subscription of ports/bus.ts on kafkajs's consumer.
 *
 * Invariant: one batch of a partition is handled at a time, and what it did not commit is delivered again.
 * While a handler runs, heartbeats go on; in a rebalance the handlers' signals abort first. A consumer that
 * kafkajs gives up on (CRASH without restart) ends the subscription: kafkajs itself would go on and consume
 * nothing.
 */
import type { ConsumedBatch, SubscribeOptions, Subscription, Telemetry } from '@arrivals/core';
import { Assignment } from './assignment.ts';
import { BatchDelivery } from './batch-delivery.ts';
import type { UseAdmin } from './clients.ts';
import { busError } from './connection.ts';
import type { Consumer, EachBatchPayload, Kafka } from './kafkajs.ts';
import { storedRecord } from './log-reader.ts';
import { LossWatch } from './loss-watch.ts';
import type { PartitionChooser } from './partitions.ts';
import type { PartitionOfGroup, PartitionSession } from './partition-session.ts';

/** A member that was killed is noticed after this; its partitions are not consumed until then. */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_INTERVAL_MS = 2000;
/** How long a fetch waits for records. */
const FETCH_WAIT_MS = 500;
/** How long a rebalance waits for a member to end its work. */
const REBALANCE_TIMEOUT_MS = 15_000;
/** Partitions that were added are seen after it. */
const METADATA_AGE_MS = 60_000;
const PARTITION_FETCH_BYTES_MAX = 2 * 1024 * 1024;
const FETCH_BYTES_MAX = 16 * 1024 * 1024;
const PARTITIONS_AT_A_TIME = 16;

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly useAdmin: UseAdmin;
  readonly openSession: (of: PartitionOfGroup) => PartitionSession;
  readonly partitions: PartitionChooser;
  readonly telemetry: Telemetry;
}

type Handler = (batch: ConsumedBatch) => Promise<void>;

export async function consumeInGroup(
  client: GroupConsumerOptions,
  options: SubscribeOptions,
  handle: Handler,
): Promise<Subscription> {
  const member = new GroupConsumer(client, options, handle);
  await member.start();
  return { ended: member.ended, problem: () => member.problem(), close: () => member.close() };
}

class GroupConsumer {
  readonly #client: GroupConsumerOptions;
  readonly #options: SubscribeOptions;
  readonly #handle: Handler;
  readonly #consumer: Consumer;
  readonly #losses: LossWatch;
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #rejectEnded: (error: unknown) => void = () => undefined;
  #assignment: Assignment;
  /** The delivery under way of each partition. */
  readonly #running = new Map<number, Promise<void>>();
  #closing: Promise<void> | undefined;
  /** When the group's coordinator answered last. */
  #heardMs = performance.now();
  #problem: string | undefined;

  constructor(client: GroupConsumerOptions, options: SubscribeOptions, handle: Handler) {
    this.#client = client;
    this.#options = options;
    this.#handle = handle;
    this.#losses = new LossWatch(client.useAdmin, client.telemetry, options);
    this.#assignment = this.#newAssignment([]);
    this.ended = new Promise<void>((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    // The caller of close() waits for the end; a failure is for readers of `ended`.
    this.ended.catch(() => undefined);
    this.#consumer = client.kafka.consumer({
      groupId: options.group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      metadataMaxAge: METADATA_AGE_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_FETCH_BYTES_MAX,
      maxBytes: FETCH_BYTES_MAX,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      // kafkajs restarts itself after errors that may pass, but not once the subscription is closed.
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(this.#closing === undefined) },
    });
  }

  /** @throws ArrivalsError topic_unknown, bus_unavailable */
  async start(): Promise<void> {
    const { topic } = this.#options;
    try {
      await this.#client.partitions.of(topic);
      await this.#losses.start();
      this.#consumer.on('consumer.group_join', ({ payload }) => {
        this.#joined(payload.memberAssignment[topic] ?? []);
      });
      this.#consumer.on('consumer.heartbeat', () => {
        this.#heardMs = performance.now();
      });
      this.#consumer.on('consumer.crash', ({ payload }) => {
        if (payload.restart) this.#trouble(payload.error);
        else this.#fail(busError(payload.error));
      });
      await this.#consumer.connect();
      // A position that does not exist any more would otherwise become the newest one: everything between
      // would be lost.
      await this.#consumer.subscribe({ topic, fromBeginning: true });
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_A_TIME,
        eachBatch: (payload) => this.#eachBatch(payload),
      });
    } catch (error) {
      await this.#consumer.disconnect().catch(() => undefined);
      throw busError(error);
    }
  }

  problem(): string | undefined {
    return this.#problem;
  }

  /** Waits for running handlers and their commits, then leaves the group. */
  close(): Promise<void> {
    this.#closing ??= this.#end().then(this.#resolveEnded);
    return this.#closing;
  }

  #fail(error: unknown): void {
    this.#closing ??= this.#end();
    // At once: the operator has to know although a broker that hangs delays the end.
    this.#rejectEnded(error);
  }

  /** It delivers nothing at the moment, and is tried again. */
  #trouble(error: unknown): void {
    if (this.#closing !== undefined) return;
    const { message } = busError(error);
    if (this.#problem !== message)
      this.#client.telemetry.emit({
        type: 'dependency_warning',
        of: 'kafka',
        what: 'unreachable',
        detail: message,
      });
    this.#problem = message;
  }

  #unreadable(partition: number, reason: string): void {
    const { topic } = this.#options;
    this.#client.telemetry.emit({
      type: 'dependency_warning',
      of: 'kafka',
      what: 'batch_unreadable',
      detail: `${topic}/${String(partition)}: ${reason}`,
    });
  }

  async #end(): Promise<void> {
    const assignment = this.#assignment;
    assignment.stop();
    await Promise.allSettled(this.#running.values());
    await this.#consumer.disconnect().catch(() => undefined);
    await assignment.close();
  }

  #newAssignment(assigned: readonly number[]): Assignment {
    const { group, topic } = this.#options;
    return new Assignment(assigned, (partition) => this.#client.openSession({ group, topic, partition }));
  }

  #joined(partitions: readonly number[]): void {
    const { group, topic } = this.#options;
    void this.#assignment.close();
    if (this.#closing !== undefined) return;
    this.#assignment = this.#newAssignment(partitions);
    this.#heardMs = performance.now();
    this.#problem = undefined;
    this.#client.telemetry.emit({
      type: 'partitions_assigned',
      group,
      topic,
      partitions: [...partitions].sort((a, b) => a - b),
    });
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch;
    // kafkajs rejoins the group without waiting when it finds a leader moved, and may then deliver a
    // partition again.
    while (this.#running.has(partition)) await this.#running.get(partition)?.catch(() => undefined);
    const assignment = this.#assignment;
    if (this.#closing !== undefined || !assignment.has(partition)) return;
    const work = this.#deliver(payload, assignment);
    this.#running.set(partition, work);
    try {
      await work;
    } finally {
      this.#running.delete(partition);
    }
  }

  async #deliver(payload: EachBatchPayload, assignment: Assignment): Promise<void> {
    const { batch } = payload;
    const { topic, partition } = batch;
    const records = batch.messages.map((message) =>
      storedRecord(topic, partition, { ...message, headers: message.headers ?? {} }),
    );
    for (const { unreadable } of records)
      if (unreadable !== undefined) this.#unreadable(partition, unreadable);
    const delivery = new BatchDelivery(records, assignment, {
      batchRecordsMax: this.#options.batchRecordsMax,
      commit: (offset) =>
        payload.commitOffsetsIfNecessary({
          topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
        }),
      handle: this.#handle,
    });
    try {
      await this.#withHeartbeats(payload, assignment, async () => {
        const committed = await assignment.begin(partition);
        await this.#losses.see(partition, committed, Number(batch.firstOffset() ?? 0), delivery.end);
        this.#problem = undefined;
        await delivery.run(committed);
      });
      if (!assignment.lost) this.#goOn(delivery, payload);
    } catch (error) {
      if (delivery.handlerError !== undefined) {
        this.#fail(delivery.handlerError.error);
        return;
      }
      // As an error that kafkajs retries: it would stop the whole consumer for, say, a TypeError.
      if (!assignment.lost) {
        this.#trouble(error);
        throw busError(error);
      }
    }
    if (assignment.lostBy !== undefined) throw assignment.lostBy;
  }

  /** kafkajs fetches on from here. After the last record it also skips what was left out after it. */
  #goOn({ position, end }: BatchDelivery, payload: EachBatchPayload): void {
    const { topic, partition } = payload.batch;
    // Others may have committed further than this fetch reached.
    if (position === end) payload.resolveOffset(String(end - 1));
    else if (this.#closing === undefined) this.#consumer.seek({ topic, partition, offset: String(position) });
  }

  /** kafkajs sends heartbeats between batches only; a handler may wait for minutes. */
  async #withHeartbeats(
    payload: EachBatchPayload,
    assignment: Assignment,
    work: () => Promise<void>,
  ): Promise<void> {
    const beating = setInterval(() => {
      if (performance.now() - this.#heardMs > SESSION_TIMEOUT_MS) assignment.noteSilence();
      payload.heartbeat().catch((error: unknown) => {
        assignment.noteError(error);
      });
    }, HEARTBEAT_INTERVAL_MS / 2);
    try {
      await work();
    } finally {
      clearInterval(beating);
    }
  }
}
