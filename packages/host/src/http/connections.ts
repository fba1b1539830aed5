/**
 * The connections of an HTTP server: their number, their time-outs, one request at a time on each, and
 * closing them without truncating a response.
 *
 * Invariant: each connection is in the table from its first byte on, before any handshake, until its socket
 * has closed; every wait for its client is bounded (connection-deadlines.ts); at most one request of it is
 * handled at a time. When the server closes, a connection with a pending response stays open until that was
 * written to the operating system. Node's own closeIdleConnections() considers a connection idle as soon as
 * the response is in its buffer, and a slow reader loses the rest.
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { Server } from 'node:http';
import { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Connection, type Exchange, type Phase, phaseOf } from './connection.ts';
import { overdue } from './connection-deadlines.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { ConnectionSlots } from './connection-slots.ts';
import { takeRequests } from './expectations.ts';
import type { HandshakeRate } from './handshake-rate.ts';

/** For a request that is being received. */
const ARRIVING_GRACE_MS = 500;
const SWEEP_MS = 500;
/** More would use memory for clients that do not wait for responses. */
const AHEAD_MAX = 16;

export interface ConnectionsOptions {
  readonly server: Server;
  readonly tls: boolean;
  readonly limits: ConnectionLimits;
  /** Handles a request; the next on the same connection follows when its response has closed. */
  readonly handle: (exchange: Exchange, connection: Connection) => void;
  /** Answers on a connection that it is too late, and closes it. */
  readonly onLate: (socket: Duplex) => void;
  readonly onDropped: (reason: ConnectionDropReason, from: string) => void;
  /** When a handshake begins; without it the server begins each at once. */
  readonly rate?: HandshakeRate | undefined;
  /** The sender of the certificate of the handshake. */
  readonly senderOf: (socket: TLSSocket) => string | undefined;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** By peer: under TLS the encrypted socket and the one of HTTP are two objects. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #bySocket = new Map<Duplex, Connection>();
  readonly #slots: ConnectionSlots;
  /** Does not count time in which this process was blocked, so that no client times out because of it. */
  #clockMs = 0;
  #sweptAtMs = performance.now();
  readonly #sweeping: NodeJS.Timeout;
  #trust = 0;
  #closing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#slots = new ConnectionSlots(options.limits);
    const { server } = options;
    server.on('connection', (socket: Socket) => {
      this.#open(socket);
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#secure(socket);
    });
    takeRequests(server, (message, response) => {
      this.#take({ message, response });
    });
    server.on('timeout', (socket: Socket) => {
      this.#quiet(socket);
    });
    this.#sweeping = setInterval(this.#sweep.bind(this), SWEEP_MS).unref();
  }

  /** Whether the head of a request was received, and not yet all of its body. */
  isInBody(socket: Duplex): boolean {
    return this.#bySocket.get(socket)?.message?.complete === false;
  }

  /** Input that is neither TLS nor HTTP was received. @returns whether a response can be sent */
  fail(socket: Duplex): boolean {
    const connection =
      this.#bySocket.get(socket) ?? (socket instanceof Socket ? this.#byPeer.get(peerOf(socket)) : undefined);
    if (connection === undefined || connection.dropped !== undefined) return false;
    const secure = connection.socket !== undefined;
    this.#note(connection, secure ? 'malformed' : 'handshake_failed');
    return secure;
  }

  from(socket: Duplex): string {
    return this.#bySocket.get(socket)?.from ?? '';
  }

  /** Its sender is known: from now on it is evicted after those of unknown clients. */
  vouch(connection: Connection, sender: string, standing: 'accepted' | 'known'): void {
    if (connection.standing === standing && connection.sender === sender) return;
    this.#slots.leave(connection);
    connection.standing = standing;
    connection.sender = sender;
    if (standing === 'known') this.#options.rate?.know(connection.peer);
    this.#slots.put(connection);
    const next = this.#slots.overShare(connection, this.#clockMs);
    if (next !== undefined) this.#drop(next, 'sender_full');
  }

  /** Closes those whose certificates were verified with replaced files, each after its pending response. */
  renewTrust(): void {
    this.#trust++;
    for (const connection of this.#byPeer.values()) {
      if (!connection.certified) continue;
      if (connection.current === undefined) this.#drop(connection, 'trust_changed');
      else connection.last = true;
    }
  }

  /** The number of connections by phase. */
  phases(): Readonly<Record<Phase, number>> {
    const counts: Record<Phase, number> = {
      handshaking: 0,
      waiting: 0,
      head: 0,
      body: 0,
      working: 0,
      answering: 0,
      ending: 0,
    };
    for (const connection of this.#byPeer.values()) counts[phaseOf(connection)]++;
    return counts;
  }

  /** Accepts no new connections; resolves when the last one has closed. May be called again. */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      // http.Server's own close would close "idle" connections in its own sense.
      NetServer.prototype.close.call(this.#options.server, () => {
        clearInterval(this.#sweeping);
        resolve();
      });
      this.#endIdle();
      setTimeout(() => {
        // Nor one whose body stops arriving: it was not acknowledged, so the sender still has it.
        for (const { raw, asked, message } of this.#byPeer.values())
          if (!asked || message?.complete === false) raw.destroy();
      }, ARRIVING_GRACE_MS).unref();
    });
  }

  #open(raw: Socket): void {
    const peer = peerOf(raw);
    const connection = new Connection(raw, this.#options.tls, this.#trust, this.#clockMs);
    if (!this.#makeRoom(connection)) {
      raw.destroy();
      return;
    }
    this.#byPeer.set(peer, connection);
    if (connection.socket !== undefined) this.#bySocket.set(raw, connection);
    this.#slots.put(connection);
    this.#options.rate?.add(raw, connection.peer);
    raw.once('close', () => {
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
      this.#forget(connection);
    });
  }

  /** Whether one more fits, after an eviction if needed. */
  #makeRoom(connection: Connection): boolean {
    for (const { next, reason } of this.#slots.neededFor(connection, this.#clockMs)) {
      if (next === undefined) {
        this.#options.onDropped(reason, connection.from);
        return false;
      }
      this.#drop(next, reason);
    }
    return true;
  }

  #secure(socket: TLSSocket): void {
    const connection = this.#byPeer.get(peerOf(socket));
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    connection.socket = socket;
    this.#bySocket.set(socket, connection);
    connection.enter('waiting', this.#clockMs);
    connection.certified = socket.getPeerX509Certificate() !== undefined;
    if (connection.certified && connection.trust !== this.#trust) {
      this.#drop(connection, 'trust_changed');
      return;
    }
    const sender = this.#options.senderOf(socket);
    if (sender !== undefined) this.vouch(connection, sender, 'known');
  }

  #forget(connection: Connection): void {
    if (connection.socket !== undefined) this.#bySocket.delete(connection.socket);
    connection.ahead.length = 0;
    this.#slots.leave(connection);
  }

  /** A request was received, perhaps pipelined: Node reads ahead. */
  #take(exchange: Exchange): void {
    const { socket } = exchange.message;
    const connection = this.#bySocket.get(socket);
    if (connection === undefined || connection.dropped !== undefined) return;
    if (connection.current === undefined) {
      this.#begin(connection, exchange);
      return;
    }
    socket.pause();
    if (connection.last) return;
    if (connection.ahead.push(exchange) <= AHEAD_MAX) return;
    connection.last = true;
    connection.ahead.length = 0;
    this.#options.onDropped('pipelined', connection.from);
  }

  #begin(connection: Connection, exchange: Exchange): void {
    connection.asked = true;
    connection.current = exchange;
    connection.message = exchange.message;
    connection.enter(phaseOf(connection), this.#clockMs);
    this.#slots.put(connection);
    exchange.response.once('close', () => {
      this.#done(connection);
    });
    this.#options.handle(exchange, connection);
  }

  #done(connection: Connection): void {
    const { socket, ahead } = connection;
    connection.current = undefined;
    if (socket === undefined || socket.destroyed) return;
    if (this.#closing && ahead.length === 0) {
      this.#endIdle();
      return;
    }
    const next = connection.last ? undefined : ahead.shift();
    if (next !== undefined) {
      this.#begin(connection, next);
      return;
    }
    // A body that is still arriving is discarded before.
    if (connection.last && connection.message?.complete !== false) {
      socket.destroy();
      return;
    }
    if (socket.isPaused()) socket.resume();
    connection.idleBytes = socket.bytesRead;
    connection.enter(connection.message?.complete === false ? 'body' : 'waiting', this.#clockMs);
    this.#slots.put(connection);
  }

  /** It had no traffic for a while, in either direction. */
  #quiet(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    connection.observe(this.#clockMs);
    if (connection.phase === 'answering') this.#drop(connection, 'answer_unread');
    else if (connection.phase === 'waiting' && connection.asked) this.#drop(connection, 'idle');
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#clockMs += Math.min(nowMs - this.#sweptAtMs, 2 * SWEEP_MS);
    this.#sweptAtMs = nowMs;
    for (const connection of this.#byPeer.values()) {
      connection.observe(this.#clockMs);
      const reason = overdue(connection, this.#clockMs, this.#options.limits);
      if (reason === undefined) continue;
      if (connection.socket !== undefined && this.#isIdentifiable(connection, reason)) {
        this.#note(connection, reason);
        this.#options.onLate(connection.socket);
      } else this.#drop(connection, reason);
    }
  }

  #isIdentifiable({ asked, current, socket }: Connection, reason: ConnectionDropReason): boolean {
    if (socket?.writable !== true || current?.response.headersSent === true) return false;
    // A body that arrives after its response belongs to no pending request.
    if (reason === 'body_stalled' || reason === 'body_timeout') return current !== undefined;
    return reason === 'header_timeout' && (asked || socket.bytesRead > 0);
  }

  #note(connection: Connection, reason: ConnectionDropReason): void {
    // What follows a first reason is its consequence.
    if (connection.dropped === undefined) this.#options.onDropped(reason, connection.from);
    connection.dropped ??= reason;
    connection.enter(connection.socket === undefined ? 'handshaking' : 'ending', this.#clockMs);
  }

  #drop(connection: Connection, reason: ConnectionDropReason): void {
    this.#note(connection, reason);
    this.#slots.leave(connection);
    connection.socket?.destroy();
    connection.raw.destroy();
  }

  #endIdle(): void {
    for (const { raw, asked, current } of this.#byPeer.values())
      if (asked && current === undefined) raw.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${String(remotePort)}`;
}
