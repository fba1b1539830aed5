/**
 * One connection of the HTTP server: its phase, since when, and its peer.
 *
 * Invariant: `phaseOf` is computed from the sockets and messages themselves, so that an event that Node does
 * not emit cannot leave a connection in a phase without a time-out. It closes nothing (connections.ts).
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { bodyIsComing } from './http-answer.ts';

/**
 * `handshaking` of TLS; `waiting` for a request; `head` and `body` of one are arriving; `working` on the
 * response; `answering`: it is written to the operating system; `ending`: one side has announced the end.
 */
export type Phase = 'handshaking' | 'waiting' | 'head' | 'body' | 'working' | 'answering' | 'ending';

export interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

export class Connection {
  /** The accepted socket; under TLS the encrypted bytes. */
  readonly raw: Socket;
  /** The peer for the limit of an address. */
  readonly peer: string;
  /** The version of the CAs and revocation lists at its handshake. */
  readonly trust: number;
  /** The socket of HTTP: `raw`, or the TLS socket once its handshake is done. */
  socket: Socket | undefined;
  /** `known`: by certificate or token. `accepted`: a batch was accepted without authentication. */
  standing: 'stranger' | 'accepted' | 'known' = 'stranger';
  /** Its sender; absent while unknown. */
  sender: string | undefined;
  /** Whether it has a client certificate, accepted or not. */
  certified = false;
  /** Whether a request was ever received. */
  asked = false;
  current: Exchange | undefined;
  /** The last request, also after its response: its body may still be arriving. */
  message: IncomingMessage | undefined;
  /** Pipelined requests. */
  readonly ahead: Exchange[] = [];
  /** Whether the pending response is the last. */
  last = false;
  /** Set once it is being closed; then only its end is awaited. */
  dropped: ConnectionDropReason | undefined;
  phase: Phase;
  /** On the clock of the table. */
  sinceMs: number;
  /** Bytes read when it began to wait: more is the beginning of a head. */
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

  /** Records its phase. */
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

/** An IPv4 address, or the /64 of an IPv6 address: a host usually controls all of its addresses. */
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
