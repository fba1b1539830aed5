/**
 * What counts as this machine's own loopback: an address to listen on, a Host header, the other end of a
 * connection.
 *
 * Invariant: names are compared, never resolved. Does not see through a proxy: one that runs here makes its
 * callers local.
 */
import { ArrivalsError } from '@arrivals/core/base';
import { isIPv6 } from 'node:net';

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) ||
    (isIPv6(host) && /^(?:0*:)*0*1$/.test(host))
  );
}

/** The name or address of a Host header, without port and brackets. */
export function hostNameOf(header: string | undefined): string {
  return (header ?? '')
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
}

/** A socket that listens on all addresses shows an IPv4 peer as ::ffff:a.b.c.d. */
export function isLoopbackPeer(address: string | undefined): boolean {
  return isLoopback((address ?? '').replace(/^::ffff:(?=\d+\.)/i, ''));
}

/** What of a request tells where it is from. */
export interface ReaderOrigin {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: { readonly host?: string | undefined };
}

/**
 * For what only this machine may read. The Host header counts too: a web page that makes a browser here ask
 * under its own name comes over loopback as well.
 * @throws ArrivalsError reader_not_local
 */
export function checkLocalReader({ socket, headers }: ReaderOrigin): void {
  const name = hostNameOf(headers.host);
  if (isLoopbackPeer(socket.remoteAddress) && isLoopback(name)) return;
  throw new ArrivalsError(
    'reader_not_local',
    `expected a request from 127.0.0.1 to a name of loopback, found one from ${socket.remoteAddress ?? 'a closed connection'} to ${JSON.stringify(name.slice(0, 80))}`,
  );
}
