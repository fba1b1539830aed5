/**
 * How many subjects of a cluster are kept of each sort, so that many of one push out none of another.
 *
 * Invariant: a subject's name alone decides its quota. A client that may choose names (of workloads, images,
 * clients) fills only quotas of such names; permissions and actions have their own quotas. The time of an
 * eviction is kept, so that what is absent since then reads as unknown. lua/subjects.lua does the same
 * in Lua, by the tables here.
 */

/**
 * Sorts of subjects (the first part of their names) that have a quota each, and the share of the setting that
 * it is.
 */
export const SORT_SHARES: Readonly<Record<string, number>> = {
  actor: 1 / 8,
  binding: 1 / 8,
  bound: 1 / 8,
  credential: 1 / 8,
  removed: 1 / 8,
  role: 1 / 8,
};
/** Each sort of name that is seen (the second part) has this share. */
export const SEEN_SHARE: number = 1 / 12;

/** Of all others: workloads, objects, namespaces. They have the whole setting. */
export const OTHERS = '';
/** Of times: few, and never too many. */
const TIMES = 'times';
const TIMES_MAX = 64;

const SEEN = /^seen\/([A-Za-z]+)\//;
const EVICTED = 'forgotten';

/** The quota's name, for example `binding` or `seen/image`. */
export function quotaOf(about: string): string {
  const seen = SEEN.exec(about)?.[1];
  if (seen !== undefined) return `seen/${seen}`;
  const slash = about.indexOf('/');
  const sort = slash === -1 ? '' : about.slice(0, slash);
  if (sort === EVICTED) return TIMES;
  return Object.hasOwn(SORT_SHARES, sort) ? sort : OTHERS;
}

export function quotaMax(quota: string, subjectsMax: number): number {
  if (quota === TIMES) return TIMES_MAX;
  if (quota === OTHERS) return subjectsMax;
  return Math.max(
    1,
    Math.ceil(subjectsMax * (quota.startsWith('seen/') ? SEEN_SHARE : (SORT_SHARES[quota] ?? 1))),
  );
}

/** The subject whose fact dates evictions from a quota. */
export function evictedAbout(quota: string): string {
  return `${EVICTED}/${quota}`;
}

/** Kind and id of that fact. */
export const EVICTED_FACT: string = EVICTED;
