/**
 * The limits of connections: of all, of an address, of a sender.
 *
 * Invariant: a connection is in the queue of all, in that of its address, and in that of its sender once it
 * is known, until it is removed; empty queues are deleted. It closes nothing itself: it names the connections
 * to evict.
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { ConnectionQueues } from './connection-queues.ts';

/** A sender's share of all connections. */
const SENDER_SHARE = 1 / 4;

export interface Needed {
  /** The connection to evict; absent: none may be. */
  readonly next: Connection | undefined;
  readonly reason: ConnectionDropReason;
}

export class ConnectionSlots {
  readonly #limits: ConnectionLimits;
  readonly #all = new ConnectionQueues();
  readonly #ofAddress = new Map<string, ConnectionQueues>();
  readonly #ofSender = new Map<string, ConnectionQueues>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Puts it into the queues of its phase. */
  put(connection: Connection): void {
    if (connection.raw.destroyed) return;
    const waits = connection.standing !== 'stranger' ? 'known' : connection.asked ? 'idle' : 'silent';
    const to = connection.current === undefined ? waits : 'busy';
    this.#all.move(connection, to);
    queuesOf(this.#ofAddress, connection.peer).move(connection, to);
    if (connection.standing === 'known' && connection.sender !== undefined)
      queuesOf(this.#ofSender, connection.sender).move(connection, to);
  }

  leave(connection: Connection): void {
    this.#all.remove(connection);
    leaveOne(this.#ofAddress, connection.peer, connection);
    if (connection.sender !== undefined) leaveOne(this.#ofSender, connection.sender, connection);
  }

  /** The connections to evict before one more is added, one after the other. */
  *neededFor({ peer }: Connection, clockMs: number): Iterable<Needed> {
    const { connectionsMax, connectionsPerPeerMax } = this.#limits;
    const ofAddress = this.#ofAddress.get(peer);
    if (ofAddress !== undefined && ofAddress.size >= connectionsPerPeerMax)
      yield { next: ofAddress.next(clockMs), reason: 'peer_full' };
    if (this.#all.size >= connectionsMax) yield { next: this.#all.next(clockMs), reason: 'full' };
  }

  /** The connection to evict if a known sender has more than its share; absent: it has not. */
  overShare(connection: Connection, clockMs: number): Connection | undefined {
    if (connection.standing !== 'known' || connection.sender === undefined) return undefined;
    const queues = this.#ofSender.get(connection.sender);
    if (queues === undefined || queues.size <= Math.max(1, this.#limits.connectionsMax * SENDER_SHARE))
      return undefined;
    return queues.nextOfOne(clockMs) ?? connection;
  }
}

function queuesOf(map: Map<string, ConnectionQueues>, key: string): ConnectionQueues {
  let queues = map.get(key);
  if (queues === undefined) {
    queues = new ConnectionQueues();
    map.set(key, queues);
  }
  return queues;
}

function leaveOne(map: Map<string, ConnectionQueues>, key: string, connection: Connection): void {
  const queues = map.get(key);
  queues?.remove(connection);
  if (queues?.size === 0) map.delete(key);
}
