/**
 * A small HTTP/1.1 server: routes, JSON errors with a code, bounds, a clean shutdown.
 *
 * Invariant: every wait for a client and the number of connections are bounded (connections.ts). It never
 * redirects: an API server turns a 302 into a GET and loses the batch. On loopback only loopback's own names
 * are allowed as Host, so that a web page cannot read alerts through a browser.
 */
import type { ConnectionDropReason } from '@arrivals/core';
import { ArrivalsError, asArrivalsError } from '@arrivals/core/light';
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
  /** Allowed Host names off loopback; empty or absent: every name. */
  readonly hosts?: ReadonlySet<string>;
  readonly limits?: ConnectionLimits;
  /** Reloads the TLS files periodically; absent: they are read once. */
  readonly reload?: WatchOptions;
  /** How long the server keeps serving before it closes, so that load balancers notice first. Default: 0. */
  readonly leaveMs?: number;
  readonly routes: readonly Route[];
  /** @param from the sender, if known, or the peer's address */
  readonly onRefused: (error: ArrivalsError, from: string) => void;
  readonly onDropped?: (reason: ConnectionDropReason, from: string) => void;
  /** The sender of the certificate of a handshake. */
  readonly senderOf?: (socket: TLSSocket) => string | undefined;
}

export interface HttpServer {
  readonly url: string;
  /** The number of connections by phase. */
  connections(): Readonly<Record<Phase, number>>;
  /**
   * Keeps serving for `leaveMs`, closing each connection with its next response; then stops accepting and
   * lets pending requests end. Resolves when the last connection has closed. No request that arrives in time
   * is refused.
   */
  close(): Promise<void>;
}

/** @throws ArrivalsError listen_failed */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const { tls, limits = DEFAULT_CONNECTION_LIMITS } = options;
  const closing = new AbortController();
  // One listener for each pending request, which is no leak.
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
  // connections.ts handles requests, one at a time of each connection.
  const none: RequestListener = () => undefined;
  // Twice as long, so that connections.ts closes a slow handshake, and counts it.
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
 * Node's own time-outs begin at the end of a handshake and ignore half-closed sockets: those of
 * connections.ts apply instead.
 */
function applyLimits(server: Server, { idleTimeoutMs, answerStallMs }: ConnectionLimits): void {
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  // Node would silently drop headers after the 2,000th, a second Host among them; a head's bytes are bounded.
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
  // Manually, as AbortSignal.any would keep a signal of every request while the server runs.
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
    // The rest of a body would be read before the next request, however long; a retryable refusal keeps the
    // connection.
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
  // A client that stops in the middle of a body has read a refusal, or the body's reader reports it.
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
