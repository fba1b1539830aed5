/**
 * The connections of an HTTP server, for ending them without cutting an answer short.
 *
 * Invariant: a connection with a running answer is left alone until that answer has been handed to the operating system.
 * Node's own closeIdleConnections() calls a connection idle as soon as the answer was written into its buffer, and a slow
 * reader loses the rest.
 */
import type { IncomingMessage, Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** For a request that is just arriving. */
const ARRIVING_GRACE_MS = 500;

interface Connection {
  running: number;
  asked: boolean;
  /** The request that came last. */
  request: IncomingMessage | undefined;
}

export class Connections {
  readonly #server: Server;
  readonly #connections = new Map<Duplex, Connection>();
  /** TLS connections before their handshake, by peer: the encrypted socket that follows is another object. */
  readonly #handshaking = new Map<string, Socket>();
  #closing = false;

  constructor(server: Server, tls: boolean) {
    this.#server = server;
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#handshaking.delete(peerOf(socket));
      this.#connections.set(socket, { running: 0, asked: false, request: undefined });
      socket.once('close', () => this.#connections.delete(socket));
    });
    if (tls) {
      server.on('connection', (socket: Socket) => {
        const peer = peerOf(socket);
        this.#handshaking.set(peer, socket);
        socket.once('close', () => this.#handshaking.delete(peer));
      });
    }
    server.on('request', (message, response) => {
      const connection = this.#connections.get(message.socket);
      if (connection === undefined) return;
      connection.asked = true;
      connection.request = message;
      connection.running++;
      response.once('close', () => {
        connection.running--;
        if (this.#closing) this.#endIdle();
      });
    });
  }

  /** Whether the head of a request has come over it, and not yet all of its body. */
  isInBody(socket: Duplex): boolean {
    return this.#connections.get(socket)?.request?.complete === false;
  }

  /** Takes no new connections; resolves when the last one has ended. May be called again. */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      // http.Server's own close would end "idle" connections in its own sense.
      NetServer.prototype.close.call(this.#server, () => {
        resolve();
      });
      this.#endIdle();
      setTimeout(() => {
        // Nor one whose body stops arriving: it was not acknowledged, so the sender has it still.
        for (const [socket, { asked, request }] of this.#connections) if (!asked || request?.complete === false) socket.destroy();
        for (const socket of this.#handshaking.values()) socket.destroy();
      }, ARRIVING_GRACE_MS).unref();
    });
  }

  #endIdle(): void {
    for (const [socket, { asked, running }] of this.#connections) if (asked && running === 0) socket.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${String(remotePort)}`;
}
