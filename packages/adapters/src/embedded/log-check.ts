/**
 * Checks the log's records before any is read or written: for what a damaged disk has changed inside intact
 * pages.
 *
 * Invariant: where going on would overwrite records, the store is refused; a single damaged record is noted,
 * and the others are delivered. The check takes a bounded time; what it has not reached is checked when it is
 * read. A record that is gone with its key leaves no trace, as offsets may have gaps.
 */
import { decodeFrame } from './frame.ts';
import type { Store, TopicBounds } from './store.ts';

const LOOK_MS = 2000;
const GARBLED_MAX = 40;

/** @throws ArrivalsError store_damaged */
export function checkLog(store: Store): void {
  store.reading(() => {
    const bounds = new Map<string, TopicBounds>();
    for (const { key, value } of store.topics.getRange()) {
      if (!areBounds(value)) throw store.noteDamage(`the bounds of ${garbled(key)} are ${garbled(value)}`);
      bounds.set(key, value);
    }
    for (const { key, value } of store.positions.getRange()) {
      const next = bounds.get(key[0])?.next;
      if (!isCount(value) || (next !== undefined && value > next))
        throw store.noteDamage(
          `the position ${garbled(key)} is ${garbled(value)}, and the topic ends at ${String(next)}`,
        );
    }
    checkRecords(store, bounds);
  });
}

function checkRecords(store: Store, bounds: ReadonlyMap<string, TopicBounds>): void {
  const endMs = performance.now() + LOOK_MS;
  let before: readonly [topic: string, offset: number] = ['', -1];
  for (const { key, value } of store.log.getRange()) {
    if (performance.now() > endMs) return;
    const [topic, offset] = key as readonly unknown[];
    if (typeof topic !== 'string' || !isCount(offset) || (topic === before[0] && offset <= before[1])) {
      store.noteDamage(`a record has the key ${garbled(key)} after ${garbled(before)}`);
      continue;
    }
    const { first, next } = bounds.get(topic) ?? { first: 0, next: 0 };
    if (offset < first || offset >= next) {
      const words = `there is a record of ${garbled(topic)} at offset ${String(offset)}, and the topic goes from ${String(first)} to ${String(next)}`;
      throw store.noteDamage(words);
    }
    before = [topic, offset];
    const { unreadable } = decodeFrame(topic, offset, value);
    if (unreadable !== undefined) store.noteDamage(damagedRecord(topic, offset, unreadable));
  }
}

/** The same text wherever it is found, so that it is reported once. */
export function damagedRecord(topic: string, offset: number, why: string): string {
  return `${topic}, offset ${String(offset)}: ${why}`;
}

function areBounds(value: unknown): value is TopicBounds {
  const { first, next, bytes } = (value ?? {}) as Partial<Record<keyof TopicBounds, unknown>>;
  return isCount(first) && isCount(next) && isCount(bytes) && first <= next;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** It may be anything. */
function garbled(value: unknown): string {
  return JSON.stringify(value ?? null).slice(0, GARBLED_MAX);
}
