/**
 * The query of a request, decoded as Go's net/url takes it from the first question mark on.
 *
 * Invariant: a parameter that Go finds is found here, with the same value where that is UTF-8. Not the other
 * way round: Go leaves out what has a semicolon or a broken escape, and of more than 10,000 parameters it
 * takes none.
 */

/**
 * An API server reads no request line that is longer than 1 MiB and some slack: what an event has more is not
 * looked at.
 */
const QUERY_MAX = 1024 * 1024 + 4096;

export function parametersOf(requestUri: string): URLSearchParams {
  const question = requestUri.indexOf('?');
  // URLSearchParams drops one leading question mark, Go none: `/x??dryRun=All` has a parameter `?dryRun`.
  return new URLSearchParams(
    question === -1 ? '' : `?${requestUri.slice(question + 1, question + 1 + QUERY_MAX)}`,
  );
}
