/**
 * Checks of a request's head before any route, beside its Host (http-hosts.ts): unambiguous framing, and not
 * sent by a browser for a page of another origin.
 *
 * Invariant: requests of API servers, shippers and the command line are never refused for their origin.
 */
import { ArrivalsError } from '@arrivals/core/light';
import type { IncomingMessage } from 'node:http';

type Head = Pick<IncomingMessage, 'headers'>;

/**
 * Node accepts any list that ends in "chunked" and decodes only that coding. @throws ArrivalsError
 * request_malformed
 */
export function checkTransferCoding({ headers }: Head): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.trim().toLowerCase() === 'chunked') return;
  const found = JSON.stringify(coding.slice(0, 80));
  throw new ArrivalsError('request_malformed', `expected Transfer-Encoding chunked or none, found ${found}`);
}

/** A browser's values for a page of this origin, or for an address that the user typed. */
const OWN_SITE: readonly (string | undefined)[] = [undefined, 'same-origin', 'none'];

/**
 * A browser also reaches hosts inside the network, and sends requests for any page. Both headers are set by
 * the browser: no page can change them.
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
    `expected a request from no page of another origin, found one of ${found}`,
  );
}

function asOne(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join() : value;
}
