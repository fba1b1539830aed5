/**
 * Looks an alert up by its ID on the bus, from the newest record back.
 *
 * Invariant: one call looks at LOOK_BACK_RECORDS_MAX records at most and says where to go on, so that no
 * caller holds up what runs beside it. Records are told by their key; only the alerts that are given back are
 * decoded. Keeps no index.
 */
import { type Alert, ArrivalsError, type PartitionOffsets } from '@arrivals/core';
import { isWhole } from './alert-id.ts';
import { beginnings, ends, parsePositions, type Positions, positionsText, within } from './positions.ts';
import { alertOf, type UnreadableRecord } from './stored-alert.ts';
import type { TopicReader } from './topic-reader.ts';

const LOOK_BACK_RECORDS_MAX = 10_000;
/** Alerts that are given back: more than anybody wants of one beginning. */
const FOUND_MAX = 20;

export interface LookedUp {
  /** The newest revision of each alert whose ID begins so, among the records looked at; the newest first. */
  readonly alerts: readonly Alert[];
  /** Records of such a key that hold no alert that can be read. */
  readonly unreadable: readonly UnreadableRecord[];
  /**
   * Where to go on, for the next call; null at the beginning of the topic, and of a whole ID when it was
   * found.
   */
  readonly before: string | null;
  /** What was looked at: how many records, and when the oldest of them came. */
  readonly records: number;
  readonly oldestMs: number | undefined;
}

/** The partition of so many that a key is written to. */
export type PartitionOf = (key: string, partitions: number) => number;

export interface LookUp {
  /** A whole ID or its beginning, in lower case. */
  readonly id: string;
  /** As an earlier answer gave it; undefined for the newest. */
  readonly before: string | undefined;
  /** When it aborts, what was found so far is the answer. */
  readonly patience: AbortSignal;
  /**
   * Where a key decides the partition, that of a whole ID is looked through before the others, which hold it
   * if there were fewer once.
   */
  readonly partitionOf?: PartitionOf | undefined;
  /** Nothing that came earlier is looked at. */
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

  /** Of a whole ID what comes first is the newest. */
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
      `before: expected offsets as an answer gives them, found ${JSON.stringify(before.slice(0, 40))}`,
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
