/** Go's net/url reads no parameter at all of a query that has more (GODEBUG urlmaxqueryparams): such a request does create. */
const PARAMETERS_MAX = 10_000;

/**
 * Whether the decoded query has a parameter dryRun with the value All, read as Go reads it: agreed with the real server
 * on every one of `?dryRun=All;x`, `%64ryRun=All`, `dryRun=%zz&dryRun=All`, `?a=b;dryRun=All`, …
 */
export function isDryRun(requestUri: string): boolean {
  const question = requestUri.indexOf('?');
  if (question === -1) return false;
  const query = requestUri.slice(question + 1);
  if (query.split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX) return false;
  // URLSearchParams drops one leading question mark, Go none: `/x??dryRun=All` has a parameter `?dryRun` and does create.
  return new URLSearchParams(`?${query}`).getAll('dryRun').includes('All');
}
