/**
 * A small HTTP/1.1 server: routes of literal segments and {parameters}, JSON errors with a code, bounds, a clean end.
 *
 * Invariant: every answer of an error is {"error":{code,message,remedy}} with the status of the catalogue; a retryable one
 * has Retry-After: 3, which makes an API server hold on for four minutes instead of one and a half. Never redirects: an API
 * server turns a 302 into a GET and loses the batch. On loopback only loopback's own names are taken as Host, so that a web
 * page cannot read alerts through a browser.
 */
import { ArrivalsError, asArrivalsError } from '@arrivals/core';
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connections } from './connections.ts';
import { hostNameOf, isLoopback } from './loopback.ts';
import { createTlsServer, type TlsFiles } from './server-tls.ts';

export interface Request {
  readonly message: IncomingMessage;
  /** What stood in the path's {parameters}, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborts when the client goes away or the server begins to leave: long waits end, work that was begun goes on. */
  readonly patience: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly contentType: string;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** For example /v1/clusters/{cluster}/audit */
  readonly path: string;
  readonly handle: (request: Request) => Promise<Answer>;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  /** For how long the server goes on when it is to close, so that whoever sends requests here learns of it first. Default: 0. */
  readonly leaveMs?: number;
  readonly routes: readonly Route[];
  readonly onRefused: (error: ArrivalsError) => void;
}

export interface HttpServer {
  readonly url: string;
  /**
   * Goes on for `leaveMs`, ending each connection with its next answer; then stops accepting and lets running requests end.
   * Resolves when the last connection has closed. No request is refused for it: one that is there in time has its answer.
   */
  close(): Promise<void>;
}

/** Longer than an API server's client keeps a connection, so that it is never the server that closes it. */
const KEEP_ALIVE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 2000;
const RETRY_AFTER_S = '3';
/** For a client to read a refusal and stop sending. */
const LINGER_MS = 1000;

/** @throws ArrivalsError listen_failed */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const closing = new AbortController();
  // One listener for each running request, of which there is no leak.
  setMaxListeners(0, closing.signal);
  const server = makeServer(options.tls, (message, response) => {
    void serve(options, closing.signal, message, response);
  });
  const connections = new Connections(server, options.tls !== undefined);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Who stops in the middle of a body was refused and has read it, or is told of by who reads the body.
    if (error.code === 'HPE_INVALID_EOF_STATE' && connections.isInBody(socket)) socket.destroy();
    else refuseMalformed(error, socket, options.onRefused);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new ArrivalsError('listen_failed', `cannot listen on ${options.host} port ${String(options.port)}: ${error.message}`, { cause: error }));
    });
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${String(port)}`,
    close: async () => {
      if (!closing.signal.aborted) {
        closing.abort();
        await sleep(options.leaveMs ?? 0);
      }
      await connections.close();
    },
  };
}

function makeServer(tls: TlsFiles | undefined, listener: RequestListener): Server {
  return tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
}

async function serve(options: HttpServerOptions, closing: AbortSignal, message: IncomingMessage, response: ServerResponse): Promise<void> {
  // By hand, as AbortSignal.any would keep a signal of every request for as long as the server lives.
  const patience = new AbortController();
  const end = (): void => {
    closing.removeEventListener('abort', end);
    patience.abort();
  };
  if (closing.aborted) end();
  else closing.addEventListener('abort', end);
  response.once('close', end);
  try {
    checkHost(options.host, message.headers.host);
    const [pathname = '', ...query] = (message.url ?? '/').split('?');
    const { route, parameters } = match(options.routes, message.method ?? 'GET', pathname, response);
    const answer = await route.handle({ message, parameters, query: new URLSearchParams(query.join('?')), patience: patience.signal });
    send(message, response, answer, closing.aborted);
  } catch (thrown) {
    const error = asArrivalsError(thrown, 'internal');
    options.onRefused(error);
    // The rest of a body would be read to its end before the next request, however long; who may try again is spared a new connection.
    send(message, response, errorAnswer(error), closing.aborted || (!error.retryable && bodyIsComing(message)));
  }
}

/** Whether a body was announced of which not all has been read. */
function bodyIsComing({ headers, complete }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');
}

export function json(value: unknown, status = 200): Answer {
  return { status, body: `${JSON.stringify(value)}\n`, contentType: 'application/json' };
}

function errorAnswer(error: ArrivalsError): Answer {
  const { httpStatus = 500, remedy, retryable } = error.entry;
  return {
    ...json({ error: { code: error.code, message: error.message, remedy } }, httpStatus),
    headers: { ...(retryable ? { 'Retry-After': RETRY_AFTER_S } : {}), ...(httpStatus === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}) },
  };
}

function send(message: IncomingMessage, response: ServerResponse, { status, headers, body, contentType }: Answer, lastOnConnection: boolean): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    ...(lastOnConnection ? { Connection: 'close' } : {}),
  });
  if (lastOnConnection && bodyIsComing(message)) {
    endLingering(message, response, body);
    return;
  }
  response.end(body);
  // Node throws the rest of a body away only if nobody had begun to read it, and the next request stands behind it.
  if (bodyIsComing(message)) message.resume();
}

/**
 * Says the whole answer, but closes only when the client has gone or has sent all it had, for LINGER_MS at most. To close
 * on a client that is still sending would reset the connection, and the client might never see the answer. What comes is
 * thrown away as it comes.
 */
function endLingering(message: IncomingMessage, response: ServerResponse, body: string): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  message.once('end', end);
  response.once('close', end);
  response.write(body);
  message.resume();
}

/** What never became a request: Node would answer it without a word, and nobody would count it. */
function refuseMalformed(cause: NodeJS.ErrnoException, socket: Duplex, onRefused: (error: ArrivalsError) => void): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = new ArrivalsError('request_malformed', `expected an HTTP/1.1 request: ${cause.code ?? cause.message}`, { cause });
  onRefused(error);
  const status = cause.code === 'HPE_HEADER_OVERFLOW' ? 431 : cause.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const { body, contentType } = errorAnswer(error);
  socket.end(
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${contentType}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function checkHost(listenHost: string, header: string | undefined): void {
  if (!isLoopback(listenHost)) return;
  const name = hostNameOf(header);
  if (!isLoopback(name)) throw new ArrivalsError('host_unexpected', `expected a name of this machine's loopback, found ${JSON.stringify(name.slice(0, 80))}`);
}

function match(
  routes: readonly Route[],
  method: string,
  pathname: string,
  response: ServerResponse,
): { readonly route: Route; readonly parameters: Readonly<Record<string, string>> } {
  const found = routes.flatMap((route) => {
    const parameters = matchPath(route.path, pathname);
    return parameters === undefined ? [] : [{ route, parameters }];
  });
  if (found.length === 0) throw new ArrivalsError('route_unknown', `nothing is served at ${JSON.stringify(pathname.slice(0, 200))}`);
  const chosen = found.find(({ route }) => route.method === method || (route.method === 'GET' && method === 'HEAD'));
  if (chosen !== undefined) return chosen;
  const allowed = found.map(({ route }) => route.method).join(', ');
  response.setHeader('Allow', allowed);
  throw new ArrivalsError('method_not_allowed', `expected ${allowed}, found ${method}`);
}

function matchPath(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const expected = pattern.split('/');
  const segments = pathname.split('/');
  if (segments.length !== expected.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, part] of expected.entries()) {
    const segment = segments[i] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decode(segment);
    else if (part !== segment) return undefined;
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
