/**
 * What a request's head has to be before any route sees it, beside its Host (http-hosts.ts): framed in a way
 * that every reader understands alike, and not made by a browser for a page of another site.
 *
 * Invariant: what no browser sends, as an API server, a shipper or the command line, is never refused for its
 * origin.
 */
import { ArrivalsError } from '@arrivals/core';
import type { IncomingMessage } from 'node:http';

type Head = Pick<IncomingMessage, 'headers'>;

/**
 * Node takes any list that ends in "chunked" and undoes that coding alone. @throws ArrivalsError
 * request_malformed
 */
export function checkTransferCoding({ headers }: Head): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.trim().toLowerCase() === 'chunked') return;
  const found = JSON.stringify(coding.slice(0, 80));
  throw new ArrivalsError('request_malformed', `expected Transfer-Encoding chunked or none, found ${found}`);
}

/** How a browser says that it asks for a page of this very origin, or for who typed the address. */
const OWN_SITE: readonly (string | undefined)[] = [undefined, 'same-origin', 'none'];

/**
 * A browser also reaches what the network does not let in, and sends for any page. Both headers are the
 * browser's own: no page can change them.
 * @throws ArrivalsError origin_unexpected
 */
export function checkOrigin({ headers }: Head): void {
  const { origin, host = '' } = headers;
  const site = asOne(headers['sec-fetch-site']);
  const isOwn =
    origin === undefined || /^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase();
  if (isOwn && OWN_SITE.includes(site)) return;
  const found = JSON.stringify((origin ?? site ?? '').slice(0, 80));
  throw new ArrivalsError(
    'origin_unexpected',
    `expected a request that no page of another origin makes, found one of ${found}`,
  );
}

function asOne(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join() : value;
}
