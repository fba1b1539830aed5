import { parametersOf } from './query.ts';

/**
 * Go's net/url reads no parameter at all of a query that has more (GODEBUG urlmaxqueryparams): such a request
 * does create.
 */
const PARAMETERS_MAX = 10_000;

/**
 * Whether the decoded query has a parameter dryRun with the value All, read as Go reads it: agreed with the
 * real server on every one of `?dryRun=All;x`, `%64ryRun=All`, `dryRun=%zz&dryRun=All`, `?a=b;dryRun=All`, …
 */
export function isDryRun(requestUri: string): boolean {
  if (requestUri.slice(requestUri.indexOf('?') + 1).split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX)
    return false;
  return parametersOf(requestUri).getAll('dryRun').includes('All');
}
