/**
 * What counts as this machine's loopback: a listen address, a Host header, the peer of a connection.
 *
 * Invariant: names are compared, never resolved. It cannot detect a proxy: one on this machine makes its
 * clients local.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { isIPv4, isIPv6 } from 'node:net';

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    (isIPv4(host) && host.startsWith('127.')) ||
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

/** A socket that listens on all addresses reports an IPv4 peer as ::ffff:a.b.c.d. */
export function isLoopbackPeer(address: string | undefined): boolean {
  return isLoopback((address ?? '').replace(/^::ffff:(?=\d+\.)/i, ''));
}

/** The parts of a request that identify its origin. */
export interface ReaderOrigin {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: { readonly host?: string | undefined };
}

/**
 * For routes that only this machine may read. The Host header counts too: a web page under its own name that
 * makes a local browser send requests uses loopback as well.
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
