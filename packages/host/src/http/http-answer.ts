/**
 * Responses and how they are sent: JSON errors with a code, and closing a connection so that the client can
 * read the reason.
 *
 * Invariant: every error response is {"error":{code,message,remedy}} with the status of the catalogue; a
 * retryable one has Retry-After: 3, with which an API server retries for four minutes instead of one and a
 * half. External text in JSON has its invisible characters escaped, and an error repeats no secret of the
 * request.
 */
import type { ArrivalsError } from '@arrivals/core';
import { maskText, visibleJson } from '@arrivals/core/light';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes for several connections are kept once. */
  readonly body: string | Buffer;
  readonly contentType: string;
}

const RETRY_AFTER_S = '3';
/** For a client to read a refusal and stop sending. */
const LINGER_MS = 1000;

export function json(value: unknown, status = 200): Answer {
  return { status, body: `${visibleJson(JSON.stringify(value))}\n`, contentType: 'application/json' };
}

export function errorAnswer(error: ArrivalsError): Answer {
  const { httpStatus = 500, remedy, retryable } = error.entry;
  return {
    ...json({ error: { code: error.code, message: maskText(error.message), remedy } }, httpStatus),
    headers: {
      ...(retryable ? { 'Retry-After': RETRY_AFTER_S } : {}),
      ...(httpStatus === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    },
  };
}

/** Whether a body was announced of which not all has been read. */
export function bodyIsComing({ headers, complete }: IncomingMessage): boolean {
  return (
    !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
  );
}

export function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, contentType }: Answer,
  lastOnConnection: boolean,
): void {
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
  // Node discards the rest of a body only if reading had not begun, and the next request follows it.
  if (bodyIsComing(message)) message.resume();
}

/**
 * Sends the whole response, but closes only when the client has closed or has sent everything, after
 * LINGER_MS at most. Closing on a client that is still sending would reset the connection, and the client
 * might never see the response. Input is discarded meanwhile.
 */
function endLingering(message: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
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

/**
 * For input that never became a request, or no longer is one: Node would answer it silently, and it would not
 * be counted.
 */
export function sendUnsolicited(socket: Duplex, error: ArrivalsError, status: number): void {
  const { body, contentType } = errorAnswer(error);
  socket.end(
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${contentType}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${String(body)}`,
  );
}
