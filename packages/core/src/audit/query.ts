/**
 * The query of a request, decoded as Go's net/url takes it from the first question mark on.
 *
 * Invariant: a parameter that Go finds is found here, with the same value where that is UTF-8. Not the other way round: Go leaves
 * out what has a semicolon or a broken escape. Of more than PARAMETERS_MAX parameters neither takes any.
 */

/** GODEBUG urlmaxqueryparams. */
const PARAMETERS_MAX = 10_000;

export function parametersOf(requestUri: string): URLSearchParams {
  const question = requestUri.indexOf('?');
  // URLSearchParams drops one leading question mark, Go none: `/x??dryRun=All` has a parameter `?dryRun`.
  const query = question === -1 ? '' : requestUri.slice(question + 1);
  return new URLSearchParams(query.split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX ? '' : `?${query}`);
}
