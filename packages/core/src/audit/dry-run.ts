import { parametersOf } from './query.ts';

/**
 * Whether the decoded query has a parameter dryRun with the value All, read as Go reads it: agreed with the real server
 * on every one of `?dryRun=All;x`, `%64ryRun=All`, `dryRun=%zz&dryRun=All`, `?a=b;dryRun=All`, … A request with so many
 * parameters that Go reads none of them does create.
 */
export function isDryRun(requestUri: string): boolean {
  return parametersOf(requestUri).getAll('dryRun').includes('All');
}
