/**
 * Connections in the order of their eviction for new ones.
 *
 * Invariant: each connection is in one queue, oldest first. Connections of unknown clients are evicted before
 * those of known senders, and one with a complete request never is. So however many unknown clients connect,
 * each new connection is accepted, and a known sender keeps its own.
 */
import { type Connection, phaseOf } from './connection.ts';

/**
 * `silent`: never sent a request; `idle`: waits between requests; `known`: waits, of a known sender; `busy`:
 * a request is pending.
 */
export type QueueName = 'silent' | 'idle' | 'known' | 'busy';

/** A request that is received, or a response that is read, within this time is never evicted. */
const SLOW_MS = 1000;

export class ConnectionQueues {
  readonly #queues: Readonly<Record<QueueName, Set<Connection>>> = {
    silent: new Set(),
    idle: new Set(),
    known: new Set(),
    busy: new Set(),
  };

  get size(): number {
    const { silent, idle, known, busy } = this.#queues;
    return silent.size + idle.size + known.size + busy.size;
  }

  /** Moves it to the end of a queue. */
  move(connection: Connection, to: QueueName): void {
    this.remove(connection);
    this.#queues[to].add(connection);
  }

  remove(connection: Connection): void {
    for (const queue of Object.values(this.#queues)) queue.delete(connection);
  }

  /** The next to evict for another client; absent if none may be. */
  next(clockMs: number): Connection | undefined {
    const { silent, idle, known, busy } = this.#queues;
    const slow = slowest(busy, clockMs, ({ standing }) => standing !== 'known');
    return first(silent) ?? first(idle) ?? slow ?? first(known);
  }

  /** The next of a sender to evict for another one of its own. */
  nextOfOne(clockMs: number): Connection | undefined {
    const { known, busy } = this.#queues;
    return first(known) ?? slowest(busy, clockMs, () => true);
  }
}

function first(queue: ReadonlySet<Connection>): Connection | undefined {
  for (const connection of queue) return connection;
  return undefined;
}

function slowest(
  busy: ReadonlySet<Connection>,
  clockMs: number,
  may: (connection: Connection) => boolean,
): Connection | undefined {
  for (const connection of busy) {
    if (clockMs - connection.sinceMs >= SLOW_MS && phaseOf(connection) !== 'working' && may(connection))
      return connection;
  }
  return undefined;
}
