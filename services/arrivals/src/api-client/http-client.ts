/**
 * A small HTTP client with a custom CA and a client certificate or token; fetch supports neither.
 *
 * Invariant: connections are reused; redirects are not followed, as none is expected; responses are bounded.
 */
import { once } from 'node:events';
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Credentials } from './credentials.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Above the largest page of alerts or dead letters. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** TLS error codes of a server whose CA is unknown. */
const CA_UNKNOWN = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
];

export class HttpClient {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ ca, clientCertificate, token }: Credentials = {}) {
    this.#https = new HttpsAgent({
      keepAlive: true,
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined
        ? {}
        : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    });
    this.#headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  async get(url: string, signal: AbortSignal): Promise<Reply> {
    const request = this.#open(url, 'GET', {}, signal);
    request.end();
    return answerTo(request);
  }

  /** Sends JSON. */
  async post(url: string, body: Buffer, signal: AbortSignal): Promise<Reply> {
    const request = this.#open(
      url,
      'POST',
      { 'Content-Type': 'application/json', 'Content-Length': body.length },
      signal,
    );
    request.end(body);
    return answerTo(request);
  }

  #open(
    url: string,
    method: string,
    headers: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): ClientRequest {
    const options = { method, headers: { ...this.#headers, ...headers }, signal };
    return url.startsWith('https:')
      ? httpsRequest(url, { ...options, agent: this.#https })
      : httpRequest(url, { ...options, agent: this.#http });
  }
}

async function answerTo(request: ClientRequest): Promise<Reply> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // A server that refuses may close while the body is being sent; its response counts.
  request.on('error', () => undefined);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX)
      throw new Error(`expected an answer of at most ${String(ANSWER_BYTES_MAX)} bytes, found more`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks, length).toString('utf8'),
  };
}

/** Why a request failed, as text. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses, none of which responds.
  const reason =
    error instanceof AggregateError
      ? (error.errors as readonly unknown[]).map(causeOf).join('; ')
      : error.message;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return CA_UNKNOWN.includes(code) ? `${reason}; name the CA of its certificate with --ca-file` : reason;
}
