/** A server on a free port for one test, and clients that show what really goes over the wire. */
import type { ArrivalsError, ConnectionDropReason } from '@arrivals/core';
import {
  type Answer,
  type HttpServer,
  type HttpServerOptions,
  listen,
  type Request,
  type Route,
} from '@arrivals/host';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Running {
  readonly server: HttpServer;
  readonly port: number;
  readonly refused: readonly ArrivalsError[];
  readonly dropped: readonly ConnectionDropReason[];
  readonly ask: (
    path: string,
    options?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<Reply>;
  /** Sends the text as it is and resolves with all that comes back until the server closes the connection. */
  readonly send: (text: string) => Promise<string>;
}

export const get = (path: string, handle: (request: Request) => Promise<Answer>): Route => ({
  method: 'GET',
  path,
  handle,
});

/** Runs `test` with a server, and closes it whatever happens. */
export async function withServer(
  options: Pick<HttpServerOptions, 'routes'> & Partial<HttpServerOptions>,
  test: (running: Running) => Promise<void>,
): Promise<void> {
  const refused: ArrivalsError[] = [];
  const dropped: ConnectionDropReason[] = [];
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    onRefused: (error) => {
      refused.push(error);
    },
    onDropped: (reason) => {
      dropped.push(reason);
    },
    ...options,
  });
  const port = Number(new URL(server.url).port);
  try {
    await test({
      server,
      port,
      refused,
      dropped,
      ask: (path, { method = 'GET', headers = {} } = {}) => ask(port, path, method, headers),
      send: (text) => send(port, text),
    });
  } finally {
    await server.close();
  }
}

async function ask(
  port: number,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

export async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function send(port: number, text: string): Promise<string> {
  const socket = await connected(port);
  socket.write(text);
  return received(socket);
}

/** All that the other end writes until it closes. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A promise and what settles it. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
