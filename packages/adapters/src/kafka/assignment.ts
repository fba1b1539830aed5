/**
 * What this member has since the last rebalance: the sessions of its partitions, and whether the assignment
 * is over.
 *
 * Invariant: each assignment begins a new session, so that an owner of the partition in between is fenced and
 * what it committed is seen. `signal` aborts when the member stops or loses the assignment; after it was lost
 * nothing is committed through it any more.
 */
import { messageOf } from '@arrivals/core/light';
import { setMaxListeners } from 'node:events';
import { protocolErrorType } from './connection.ts';
import type { PartitionSession } from './partition-session.ts';

/**
 * What a broker answers to a member that has lost its partitions, or is about to, or that has to ask another
 * broker: kafkajs rejoins for each.
 */
const LOST: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'NOT_COORDINATOR_FOR_GROUP',
]);

export class Assignment {
  readonly #partitions: ReadonlySet<number>;
  readonly #makeSession: (partition: number) => PartitionSession;
  readonly #sessions = new Map<number, PartitionSession>();
  readonly #begun = new Map<number, Promise<number | undefined>>();
  readonly #stopping = new AbortController();
  #lostBy: Error | undefined;
  #replaced = false;

  constructor(partitions: readonly number[], makeSession: (partition: number) => PartitionSession) {
    this.#partitions = new Set(partitions);
    this.#makeSession = makeSession;
    // One listener for each batch under way.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** kafkajs may deliver what it fetched before the rebalance. */
  has(partition: number): boolean {
    return this.#partitions.has(partition);
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The broker's answer that ended the assignment: kafkajs joins the group again when it gets to see it. */
  get lostBy(): Error | undefined {
    return this.#lostBy;
  }

  /** Whether another assignment may be, or is, in force. */
  get lost(): boolean {
    return this.#replaced || this.#lostBy !== undefined;
  }

  session(partition: number): PartitionSession {
    const session = this.#sessions.get(partition) ?? this.#makeSession(partition);
    this.#sessions.set(partition, session);
    return session;
  }

  /**
   * The committed position of a partition that is taken up for the first time in this assignment; later
   * undefined. @throws ArrivalsError bus_unavailable
   */
  async begin(partition: number): Promise<number | undefined> {
    if (this.#begun.has(partition)) {
      await this.#begun.get(partition);
      return undefined;
    }
    const begun = this.session(partition).begin();
    this.#begun.set(partition, begun);
    try {
      return await begun;
    } catch (error) {
      this.#begun.delete(partition);
      throw error;
    }
  }

  /** Ends the assignment if that is what the error means; a connection that was lost for a moment is not. */
  noteError(error: unknown): void {
    const type = protocolErrorType(error);
    if (type !== undefined && LOST.has(type)) this.#lose(type, messageOf(error));
  }

  /**
   * No heartbeat was answered within the session time-out: the broker has reassigned the partitions, or does
   * not answer any more.
   */
  noteSilence(): void {
    this.#lose('NOT_COORDINATOR_FOR_GROUP', 'no heartbeat was answered within the session time-out');
  }

  #lose(type: string, message: string): void {
    this.#lostBy ??= Object.assign(new Error(message), { type, retriable: true });
    this.#stopping.abort();
  }

  /** Batches under way are signalled to end; what they commit still counts. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Another assignment is in force, or the member has left. Releases the producers. */
  async close(): Promise<void> {
    this.#replaced = true;
    this.#stopping.abort();
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#sessions.clear();
  }
}
