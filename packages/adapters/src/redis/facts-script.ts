/**
 * The scripts of the context (lua/subjects.lua has what they share), and what the adapter has to know of them.
 *
 * Invariant: what they keep and find is what the embedded store's TypeScript keeps and finds; tests run both
 * against each other.
 */
import {
  OTHERS,
  RECALL_BYTES_MAX,
  RECALL_DEPTH,
  RECALL_SUBJECTS_MAX,
  REVISIONS_MAX,
  SEEN_SHARE,
  SORT_SHARES,
  WATCHES_MAX,
} from '@arrivals/core';
import { USE_GRAINS } from '../facts/options.ts';
import { type LuaConstant, luaScript } from './lua.ts';

/** A call answers when it has read so much, and is made again for the rest. */
const CALL_BYTES_MAX = 256 * 1024;
/** Subjects that a call forgets, beside as many as it adds. */
const SWEEP_MAX = 64;
const CALL_LOOKS_MAX = 500;

/** What the script of revisions answers that is no number of a revision. */
export const ANSWERED = 0;
export const EXHAUSTED = -1;

/** Quotas in the order in which they give way where memory is short. */
const GIVING_WAY: readonly string[] = [
  ...['userAgent', 'image', 'registry', 'address', 'accountInNamespace', 'actor'].map(
    (what) => `seen/${what}`,
  ),
  OTHERS,
  ...Object.keys(SORT_SHARES),
];

/** The last tenth of Redis' memory is for claims: the context gives way. */
const MEMORY_SHARE = 0.9;

export const REMEMBER_SCRIPT: string = contextScript('remember', { GIVING_WAY, MEMORY_SHARE });

export const RECALL_SCRIPT: string = contextScript('recall', {
  WATCHES_MAX,
  RECALL_DEPTH,
  RECALL_SUBJECTS_MAX,
  RECALL_BYTES_MAX,
  CALL_LOOKS_MAX,
});

export const REVISE_SCRIPT: string = contextScript('revise', { REVISIONS_MAX, ANSWERED, EXHAUSTED });

function contextScript(name: string, constants: Readonly<Record<string, LuaConstant>>): string {
  const common = { USE_GRAINS, SORT_SHARES, SEEN_SHARE, SWEEP_MAX, CALL_BYTES_MAX };
  return luaScript(['subjects', name], { ...common, ...constants });
}
