/**
 * The places that connections have: of all, of an address, of a sender.
 *
 * Invariant: a connection that is put stands in the queues of all and of its address, and of its sender once
 * it is known, until it leaves; what nobody stands in any more is forgotten. Ends nothing itself: it says who
 * is to give way.
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { ConnectionQueues } from './connection-queues.ts';

/** So many of all may be one sender's. */
const SENDER_SHARE = 1 / 4;

export interface Needed {
  /** Who gives way; absent: nobody may. */
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

  /** Puts it where it belongs by what it is at, or moves it there. */
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

  /** Who is to give way before one more is put, one after the other. */
  *neededFor({ peer }: Connection, clockMs: number): Iterable<Needed> {
    const { connectionsMax, connectionsPerPeerMax } = this.#limits;
    const ofAddress = this.#ofAddress.get(peer);
    if (ofAddress !== undefined && ofAddress.size >= connectionsPerPeerMax)
      yield { next: ofAddress.next(clockMs), reason: 'peer_full' };
    if (this.#all.size >= connectionsMax) yield { next: this.#all.next(clockMs), reason: 'full' };
  }

  /** Who is to give way as a known sender has more than its share; absent: it has not. */
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
