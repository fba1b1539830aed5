/**
 * The spool in LMDB: a head and the records of each batch.
 *
 * Invariant: a batch is there when its head is, and head and records are written and removed in one
 * transaction. Bytes are counted as LMDB stores them, so that `bytesMax` is about what the file grows to.
 * Nothing is accepted that would leave no disk space for removing: LMDB writes new pages for that too, and a
 * spool that cannot remove what was sent stays full for ever.
 */
import { ArrivalsError, asArrivalsError, type CountedEvents, type PostedBatch } from '@arrivals/core';
import type { Database } from 'lmdb';
import { decodeFrame, encodeFrame } from '../embedded/frame.ts';
import { type Environment, openEnvironment } from '../embedded/environment.ts';
import type { ReadLimits, Spool, SpooledBatch, SpoolOptions, SpoolStats } from './spool.ts';

/** Raised with every change that an older version could misread; the layout of frame.ts is part of it. */
const FORMAT = 1;
const PAGE_BYTES = 4096;
/** Of a value, or a head, with its key. */
const ENTRY_BYTES = 256;
/** A spool without space for this much counts as full, though a smaller batch may fit. */
const LARGE_BATCH_BYTES = 1024 * 1024;
/** What removing may need, with what the count of bytes is wrong by. */
const REMOVING_BYTES = 512 * 1024;
/** So long after a batch could not be written the spool is not taken for well, though a few bytes can be. */
const FAILED_MS = 10_000;

interface Head extends CountedEvents {
  /** Of each record. */
  readonly topics: readonly string[];
  readonly spooledAtMs: number;
  readonly bytes: number;
}

/** @throws ArrivalsError store_locked, store_format_unknown, store_unusable, store_damaged */
export function openSpool(options: SpoolOptions): Spool {
  return new LmdbSpool(
    openEnvironment({
      folder: options.folder,
      file: 'spool',
      what: 'spool',
      format: FORMAT,
      exclusive: options.exclusive ?? false,
    }),
    options,
  );
}

class LmdbSpool implements Spool {
  readonly #environment: Environment;
  readonly #options: SpoolOptions;
  readonly #heads: Database<Head, number>;
  /** Frames by [id of the batch, position in it]. */
  readonly #records: Database<Buffer, [number, number]>;
  #next = 1;
  #batches = 0;
  /** Of what is there and of what is being written. */
  #bytes = 0;
  #oldestAtMs: number | null = null;
  #failed: { readonly atMs: number; readonly error: unknown } | undefined;

  constructor(environment: Environment, options: SpoolOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#heads = environment.openTable('heads', { encoding: 'json' });
    this.#records = environment.openTable('records', { encoding: 'binary' });
    environment.reading(() => {
      for (const { key, value } of this.#heads.getRange()) {
        this.#next = key + 1;
        this.#batches++;
        this.#bytes += value.bytes;
      }
      this.#findOldest();
    });
  }

  async add({ records, cluster, events, deadLettered }: PostedBatch): Promise<number> {
    const spooledAtMs = this.#options.now();
    const frames = records.map((record) => encodeFrame(record, spooledAtMs));
    const bytes = frames.reduce((sum, frame) => sum + storedBytes(frame.length), ENTRY_BYTES);
    this.#assertTaking(bytes);
    this.#assertRoom(bytes);
    const id = this.#next++;
    const head: Head = {
      cluster,
      events,
      deadLettered,
      topics: records.map(({ topic }) => topic),
      spooledAtMs,
      bytes,
    };
    this.#bytes += bytes;
    try {
      const failure = await this.#environment.commit(() => this.#write(id, head, frames), 'spool_failed');
      if (failure !== undefined) throw asArrivalsError(failure, 'spool_failed');
    } catch (error) {
      this.#bytes -= bytes;
      this.#failed = { atMs: performance.now(), error };
      throw error;
    }
    this.#failed = undefined;
    this.#batches++;
    this.#oldestAtMs ??= spooledAtMs;
    return id;
  }

  read(afterId: number, { batchesMax, bytesMax }: ReadLimits): readonly SpooledBatch[] {
    this.#environment.assertOpen('spool_failed');
    const batches: SpooledBatch[] = [];
    let bytes = 0;
    for (const { key: id, value } of this.#heads.getRange({ start: afterId + 1, limit: batchesMax })) {
      bytes += value.bytes;
      if (batches.length > 0 && bytes > bytesMax) break;
      const { topics, ...head } = value;
      batches.push({ ...head, id, records: topics.map((topic, i) => this.#record(id, i, topic)) });
    }
    return batches;
  }

  async remove(ids: readonly number[]): Promise<readonly Omit<SpooledBatch, 'records'>[]> {
    const removed = await this.#environment.commit(
      () =>
        ids.flatMap((id) => {
          const head = this.#heads.get(id);
          if (head === undefined) return [];
          const { topics, ...rest } = head;
          // The head first: what a failure leaves is no batch.
          this.#heads.removeSync(id);
          for (const i of topics.keys()) this.#records.removeSync([id, i]);
          return [{ ...rest, id }];
        }),
      'spool_failed',
    );
    this.#batches -= removed.length;
    for (const { bytes } of removed) this.#bytes -= bytes;
    this.#findOldest();
    return removed;
  }

  stats(): SpoolStats {
    return { batches: this.#batches, bytes: this.#bytes, oldestAtMs: this.#oldestAtMs };
  }

  events(): ReadonlyMap<string, number> {
    const events = new Map<string, number>();
    for (const { value } of this.#heads.getRange())
      events.set(value.cluster, (events.get(value.cluster) ?? 0) + value.events);
    return events;
  }

  async check(signal: AbortSignal): Promise<void> {
    this.#assertTaking(Math.min(LARGE_BATCH_BYTES, this.#options.bytesMax / 8));
    if (this.#failed !== undefined && performance.now() - this.#failed.atMs < FAILED_MS)
      throw this.#failed.error;
    await this.#environment.check('spool_failed', signal);
  }

  close(): Promise<void> {
    return this.#environment.close();
  }

  #assertTaking(bytes: number): void {
    this.#environment.assertOpen('spool_failed');
    const { bytesMax, ageMaxMs, now } = this.#options;
    if (this.#bytes + bytes > bytesMax)
      throw new ArrivalsError(
        'spool_full',
        `the spool holds ${String(this.#bytes)} of ${String(bytesMax)} bytes, and ${String(bytes)} were to come`,
      );
    const ageMs = this.#oldestAtMs === null ? 0 : now() - this.#oldestAtMs;
    if (ageMs > ageMaxMs)
      throw new ArrivalsError(
        'spool_too_old',
        `the oldest batch in the spool is ${String(ageMs)} ms old, of ${String(ageMaxMs)}`,
      );
  }

  /** Free pages inside the file count as well as what it may grow by. */
  #assertRoom(bytes: number): void {
    const { fileBytes, growthBytes } = this.#environment.room();
    const room = Math.max(0, fileBytes - this.#bytes) + growthBytes - REMOVING_BYTES;
    if (bytes <= room) return;
    const error = new ArrivalsError(
      'spool_failed',
      `the disk has space for ${String(Math.max(0, room))} bytes beside what removing needs, and ${String(bytes)} were to be written`,
    );
    this.#failed = { atMs: performance.now(), error };
    throw error;
  }

  /**
   * A transaction that fails in the middle is committed all the same: then nothing of the batch stays in it.
   */
  #write(id: number, head: Head, frames: readonly Buffer[]): unknown {
    try {
      for (const [i, frame] of frames.entries()) this.#records.putSync([id, i], frame);
      this.#heads.putSync(id, head);
      return undefined;
    } catch (error) {
      this.#heads.removeSync(id);
      for (const i of frames.keys()) this.#records.removeSync([id, i]);
      return error;
    }
  }

  #record(id: number, index: number, topic: string): PostedBatch['records'][number] {
    const frame = this.#records.get([id, index]);
    if (frame === undefined)
      throw new ArrivalsError(
        'spool_failed',
        `record ${String(index)} of batch ${String(id)} is missing in the spool`,
      );
    const { key, value, headers, unreadable } = decodeFrame(topic, index, frame);
    if (unreadable !== undefined)
      throw this.#environment.noteDamage(`record ${String(index)} of batch ${String(id)}: ${unreadable}`);
    return { topic, key, value, headers };
  }

  #findOldest(): void {
    this.#oldestAtMs = null;
    for (const { value } of this.#heads.getRange({ limit: 1 })) this.#oldestAtMs = value.spooledAtMs;
  }
}

/** A value of half a page or more has pages of its own, with 16 bytes of header. */
function storedBytes(length: number): number {
  return (
    ENTRY_BYTES + (length < PAGE_BYTES / 2 ? length : Math.ceil((length + 16) / PAGE_BYTES) * PAGE_BYTES)
  );
}
