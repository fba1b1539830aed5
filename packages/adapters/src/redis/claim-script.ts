/**
 * The script that makes claims (lua/claim.lua), and what it answers.
 *
 * Invariant: Redis runs it as one step, so a claim and the look at whether claims were lost belong to the
 * same moment. Values are those of claims.ts, epochs and marks those of epochs.ts.
 */
import { ArrivalsError, type ClaimResult } from '@arrivals/core';
import { readClaimValue } from './claims.ts';
import { luaScript } from './lua.ts';

/** A number with more digits is none that this process, or any other, wrote. */
const DIGITS_MAX = 15;
/** Of an offset: as Number.MAX_SAFE_INTEGER has. */
const OFFSET_DIGITS_MAX = 16;
/** A loss that is to come so much later is none: the clocks of processes differ by less. */
const EPOCH_AHEAD_MS = 3_600_000;

/**
 * What the script answers for a claim: claimed; claimed over a value that it could not read; the value of
 * another owner.
 */
const CLAIMED = 1;
const CLAIMED_OVER_UNREADABLE = 2;

export const CLAIM_SCRIPT: string = luaScript(['claim'], {
  DIGITS_MAX,
  OFFSET_DIGITS_MAX,
  EPOCH_AHEAD_MS,
  CLAIMED,
  CLAIMED_OVER_UNREADABLE,
});

export interface FoundEpoch {
  /** When claims of the tag were lost last, in ms since 1970; 0: never. */
  readonly lostAtMs: number;
  /** It was this call that noticed. */
  readonly noticed: boolean;
}

export interface ScriptAnswer {
  readonly epochs: readonly FoundEpoch[];
  readonly results: readonly ClaimResult[];
  readonly unreadable: number;
}

/**
 * @throws ArrivalsError state_unavailable when it is not what the script returns: a proxy, or no Redis at
 * all.
 */
export function readScriptAnswer(answer: unknown, epochs: number, claims: number): ScriptAnswer {
  if (!Array.isArray(answer) || answer.length !== epochs + claims) throw notUnderstood();
  const results = answer.slice(epochs);
  return {
    epochs: answer.slice(0, epochs).map(foundEpoch),
    results: results.map(claimResult),
    unreadable: results.filter((item) => item === CLAIMED_OVER_UNREADABLE).length,
  };
}

function foundEpoch(item: unknown): FoundEpoch {
  const [, lostAt, lost] = /^(\d{1,16})( lost)?$/.exec(typeof item === 'string' ? item : '') ?? [];
  if (lostAt === undefined) throw notUnderstood();
  return { lostAtMs: Number(lostAt), noticed: lost !== undefined };
}

function claimResult(item: unknown): ClaimResult {
  if (item === CLAIMED) return { outcome: 'claimed' };
  if (item === CLAIMED_OVER_UNREADABLE) return { outcome: 'claimed', afterLoss: true };
  const of = readClaimValue(typeof item === 'string' ? item : '');
  if (of === undefined) throw notUnderstood();
  return { outcome: 'duplicate', of };
}

const notUnderstood = (): ArrivalsError =>
  new ArrivalsError('state_unavailable', 'Redis answered with something that is no result of a claim');
