/**
 * One connection of the HTTP server: what it is at, since when, and whom it is from.
 *
 * Invariant: `phaseOf` is read from the sockets and messages themselves, so that no event that Node leaves
 * out can leave a connection in a phase that has no time-out. Ends nothing (connections.ts).
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { bodyIsComing } from './http-answer.ts';

/**
 * `handshaking` of TLS; `waiting` for a request; `head` and `body` of one are arriving; `working` on the
 * answer; `answering`: it is handed to the operating system; `ending`: the client was told, or has said, that
 * nothing follows.
 */
export type Phase = 'handshaking' | 'waiting' | 'head' | 'body' | 'working' | 'answering' | 'ending';

export interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

export class Connection {
  /** What was accepted; under TLS the encrypted bytes. */
  readonly raw: Socket;
  /** Whom the limit of an address counts it for. */
  readonly peer: string;
  /** Of the CAs and revocation lists that its handshake began with. */
  readonly trust: number;
  /** What HTTP goes over: `raw`, or the TLS socket once its handshake is done. */
  socket: Socket | undefined;
  /** `known`: by certificate or token. `accepted`: a batch was taken where nobody is asked who sends. */
  standing: 'stranger' | 'accepted' | 'known' = 'stranger';
  /** Who was found to send over it; absent while that is not known. */
  sender: string | undefined;
  /** Whether a client certificate was shown, accepted or not. */
  certified = false;
  /** Whether a request has ever come. */
  asked = false;
  current: Exchange | undefined;
  /** The request that came last, also after its answer: its body may still be coming. */
  message: IncomingMessage | undefined;
  /** Requests that came ahead of the answer to an earlier one. */
  readonly ahead: Exchange[] = [];
  /** Whether the running answer is the last. */
  last = false;
  /** Set once it was told to end; then only its closing is waited for. */
  dropped: ConnectionDropReason | undefined;
  phase: Phase;
  /** On the clock of the table. */
  sinceMs: number;
  /** What had been read when it began to wait: more is the beginning of a head. */
  idleBytes = 0;
  progressBytes = 0;
  progressMs: number;

  constructor(raw: Socket, tls: boolean, trust: number, clockMs: number) {
    this.raw = raw;
    this.peer = networkOf(raw.remoteAddress);
    this.trust = trust;
    this.phase = tls ? 'handshaking' : 'waiting';
    this.sinceMs = clockMs;
    this.progressMs = clockMs;
    if (!tls) this.socket = raw;
  }

  /** For the log: the sender, or the peer's address. */
  get from(): string {
    return this.sender ?? this.peer;
  }

  /** Notes what it is at. */
  observe(clockMs: number): void {
    const phase = phaseOf(this);
    if (phase !== this.phase) this.enter(phase, clockMs);
  }

  enter(phase: Phase, clockMs: number): void {
    this.phase = phase;
    this.sinceMs = clockMs;
    this.progressMs = clockMs;
    this.progressBytes = this.socket?.bytesRead ?? 0;
  }
}

export function phaseOf({ socket, current, message, dropped, idleBytes }: Connection): Phase {
  if (socket === undefined) return 'handshaking';
  if (dropped !== undefined) return 'ending';
  if (message !== undefined && bodyIsComing(message)) return 'body';
  if (current !== undefined) return current.response.writableEnded ? 'answering' : 'working';
  if (socket.writableEnded || socket.readableEnded) return 'ending';
  return socket.bytesRead > idleBytes ? 'head' : 'waiting';
}

/** An IPv4 address, or the /64 of an IPv6 address: whoever has one of its addresses has them all. */
export function networkOf(address: string | undefined): string {
  const text = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(text) || text === '::1') return text;
  const [head = '', tail] = text.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const filled =
    tail === undefined
      ? groups
      : [
          ...groups,
          ...Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0'),
          ...after,
        ];
  return `${filled.slice(0, 4).join(':')}::/64`;
}
