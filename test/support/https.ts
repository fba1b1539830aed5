/**
 * Requests over https with a CA, a client certificate or a token, as curl or an API server would make them.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

export interface HttpsOptions {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the certificate that is expected; by default the host that is asked. */
  readonly servername?: string;
  /** Posted when it is there. */
  readonly body?: string;
}

export interface HttpsReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export async function ask(url: string, { headers, body, ...tls }: HttpsOptions): Promise<HttpsReply> {
  const outgoing = request(url, {
    ...tls,
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      ...headers,
    },
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text };
}
