/**
 * Whether the decoded query has a parameter dryRun with the value All, read as Go reads it: agreed with the real server
 * on every one of `?dryRun=All;x`, `%64ryRun=All`, `dryRun=%zz&dryRun=All`, `?a=b;dryRun=All`, …
 */
export function isDryRun(requestUri: string): boolean {
  const question = requestUri.indexOf('?');
  if (question === -1) return false;
  return new URLSearchParams(requestUri.slice(question + 1)).getAll('dryRun').includes('All');
}
