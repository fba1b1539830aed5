/**
 * The allowed Host headers of a server, so that no web page reads or writes through a browser that reaches it
 * (DNS rebinding).
 *
 * Invariant: exactly one Host. On loopback only loopback's own names are allowed, whatever is configured.
 * Names are compared, never resolved.
 */
import { ArrivalsError } from '@arrivals/core/light';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostNameOf, isLoopback, isLoopbackPeer } from './loopback.ts';

export interface HostRules {
  /** The address that the server listens on. */
  readonly listenHost: string;
  /** Lower case, without ports and brackets; empty: every name. */
  readonly hosts: ReadonlySet<string>;
}

export function parseHosts(text: string): ReadonlySet<string> {
  return new Set(
    text
      .split(',')
      .map((name) => (isIP(name.trim()) === 6 ? name.trim().toLowerCase() : hostNameOf(name.trim())))
      .filter((name) => name !== ''),
  );
}

/** HTTP/1.0, used by some load balancers' probes, needs none. @throws ArrivalsError request_malformed */
export function checkOneHost({ rawHeaders, httpVersion }: IncomingMessage): void {
  const count = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (count === 1 || (count === 0 && httpVersion === '1.0')) return;
  throw new ArrivalsError('request_malformed', `expected exactly one Host header, found ${String(count)}`);
}

/** @throws ArrivalsError host_unexpected */
export function checkHost({ listenHost, hosts }: HostRules, { headers, socket }: IncomingMessage): void {
  const name = hostNameOf(headers.host);
  if (isLoopback(listenHost)) {
    if (!isLoopback(name)) throw unexpected('a name of this machine’s loopback', name);
    return;
  }
  if (hosts.size === 0 || hosts.has(name) || name === localAddress(socket.localAddress)) return;
  if (isLoopback(name) && isLoopbackPeer(socket.remoteAddress)) return;
  throw unexpected('one of ARRIVALS_HOSTS', name);
}

/**
 * Names that DNS rebinding cannot use: addresses, and names without a public registry.
 * @throws ArrivalsError host_unexpected
 */
export function checkReaderHost(
  { headers }: Pick<IncomingMessage, 'headers'>,
  hosts: ReadonlySet<string>,
): void {
  const name = hostNameOf(headers.host);
  if (
    hosts.has(name) ||
    isIP(name) !== 0 ||
    /^[a-z0-9_-]+$/.test(name) ||
    /\.(?:svc|local|internal|localhost)$/.test(name)
  )
    return;
  throw unexpected(
    'an address, a name within the cluster or one of ARRIVALS_HOSTS, as alerts are read here',
    name,
  );
}

function localAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}

function unexpected(expected: string, name: string): ArrivalsError {
  return new ArrivalsError(
    'host_unexpected',
    `expected ${expected}, found ${JSON.stringify(name.slice(0, 80))}`,
  );
}
