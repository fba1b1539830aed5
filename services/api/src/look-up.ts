/**
 * Looks an alert up by its ID on the bus, from the newest record backwards.
 *
 * Invariant: one call reads at most LOOK_BACK_RECORDS_MAX records and returns a cursor, so that no caller
 * blocks other work. Records are compared by key; only returned alerts are decoded. There is no index.
 */
import type { Alert, PartitionOffsets } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { isWhole } from './alert-id.ts';
import { beginnings, ends, parsePositions, type Positions, positionsText, within } from './positions.ts';
import { alertOf, type UnreadableRecord } from './stored-alert.ts';
import type { TopicReader } from './topic-reader.ts';

const LOOK_BACK_RECORDS_MAX = 10_000;
/** Returned alerts: more than needed for one prefix. */
const FOUND_MAX = 20;

export interface LookedUp {
  /** The newest revision of each alert with this ID or prefix among the records read; the newest first. */
  readonly alerts: readonly Alert[];
  /** Records with such a key that hold no readable alert. */
  readonly unreadable: readonly UnreadableRecord[];
  /** The cursor for the next call; null at the beginning of the topic, and when a full ID was found. */
  readonly before: string | null;
  /** How many records were read, and the time of the oldest. */
  readonly records: number;
  readonly oldestMs: number | undefined;
}

/** The partition that a key is written to. */
export type PartitionOf = (key: string, partitions: number) => number;

export interface LookUp {
  /** A full ID or its prefix, in lower case. */
  readonly id: string;
  /** The cursor of an earlier answer; undefined for the newest. */
  readonly before: string | undefined;
  /** On abort, the matches so far are returned. */
  readonly patience: AbortSignal;
  /**
   * If the key decides the partition, that of a full ID is searched before the others, which hold it if
   * partitions were added.
   */
  readonly partitionOf?: PartitionOf | undefined;
  /** Earlier records are not read. */
  readonly sinceMs?: number | undefined;
}

/** @throws ArrivalsError query_invalid, topic_unknown, bus_unavailable */
export async function lookUpAlerts(
  reader: TopicReader,
  { id, before, patience, partitionOf, sinceMs = 0 }: LookUp,
): Promise<LookedUp> {
  const bounds = await reader.bounds();
  const positions = new Map(startOf(bounds, before));
  const found = new Found(id);
  let records = 0;
  let oldestMs: number | undefined;
  const isEnough = (): boolean => records >= LOOK_BACK_RECORDS_MAX || found.isEnough() || patience.aborted;
  const lookThrough = async (some: readonly PartitionOffsets[]): Promise<void> => {
    for await (const { partition, offset, timestampMs, record } of reader.backwards(
      some,
      positions,
      patience,
      ({ key }) => key?.startsWith(id) === true,
    )) {
      if (timestampMs < sinceMs) break;
      positions.set(partition, offset);
      records++;
      oldestMs = timestampMs;
      if (record !== undefined) found.add(alertOf(record));
      if (isEnough()) return;
    }
    for (const [partition, offset] of beginnings(some)) positions.set(partition, offset);
  };
  try {
    for (const some of inTurn(bounds, id, partitionOf)) if (!isEnough()) await lookThrough(some);
  } catch (error) {
    if (!patience.aborted) throw error;
  }
  const isDone =
    found.isWhole() ||
    bounds.every(({ partition, earliest }) => (positions.get(partition) ?? earliest) <= earliest);
  return { ...found.all(), before: isDone ? null : positionsText(positions), records, oldestMs };
}

class Found {
  readonly #id: string;
  readonly #alerts = new Map<string, Alert>();
  readonly #unreadable: UnreadableRecord[] = [];

  constructor(id: string) {
    this.#id = id;
  }

  add(read: Alert | UnreadableRecord): void {
    if ('why' in read) this.#unreadable.push(read);
    else if ((this.#alerts.get(read.alertId)?.revision ?? 0) < read.revision)
      this.#alerts.set(read.alertId, read);
  }

  /** For a full ID the first match is the newest. */
  isWhole(): boolean {
    return isWhole(this.#id) && this.#alerts.size > 0;
  }

  isEnough(): boolean {
    return this.isWhole() || this.#alerts.size >= FOUND_MAX || this.#unreadable.length >= FOUND_MAX;
  }

  all(): Pick<LookedUp, 'alerts' | 'unreadable'> {
    return { alerts: [...this.#alerts.values()], unreadable: this.#unreadable };
  }
}

function startOf(bounds: readonly PartitionOffsets[], before: string | undefined): Positions {
  if (before === undefined) return ends(bounds);
  const positions = parsePositions(before);
  if (positions === undefined)
    throw new ArrivalsError(
      'query_invalid',
      `before: expected the offsets of an earlier answer, found ${JSON.stringify(before.slice(0, 40))}`,
    );
  return within(bounds, positions, 'next');
}

function inTurn(
  bounds: readonly PartitionOffsets[],
  id: string,
  partitionOf: PartitionOf | undefined,
): readonly (readonly PartitionOffsets[])[] {
  if (partitionOf === undefined || !isWhole(id)) return [bounds];
  const own = partitionOf(id, bounds.length);
  return [
    bounds.filter(({ partition }) => partition === own),
    bounds.filter(({ partition }) => partition !== own),
  ];
}
