/**
 * When TLS handshakes begin: each costs a signature on the thread that also serves senders, and whoever
 * connects can ask for one.
 *
 * Invariant: a connection costs nothing before its first byte has come. The handshakes of networks that a
 * known sender came from of late begin at once; all others at PER_SECOND, after a first few, networks taking
 * turns, so that no network keeps another one's waiting. Nobody is refused here: who waits too long is ended
 * by the table of connections, which bounds how many wait.
 */
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Of strangers. A handshake takes about a millisecond: so they take a fifth of the thread's time at most. */
const PER_SECOND = 200;
const AT_FIRST = 20;
/** Networks that are remembered, the latest. */
const KNOWN_MAX = 1000;

/** Begins the handshake on a connection. */
export type Begin = (socket: Socket) => void;

/** What the server did with each connection by itself is from now on done by whoever calls the answer. */
export function takeOverHandshakes(server: TlsServer): Begin {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

export class HandshakeRate {
  readonly #begin: Begin;
  readonly #nowMs: () => number;
  /** Of strangers, by network, in the order in which they take turns. */
  readonly #waiting = new Map<string, Set<Socket>>();
  readonly #known = new Set<string>();
  #tokens = AT_FIRST;
  #filledAtMs: number;
  #isDue = false;

  constructor(begin: Begin, nowMs: () => number = () => performance.now()) {
    this.#begin = begin;
    this.#nowMs = nowMs;
    this.#filledAtMs = nowMs();
  }

  /** Has the handshake begin when its turn has come. */
  add(socket: Socket, network: string): void {
    // Whatever fails before the handshake has begun ends the connection, and `close` follows.
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      if (socket.readableLength === 0) socket.destroy();
      else this.#enqueue(socket, network);
    });
    socket.once('close', () => {
      this.#leave(socket, network);
    });
  }

  /** A sender that is known came from there. */
  know(network: string): void {
    this.#known.delete(network);
    this.#known.add(network);
    for (const oldest of this.#known) {
      if (this.#known.size <= KNOWN_MAX) break;
      this.#known.delete(oldest);
    }
    for (const socket of this.#waiting.get(network) ?? []) this.#start(socket);
    this.#waiting.delete(network);
  }

  #enqueue(socket: Socket, network: string): void {
    if (this.#known.has(network)) {
      this.#start(socket);
      return;
    }
    const ofNetwork = this.#waiting.get(network) ?? new Set();
    this.#waiting.set(network, ofNetwork.add(socket));
    this.#startSome();
  }

  #leave(socket: Socket, network: string): void {
    const ofNetwork = this.#waiting.get(network);
    if (ofNetwork?.delete(socket) === true && ofNetwork.size === 0) this.#waiting.delete(network);
  }

  #startSome(): void {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(AT_FIRST, this.#tokens + ((nowMs - this.#filledAtMs) * PER_SECOND) / 1000);
    this.#filledAtMs = nowMs;
    for (const [network, sockets] of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens--;
      this.#waiting.delete(network);
      const [socket] = sockets;
      if (socket === undefined) continue;
      sockets.delete(socket);
      if (sockets.size > 0) this.#waiting.set(network, sockets);
      this.#start(socket);
    }
    if (this.#waiting.size === 0 || this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#startSome();
    }, 1000 / PER_SECOND).unref();
  }

  #start(socket: Socket): void {
    if (!socket.destroyed) this.#begin(socket);
  }
}
