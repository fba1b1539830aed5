/**
 * A small HTTP/1.1 server: routes, JSON errors with a code, bounds, a clean end.
 *
 * Invariant: nobody is waited for without end and no more than a bound of connections is kept
 * (connections.ts). Never redirects: an API server turns a 302 into a GET and loses the batch. On loopback
 * only loopback's own names are taken as Host, so that a web page cannot read alerts through a browser.
 */
import { ArrivalsError, asArrivalsError, type ConnectionDropReason } from '@arrivals/core';
import { setMaxListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { abortWithoutStacks } from './aborted-requests.ts';
import type { Connection, Exchange, Phase } from './connection.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts';
import { Connections } from './connections.ts';
import type { Watching, WatchOptions } from '../file-watch.ts';
import { bodyIsComing, errorAnswer, send, sendUnsolicited } from './http-answer.ts';
import { HandshakeRate, takeOverHandshakes } from './handshake-rate.ts';
import { checkHost, checkOneHost } from './http-hosts.ts';
import { match, type Route } from './http-routes.ts';
import { isLoopback } from './loopback.ts';
import { checkOrigin, checkTransferCoding } from './request-checks.ts';
import { createTlsServer, TCP_OPTIONS, type TlsFiles, watchTlsFiles } from './server-tls.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  /** The names it may be asked by off loopback; empty or absent: every name. */
  readonly hosts?: ReadonlySet<string>;
  readonly limits?: ConnectionLimits;
  /** Has the TLS files looked at again and again; absent: they are read once. */
  readonly reload?: WatchOptions;
  /**
   * For how long the server goes on when it is to close, so that whoever sends requests here learns of it
   * first. Default: 0.
   */
  readonly leaveMs?: number;
  readonly routes: readonly Route[];
  /** @param from the sender, where it is known, or the peer's address */
  readonly onRefused: (error: ArrivalsError, from: string) => void;
  readonly onDropped?: (reason: ConnectionDropReason, from: string) => void;
  /** Who is known by the certificate that a handshake left. */
  readonly senderOf?: (socket: TLSSocket) => string | undefined;
}

export interface HttpServer {
  readonly url: string;
  /** How many connections are at what. */
  connections(): Readonly<Record<Phase, number>>;
  /**
   * Goes on for `leaveMs`, ending each connection with its next answer; then stops accepting and lets running
   * requests end. Resolves when the last connection has closed. No request is refused for it: one that is
   * there in time has its answer.
   */
  close(): Promise<void>;
}

/** @throws ArrivalsError listen_failed */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const { tls, limits = DEFAULT_CONNECTION_LIMITS } = options;
  const closing = new AbortController();
  // One listener for each running request, of which there is no leak.
  setMaxListeners(0, closing.signal);
  const server = makeServer(tls, limits);
  applyLimits(server, limits);
  server.on(tls === undefined ? 'connection' : 'secureConnection', abortWithoutStacks);
  const rate = server instanceof HttpsServer ? new HandshakeRate(takeOverHandshakes(server)) : undefined;
  const connections: Connections = new Connections({
    server,
    tls: tls !== undefined,
    limits,
    rate,
    handle: (exchange, connection) => {
      void serve(options, { connections, connection, closing: closing.signal }, exchange);
    },
    onLate: (socket) => {
      sendUnsolicited(
        socket,
        new ArrivalsError('request_malformed', 'expected the rest of a request, which did not come in time'),
        408,
      );
    },
    onDropped: options.onDropped ?? ((): void => undefined),
    senderOf: options.senderOf ?? ((): undefined => undefined),
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    failed(error, socket, connections, options.onRefused);
  });
  await listening(server, options);
  const watching = watchTls(server, options, connections);
  return {
    url: urlOf(server, options),
    connections: () => connections.phases(),
    close: async () => {
      watching?.close();
      if (!closing.signal.aborted) {
        closing.abort();
        await sleep(options.leaveMs ?? 0);
      }
      await connections.close();
    },
  };
}

function makeServer(
  tls: TlsFiles | undefined,
  { handshakeTimeoutMs }: ConnectionLimits,
): Server | HttpsServer {
  // connections.ts takes requests, one at a time of each connection.
  const none: RequestListener = () => undefined;
  // Twice as long, so that it is connections.ts that ends a handshake, and counts it.
  return tls === undefined
    ? createServer(TCP_OPTIONS, none)
    : createTlsServer(tls, 2 * handshakeTimeoutMs, none);
}

function watchTls(
  server: Server | HttpsServer,
  { tls, reload }: HttpServerOptions,
  connections: Connections,
): Watching | undefined {
  if (tls === undefined || reload === undefined || !(server instanceof HttpsServer)) return undefined;
  return watchTlsFiles(tls, server, reload, () => {
    connections.renewTrust();
  });
}

/**
 * Node's own time-outs begin with a handshake's end and leave a half-closed socket be: those of
 * connections.ts hold instead.
 */
function applyLimits(server: Server, { idleTimeoutMs, answerStallMs }: ConnectionLimits): void {
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  // Node would leave out those after the 2,000th without a word, a second Host among them; a head's bytes
  // have a bound.
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = idleTimeoutMs;
  server.timeout = answerStallMs;
}

async function listening(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ArrivalsError(
          'listen_failed',
          `cannot listen on ${host} port ${String(port)}: ${error.message}`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, { host, tls }: HttpServerOptions): string {
  const { port } = server.address() as AddressInfo;
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

interface Serving {
  readonly connections: Connections;
  readonly connection: Connection;
  readonly closing: AbortSignal;
}

async function serve(
  options: HttpServerOptions,
  { connections, connection, closing }: Serving,
  { message, response }: Exchange,
): Promise<void> {
  // By hand, as AbortSignal.any would keep a signal of every request for as long as the server lives.
  const patience = new AbortController();
  const end = (): void => {
    closing.removeEventListener('abort', end);
    patience.abort();
  };
  if (closing.aborted) end();
  else closing.addEventListener('abort', end);
  response.once('close', end);
  const vouch = (sender: string, standing: 'accepted' | 'known'): void => {
    connections.vouch(connection, sender, standing);
  };
  const isLast = (): boolean => closing.aborted || connection.last;
  try {
    checkOneHost(message);
    checkTransferCoding(message);
    const rules = { listenHost: options.host, hosts: options.hosts ?? new Set() };
    if (isLoopback(options.host)) checkHost(rules, message);
    checkOrigin(message);
    const [pathname = '', ...query] = (message.url ?? '/').split('?');
    const { route, parameters } = match(options.routes, message.method ?? 'GET', pathname, response);
    if (route.anyHost !== true) checkHost(rules, message);
    const answer = await route.handle({
      message,
      parameters,
      query: new URLSearchParams(query.join('?')),
      patience: patience.signal,
      vouch,
    });
    send(message, response, answer, isLast());
  } catch (thrown) {
    const error = asArrivalsError(thrown, 'internal');
    options.onRefused(error, connection.from);
    // The rest of a body would be read to its end before the next request, however long; who may try again is
    // spared a new connection.
    send(message, response, errorAnswer(error), isLast() || (!error.retryable && bodyIsComing(message)));
  }
}

/** What Node could not read as TLS or as HTTP. */
function failed(
  cause: NodeJS.ErrnoException,
  socket: Duplex,
  connections: Connections,
  onRefused: HttpServerOptions['onRefused'],
): void {
  // Who stops in the middle of a body was refused and has read it, or is told of by who reads the body.
  const gone =
    cause.code === 'ECONNRESET' || (cause.code === 'HPE_INVALID_EOF_STATE' && connections.isInBody(socket));
  if (gone || !connections.fail(socket) || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = new ArrivalsError(
    'request_malformed',
    `expected an HTTP/1.1 request: ${cause.code ?? cause.message}`,
    { cause },
  );
  onRefused(error, connections.from(socket));
  sendUnsolicited(socket, error, cause.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
}
