/**
 * The topics of the embedded bus: appending, reading and retention, one partition each.
 *
 * Invariant: offsets rise by at least 1; a record counts in its topic's bytes until it is deleted; where
 * `keepUnread` is set, what a group has not committed is never deleted, and a full topic refuses records
 * instead (bus_full).
 */
import { ArrivalsError, type OutgoingRecord, type RecordPosition, type StoredRecord } from '@arrivals/core';
import { decodeFrame, encodeFrame } from './frame.ts';
import { checkLog, damagedRecord } from './log-check.ts';
import type { Store, TopicBounds } from './store.ts';

export interface TopicSettings {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly keepUnread: boolean;
}

/** Records deleted in one transaction, so that others get their turn. */
const DELETE_RECORDS_MAX = 500;
const READ_BYTES_MAX = 8_000_000;

/** Frames that have their offsets and wait to be written. */
export interface Appendix {
  readonly positions: readonly RecordPosition[];
  /** To be called inside a transaction. */
  write(): void;
  /** To be called when the transaction failed: the offsets stay unused. */
  undo(): void;
}

export class TopicLog {
  readonly #store: Store;
  readonly #settings: ReadonlyMap<string, TopicSettings>;
  readonly #bounds = new Map<string, TopicBounds>();
  readonly #now: () => number;
  #pruning: Promise<void> = Promise.resolve();

  /** @throws ArrivalsError store_damaged */
  constructor(store: Store, settings: ReadonlyMap<string, TopicSettings>, now: () => number) {
    this.#store = store;
    this.#settings = settings;
    this.#now = now;
    checkLog(store);
    for (const topic of settings.keys())
      this.#bounds.set(topic, store.topics.get(topic) ?? { first: 0, next: 0, bytes: 0 });
  }

  bounds(topic: string): TopicBounds {
    const bounds = this.#bounds.get(topic);
    if (bounds === undefined)
      throw new ArrivalsError(
        'topic_unknown',
        `expected one of ${[...this.#bounds.keys()].join(', ')}, found ${topic}`,
      );
    return bounds;
  }

  /** A full topic deletes what has been read. @throws ArrivalsError topic_unknown, bus_full */
  async append(records: readonly OutgoingRecord[]): Promise<Appendix> {
    const frames = records.map((record) => ({
      topic: record.topic,
      frame: encodeFrame(record, this.#now()),
    }));
    const added = new Map<string, number>();
    for (const { topic, frame } of frames) added.set(topic, (added.get(topic) ?? 0) + frame.length);
    if ([...added].some(([topic, bytes]) => this.#isFull(topic, bytes))) await this.prune(added);
    for (const [topic, bytes] of added) this.#assertRoom(topic, bytes);
    const placed = frames.map(({ topic, frame }) => {
      const { first, next, bytes } = this.bounds(topic);
      this.#bounds.set(topic, { first, next: next + 1, bytes: bytes + frame.length });
      return { topic, offset: next, frame };
    });
    return {
      positions: placed.map(({ topic, offset }) => ({ topic, partition: 0, offset })),
      write: () => {
        for (const { topic, offset, frame } of placed) this.#store.log.putSync([topic, offset], frame);
        for (const topic of added.keys()) this.#store.topics.putSync(topic, this.bounds(topic));
      },
      undo: () => {
        for (const [topic, bytes] of added) {
          const bounds = this.bounds(topic);
          this.#bounds.set(topic, { ...bounds, bytes: bounds.bytes - bytes });
        }
      },
    };
  }

  /**
   * At most `recordsMax` records and READ_BYTES_MAX bytes, but one record when there is one. A damaged one
   * comes as `unreadable`.
   * @throws ArrivalsError store_damaged
   */
  read(topic: string, offset: number, recordsMax: number): readonly StoredRecord[] {
    const { first, next } = this.bounds(topic);
    return this.#store.reading(() => {
      const records: StoredRecord[] = [];
      let bytes = 0;
      for (const { key, value } of this.#store.log.getRange({
        start: [topic, Math.max(first, offset)],
        end: [topic, next],
        limit: recordsMax,
      })) {
        const record = decodeFrame(topic, key[1], value);
        if (record.unreadable !== undefined)
          this.#store.noteDamage(damagedRecord(topic, record.offset, record.unreadable));
        records.push(record);
        bytes += value.length;
        if (bytes >= READ_BYTES_MAX) break;
      }
      return records;
    });
  }

  /**
   * Deletes these; resolves with those that were there, when that is on disk. @throws ArrivalsError
   * topic_unknown, bus_unavailable
   */
  async remove(topic: string, offsets: readonly number[]): Promise<readonly number[]> {
    const removing = this.#pruning
      .catch(() => undefined)
      .then(async () => {
        const there = [...new Set(offsets)].flatMap((offset) => {
          const frame = this.#store.log.get([topic, offset]);
          return frame === undefined ? [] : [{ offset, bytes: frame.length }];
        });
        const freed = there.reduce((sum, { bytes }) => sum + bytes, 0);
        const bounds = this.bounds(topic);
        this.#bounds.set(topic, { ...bounds, bytes: bounds.bytes - freed });
        await this.#store.commit(() => {
          for (const { offset } of there) this.#store.log.removeSync([topic, offset]);
          this.#store.topics.putSync(topic, this.bounds(topic));
        }, 'bus_unavailable');
        return there.map(({ offset }) => offset);
      });
    // Not at the same time as retention, which would count the same records as freed.
    this.#pruning = removing.then(() => undefined);
    return removing;
  }

  /**
   * Deletes what is older or more than the settings allow, and more where `roomBytes` are about to be added.
   */
  prune(roomBytes: ReadonlyMap<string, number> = new Map()): Promise<void> {
    // One after the other: two at once would count the same records as freed.
    this.#pruning = this.#pruning
      .catch(() => undefined)
      .then(async () => {
        for (const [topic, settings] of this.#settings) {
          while ((await this.#pruneSome(topic, settings, roomBytes.get(topic) ?? 0)) === DELETE_RECORDS_MAX);
        }
      });
    return this.#pruning;
  }

  async #pruneSome(topic: string, settings: TopicSettings, roomBytes: number): Promise<number> {
    const before = this.bounds(topic);
    const end = settings.keepUnread ? this.#unread(topic) : before.next;
    const oldestMs = this.#now() - settings.retentionMs;
    const doomed: number[] = [];
    let freed = 0;
    let first = before.first;
    for (const { key, value } of this.#store.log.getRange({
      start: [topic, before.first],
      end: [topic, end],
      limit: DELETE_RECORDS_MAX,
    })) {
      const tooOld = decodeFrame(topic, key[1], value).timestampMs < oldestMs;
      if (!tooOld && before.bytes - freed + roomBytes <= settings.retentionBytes) break;
      doomed.push(key[1]);
      freed += value.length;
      first = key[1] + 1;
    }
    if (doomed.length === 0) return 0;
    const now = this.bounds(topic);
    this.#bounds.set(topic, { first, next: now.next, bytes: now.bytes - freed });
    try {
      await this.#store.commit(() => {
        for (const offset of doomed) this.#store.log.removeSync([topic, offset]);
        this.#store.topics.putSync(topic, this.bounds(topic));
      }, 'bus_unavailable');
    } catch (error) {
      // They are still there: a record before the first one would count as damage.
      const later = this.bounds(topic);
      this.#bounds.set(topic, { ...later, first: before.first, bytes: later.bytes + freed });
      throw error;
    }
    return doomed.length;
  }

  /** The first offset that some group still has to read. */
  #unread(topic: string): number {
    let unread = Number.POSITIVE_INFINITY;
    for (const { value } of this.#store.positions.getRange({ start: [topic, ''], end: [topic, '\uffff'] }))
      unread = Math.min(unread, value);
    return Number.isFinite(unread) ? unread : this.bounds(topic).first;
  }

  #isFull(topic: string, bytes: number): boolean {
    const settings = this.#settings.get(topic);
    return (
      this.bounds(topic).bytes + bytes >
      (settings?.keepUnread === true ? settings.retentionBytes : Number.POSITIVE_INFINITY)
    );
  }

  #assertRoom(topic: string, bytes: number): void {
    if (!this.#isFull(topic, bytes)) return;
    throw new ArrivalsError(
      'bus_full',
      `${topic} holds ${String(this.bounds(topic).bytes)} of ${String(this.#settings.get(topic)?.retentionBytes)} bytes`,
    );
  }
}
