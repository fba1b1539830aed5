/**
 * The script that makes claims, and what it answers.
 *
 * Invariant: Redis runs it as one step, so a claim and the look at whether claims were lost belong to the
 * same moment. Values are those of claims.ts, epochs and marks those of epochs.ts.
 */
import { ArrivalsError, type ClaimResult } from '@arrivals/core';
import { readClaimValue } from './claims.ts';

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

/**
 * KEYS: an epoch of each tag, then marks of as many tags or none, then the claims, in order, one that is
 * named twice is seen twice. ARGV: the time to live, the time, 1 where an empty Redis is new, the numbers of
 * epochs and marks, the known epochs (empty: none), for each mark the one that must be there and the one to
 * write, then a value for each claim.
 *
 * Epochs: the value is `1 LOST-AT EVICTED`, both numbers; the second counts the keys that this server has
 * ever evicted, and is empty where it does not say. `pcall`, as a user may not be allowed INFO, and as no key
 * needs to hold a string. Whatever cannot be read is missing, and so is a loss that is still to come:
 * somebody else wrote it. What is missing is a loss that this call notices, and is written anew, so that no
 * value makes claims fail, or go as after a loss, for longer than a loss does.
 *
 * Claims: `SET NX` first, as most claims are new and cost one command then; `SET NX GET` would need Redis 7.
 * The time to live is set with the first claim alone and runs by Redis' clock.
 *
 * A value that this version cannot read (a newer version's after a rollback, or nobody's) counts as no claim
 * and is replaced, and the answer says so. To fail instead would stop a partition until the key expires, for
 * a value that no amount of retrying makes readable; to leave it would let every copy of the event through.
 * This way at most one alert too many is made, with the id of the first.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const CLAIM_SCRIPT: string = `
local results = {}
local ttl, now, isNew, epochs, marks = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[4]), tonumber(ARGV[5])

local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end

local function markIn(value) return string.match(value, '^%d+$') and #value <= ${String(DIGITS_MAX)} and tonumber(value) or 0 end

local function isClaim(value)
  local partition, offset, index = string.match(value, '^1 (%d+) (%d+) (%d+) .')
  return index and math.max(#partition, #index) <= ${String(DIGITS_MAX)} and #offset <= ${String(OFFSET_DIGITS_MAX)}
end

local evicted = ''
if epochs > 0 then
  local info = redis.pcall('INFO', 'stats')
  evicted = type(info) == 'string' and string.match(info, 'evicted_keys:(%d+)') or ''
end
for i = 1, epochs do
  local found = text(KEYS[i])
  local lostAt, evictedBefore = string.match(found, '^1 (%d+) (%d*)$')
  if lostAt and (math.max(#lostAt, #evictedBefore) > ${String(DIGITS_MAX)} or tonumber(lostAt) > now + ${String(EPOCH_AHEAD_MS)}) then lostAt = nil end
  local known = tonumber(ARGV[5 + i])
  local isLost
  if lostAt == nil then
    isLost = known ~= nil or not isNew
  else
    isLost = known ~= nil and tonumber(lostAt) < known
      or evicted ~= '' and evictedBefore ~= '' and tonumber(evicted) > tonumber(evictedBefore)
  end
  if i <= marks then
    local at = 5 + epochs + 2 * i
    local mark, expected, mine = markIn(text(KEYS[epochs + i])), tonumber(ARGV[at - 1]), tonumber(ARGV[at])
    if tonumber(lostAt) == known and mark < expected then isLost = true end
    if mark < mine then redis.call('SET', KEYS[epochs + i], ARGV[at], 'PX', string.format('%.0f', 2 * ttl)) end
  end
  if isLost then lostAt = string.format('%.0f', math.max(now, (tonumber(lostAt) or 0) + 1, (known or 0) + 1)) end
  local epoch = '1 ' .. (lostAt or '0') .. ' ' .. evicted
  if epoch ~= found then redis.call('SET', KEYS[i], epoch) end
  results[i] = (lostAt or '0') .. (isLost and ' lost' or '')
end

local first = epochs + marks
local values = #ARGV - (#KEYS - first)
for i = 1, #KEYS - first do
  local key, mine = KEYS[first + i], ARGV[values + i]
  if redis.call('SET', key, mine, 'NX', 'PX', ttl) then
    results[epochs + i] = ${String(CLAIMED)}
  else
    local owner = text(key)
    if owner == mine then
      results[epochs + i] = ${String(CLAIMED)}
    elseif isClaim(owner) then
      results[epochs + i] = owner
    else
      redis.call('SET', key, mine, 'PX', ttl)
      results[epochs + i] = ${String(CLAIMED_OVER_UNREADABLE)}
    end
  end
end
return results`;

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
