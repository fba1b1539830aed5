/**
 * How a claim stands in Redis: its key, its value, and the script that makes claims.
 *
 * Invariant: keys and values are a format that outlives processes: a change of the value takes a new version number, a
 * change of the key loses every claim. Neither key nor value holds anything that an event's author can choose.
 *
 * Measured on Redis 7.0 (bench/redis-claims.mjs) with the prefix `arrivals:` and the topic `k8s.audit.events`: 182 bytes a claim,
 * the tables of keys included, 1.8 GB for 10 million.
 */
import { type ClaimResult, type Coordinates, type Identity, ArrivalsError } from '@arrivals/core';

/** As many as an alert id is made of: two creations that shared them would share their alert's id as well. */
const IDENTITY_BYTES = 16;

/**
 * Hash tags whose slots lie in the middle of each sixteenth of a Redis Cluster's 16384, so that masters with ranges of equal
 * size get equal shares. Few, as each costs a call a batch; the same in every mode, so that a single server's data can be
 * moved into a cluster.
 */
const TAGS = ['18', '5x', 'dj', '3r', 'd2', 'pv', 'uh', 'iy', 'ly', 'h9', 'uv', 'q6', '9s', '5f', 'dt', 'ha'] as const;

/** The digest's low bits are as good as any; TAGS has a power of two of them. */
export function tagIndexOf(identity: Identity): number {
  return (identity[0] ?? 0) % TAGS.length;
}

export class ClaimKeys {
  readonly #prefixes: readonly Buffer[];

  constructor(keyPrefix: string) {
    this.#prefixes = TAGS.map((tag) => Buffer.from(`${keyPrefix}{${tag}}`));
  }

  of(identity: Identity): Buffer {
    return Buffer.concat([this.#prefixes[tagIndexOf(identity)] ?? Buffer.alloc(0), identity.subarray(0, IDENTITY_BYTES)]);
  }

  /** A key under each tag that no claim has: reading them asks every server that holds claims. */
  get probes(): readonly Buffer[] {
    return this.#prefixes;
  }
}

/** `1 partition offset index topic`. Equal text means equal coordinates. */
export function claimValue({ topic, partition, offset, index }: Coordinates): string {
  return `1 ${String(partition)} ${String(offset)} ${String(index)} ${topic}`;
}

const CLAIM_VALUE = /^1 (\d+) (\d+) (\d+) (.+)$/s;

/** What the script answers for a key: claimed; claimed over a value that it could not read; the value of another owner. */
const CLAIMED = 1;
const CLAIMED_OVER_UNREADABLE = 2;

/**
 * KEYS: the claims, in order, one that is named twice is seen twice. ARGV: the time to live, then a value for each key.
 *
 * `SET NX` first, as most claims are new and cost one command then; `SET NX GET` would need Redis 7. The time to live is
 * set with the first claim alone and runs by Redis' clock.
 *
 * A value that this version cannot read (a newer version's after a rollback, or nobody's) counts as no claim and is
 * replaced, and the answer says so. To fail instead would stop a partition until the key expires, for a value that no
 * amount of retrying makes readable; to leave it would let every copy of the event through. This way at most one alert too
 * many is made, with the id of the first. `pcall`, as the key may not even hold a string.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const CLAIM_SCRIPT: string = `
local results = {}
for i, key in ipairs(KEYS) do
  local mine = ARGV[i + 1]
  if redis.call('SET', key, mine, 'NX', 'PX', ARGV[1]) then
    results[i] = ${String(CLAIMED)}
  else
    local owner = redis.pcall('GET', key)
    if owner == mine then
      results[i] = ${String(CLAIMED)}
    elseif type(owner) == 'string' and string.find(owner, '^1 %d+ %d+ %d+ .') then
      results[i] = owner
    else
      redis.call('SET', key, mine, 'PX', ARGV[1])
      results[i] = ${String(CLAIMED_OVER_UNREADABLE)}
    end
  end
end
return results`;

export interface ScriptAnswer {
  readonly results: readonly ClaimResult[];
  readonly unreadable: number;
}

/** @throws ArrivalsError state_unavailable when it is not what the script returns: a proxy, or no Redis at all. */
export function readScriptAnswer(answer: unknown, expected: number): ScriptAnswer {
  if (!Array.isArray(answer) || answer.length !== expected) throw notUnderstood();
  return {
    results: answer.map(claimResult),
    unreadable: answer.filter((item) => item === CLAIMED_OVER_UNREADABLE).length,
  };
}

function claimResult(item: unknown): ClaimResult {
  if (item === CLAIMED || item === CLAIMED_OVER_UNREADABLE) return { outcome: 'claimed' };
  const [, partition, offset, index, topic] = CLAIM_VALUE.exec(typeof item === 'string' ? item : '') ?? [];
  if (topic === undefined) throw notUnderstood();
  return { outcome: 'duplicate', of: { topic, partition: Number(partition), offset: Number(offset), index: Number(index) } };
}

const notUnderstood = (): ArrivalsError => new ArrivalsError('state_unavailable', 'Redis answered with something that is no result of a claim');
