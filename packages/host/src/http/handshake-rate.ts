/**
 * Paces TLS handshakes: each costs a signature on the thread that also serves senders, and any client can
 * request one.
 *
 * Invariant: a connection costs nothing before its first byte. While more than a few wait, one handshake
 * begins in each STEP_MS and never two in one turn of the event loop, so that a busy thread begins fewer.
 * Networks with a recently known sender get every second one, and begin at once while none of them waits. In
 * both queues networks take turns, so that none delays another, not even one of a sender that has become
 * hostile. Nothing is refused here: the table of connections times out long waits, and bounds their number.
 */
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** A handshake takes about a millisecond: so they take a fifth of the thread's time at most. */
const STEP_MS = 5;
/** The burst allowed for unknown clients after a pause. */
const AT_FIRST = 10;
/** Networks of known senders that are kept, the latest. */
const KNOWN_MAX = 1000;

/** Begins the handshake on a connection. */
export type Begin = (socket: Socket) => void;

/** Replaces the server's own start of handshakes: the caller starts them with the returned function. */
export function takeOverHandshakes(server: TlsServer): Begin {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

/** Runs a step after a time. */
export type After = (ms: number, step: () => void) => void;

const afterTime: After = (ms, step) => {
  setTimeout(step, ms).unref();
};

export class HandshakeRate {
  readonly #begin: Begin;
  readonly #nowMs: () => number;
  readonly #after: After;
  readonly #knownLine = new Line();
  readonly #strangers = new Line();
  readonly #known = new Set<string>();
  #tokens = AT_FIRST;
  #filledAtMs: number;
  #knownBegunAtMs = Number.NEGATIVE_INFINITY;
  #lastWasKnown = false;
  #isDue = false;

  constructor(begin: Begin, nowMs: () => number = () => performance.now(), after: After = afterTime) {
    this.#begin = begin;
    this.#nowMs = nowMs;
    this.#after = after;
    this.#filledAtMs = nowMs();
  }

  /** Begins the handshake when it is its turn. */
  add(socket: Socket, network: string): void {
    // An error before the handshake closes the connection, and `close` follows.
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      if (socket.readableLength === 0) socket.destroy();
      else this.#enqueue(socket, network);
    });
    socket.once('close', () => {
      this.#knownLine.leave(socket, network);
      this.#strangers.leave(socket, network);
    });
  }

  /** Records the network of a known sender. */
  know(network: string): void {
    this.#known.delete(network);
    this.#known.add(network);
    for (const oldest of this.#known) {
      if (this.#known.size <= KNOWN_MAX) break;
      this.#known.delete(oldest);
    }
    this.#strangers.move(network, this.#knownLine);
  }

  #enqueue(socket: Socket, network: string): void {
    const isKnown = this.#known.has(network);
    const line = isKnown ? this.#knownLine : this.#strangers;
    if (line.isEmpty && (isKnown ? this.#knownMayBegin() : this.#strangerMayBegin())) {
      this.#start(socket);
      return;
    }
    line.add(socket, network);
    this.#beDue();
  }

  #knownMayBegin(): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#knownBegunAtMs < STEP_MS) return false;
    this.#knownBegunAtMs = nowMs;
    return true;
  }

  #strangerMayBegin(): boolean {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(AT_FIRST, this.#tokens + (nowMs - this.#filledAtMs) / STEP_MS);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #beDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#after(STEP_MS, () => {
      this.#isDue = false;
      this.#startNext();
      if (!this.#knownLine.isEmpty || !this.#strangers.isEmpty) this.#beDue();
    });
  }

  #startNext(): void {
    this.#lastWasKnown = this.#strangers.isEmpty || (!this.#knownLine.isEmpty && !this.#lastWasKnown);
    const socket = (this.#lastWasKnown ? this.#knownLine : this.#strangers).next();
    // They use their own tokens: a burst is allowed after a pause.
    this.#tokens = 0;
    this.#filledAtMs = this.#nowMs();
    if (socket !== undefined) this.#start(socket);
  }

  #start(socket: Socket): void {
    if (!socket.destroyed) this.#begin(socket);
  }
}

/** Waiting connections by network, in the order in which networks take turns. */
class Line {
  readonly #waiting = new Map<string, Set<Socket>>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(socket: Socket, network: string): void {
    const ofNetwork = this.#waiting.get(network) ?? new Set();
    this.#waiting.set(network, ofNetwork.add(socket));
  }

  leave(socket: Socket, network: string): void {
    const ofNetwork = this.#waiting.get(network);
    if (ofNetwork?.delete(socket) === true && ofNetwork.size === 0) this.#waiting.delete(network);
  }

  move(network: string, to: Line): void {
    for (const socket of this.#waiting.get(network) ?? []) to.add(socket, network);
    this.#waiting.delete(network);
  }

  next(): Socket | undefined {
    for (const [network, sockets] of this.#waiting) {
      this.#waiting.delete(network);
      const [socket] = sockets;
      if (socket === undefined) continue;
      sockets.delete(socket);
      if (sockets.size > 0) this.#waiting.set(network, sockets);
      return socket;
    }
    return undefined;
  }
}
