/**
 * The tables of the embedded bus and state in their LMDB environment, and their format version. What a commit
 * guarantees is in environment.ts.
 */
import type { ArrivalsError } from '@arrivals/core';
import type { Database } from 'lmdb';
import { type Environment, openEnvironment } from './environment.ts';

/** Raised with every change that an older version could misread. A table that it does not know is none. */
const FORMAT = 1;

/** Subjects with facts are a table for each quota: `facts/binding`. */
export type TableName = 'awaiting' | 'revisions' | `facts/${string}`;

/** A topic's bounds: records first to next - 1 may exist and have `bytes` bytes together. */
export interface TopicBounds {
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
}

export interface StoredClaim {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  readonly expiresAtMs: number;
}

export interface Store extends Omit<Environment, 'openTable'> {
  /** Frames by [topic, offset]. */
  readonly log: Database<Buffer, [string, number]>;
  readonly topics: Database<TopicBounds, string>;
  /** Next offset by [topic, group]. */
  readonly positions: Database<number, [string, string]>;
  readonly claims: Database<StoredClaim, Buffer>;
  /**
   * When claims were lost, in ms since 1970, under the one key LOST_AT; 0: never. Missing: nobody has begun
   * to claim.
   */
  readonly losses: Database<number, string>;
  /** [expiresAtMs, identity in hex], for finding what has expired. */
  readonly claimExpiry: Database<true, [number, string]>;
  /** Texts of the context by [table, cluster, name of the row, name of the text]. */
  readonly rows: Database<string, [TableName, string, string, string]>;
  /** When each was used last, in ms since 1970, by [table, cluster, name]. */
  readonly rowUses: Database<number, [TableName, string, string]>;
  /** [table, cluster, time of the last use, name], for finding what is over and what is too much. */
  readonly rowsByUse: Database<true, [TableName, string, number, string]>;
}

/** @throws ArrivalsError store_locked, store_format_unknown, store_unusable, store_damaged */
export function openStore(
  folder: string,
  exclusive: boolean,
  onDamage: (error: ArrivalsError) => void,
): Store {
  const { openTable, ...environment } = openEnvironment({
    folder,
    file: 'store',
    what: 'data directory',
    format: FORMAT,
    exclusive,
    onDamage,
  });
  return {
    ...environment,
    log: openTable('log', { encoding: 'binary' }),
    topics: openTable('topics', { encoding: 'json' }),
    positions: openTable('positions', { encoding: 'json' }),
    claims: openTable('claims', { encoding: 'json', keyEncoding: 'binary' }),
    losses: openTable('losses', { encoding: 'json' }),
    claimExpiry: openTable('claim-expiry', { encoding: 'json' }),
    rows: openTable('things', { encoding: 'string' }),
    rowUses: openTable('thing-uses', { encoding: 'json' }),
    rowsByUse: openTable('things-by-use', { encoding: 'json' }),
  };
}
