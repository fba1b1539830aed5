/**
 * Connections in the order in which they give way to new ones.
 *
 * Invariant: each connection stands in one queue, oldest first. Who has not shown who it is gives way before
 * who has, and a request that has arrived whole never does. So however many strangers come, each new
 * connection has its turn, and a known sender keeps its own.
 */
import { type Connection, phaseOf } from './connection.ts';

/**
 * `silent`: never asked; `idle`: asked, and waits; `known`: waits, and a sender is known; `busy`: a request
 * is under way.
 */
export type QueueName = 'silent' | 'idle' | 'known' | 'busy';

/** A request that is received, or an answer that is taken, within this time gives way to nobody. */
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

  /** To the end of a queue, from wherever it stood. */
  move(connection: Connection, to: QueueName): void {
    this.remove(connection);
    this.#queues[to].add(connection);
  }

  remove(connection: Connection): void {
    for (const queue of Object.values(this.#queues)) queue.delete(connection);
  }

  /** The next to give way to somebody else; absent when none may. */
  next(clockMs: number): Connection | undefined {
    const { silent, idle, known, busy } = this.#queues;
    const slow = slowest(busy, clockMs, ({ standing }) => standing !== 'known');
    return first(silent) ?? first(idle) ?? slow ?? first(known);
  }

  /** The next of a sender to give way to another of its own. */
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
