/**
 * How a claim stands in Redis: its key and its value.
 *
 * Invariant: keys and values are a format that outlives processes: a change of the value takes a new version
 * number, a change of the key loses every claim. Neither key nor value holds anything that an event's author
 * can choose.
 *
 * Measured on Redis 7.0 (bench/redis-claims.mjs) with the prefix `arrivals:` and the topic
 * `k8s.audit.events`: 182 bytes a claim, the tables of keys included, 1.8 GB for 10 million.
 */
import type { EventPosition, Identity } from '@arrivals/core';

/** As many as an alert id is made of: two creations that shared them would share their alert's id as well. */
const IDENTITY_BYTES = 16;

/**
 * Hash tags whose slots lie in the middle of each sixteenth of a Redis Cluster's 16384, so that masters with
 * ranges of equal size get equal shares. Few, as each costs a call a batch; the same in every mode, so that a
 * single server's data can be moved into a cluster.
 */
const TAGS = [
  '18',
  '5x',
  'dj',
  '3r',
  'd2',
  'pv',
  'uh',
  'iy',
  'ly',
  'h9',
  'uv',
  'q6',
  '9s',
  '5f',
  'dt',
  'ha',
] as const;

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
    return Buffer.concat([
      this.#prefixes[tagIndexOf(identity)] ?? Buffer.alloc(0),
      identity.subarray(0, IDENTITY_BYTES),
    ]);
  }

  /**
   * A key under each tag that no claim has, the tag's epoch: reading them asks every server that holds
   * claims.
   */
  get epochs(): readonly Buffer[] {
    return this.#prefixes;
  }
}

/** `1 partition offset index topic`. Equal text means equal coordinates. */
export function claimValue({ topic, partition, offset, index }: EventPosition): string {
  return `1 ${String(partition)} ${String(offset)} ${String(index)} ${topic}`;
}

const CLAIM_VALUE = /^1 (\d+) (\d+) (\d+) (.+)$/s;

/** Undefined for what is no claim of this version's. */
export function readClaimValue(value: string): EventPosition | undefined {
  const [, partition, offset, index, topic] = CLAIM_VALUE.exec(value) ?? [];
  return topic === undefined
    ? undefined
    : { topic, partition: Number(partition), offset: Number(offset), index: Number(index) };
}
