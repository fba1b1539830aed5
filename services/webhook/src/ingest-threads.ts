/**
 * Processes bodies without blocking the event loop: small ones at once, all others in a separate thread, one
 * after the other.
 *
 * Invariant: immediate work is bounded by INLINE_BYTES_MAX, whatever the body contains; clusters take turns
 * at the thread, so that the large bodies of one do not delay those of another. The queue is bounded by the
 * memory for bodies (body.ts). A thread that ends, or exceeds its memory, fails one body, whose sender has to
 * send it again.
 */
import { ArrivalsError, messageOf, type TopicNames } from '@arrivals/core';
import { Worker } from 'node:worker_threads';
import { type Ingestion, takeIn } from './ingest.ts';
import type { IngestJob, IngestResult } from './ingest-thread.ts';
import type { LetterContext } from './dead-letters.ts';

/** Processed within some 20 ms, also if no API server would send it. */
const INLINE_BYTES_MAX = 256 * 1024;
const MIB = 1024 * 1024;
/** Beside the bodies, of which it keeps a few copies as text. */
const THREAD_HEAP_MIB = 128;
/** A thread that is idle for this long is ended. */
const IDLE_MS = 30_000;

export interface IngestLimits {
  readonly itemsMax: number;
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
}

interface Waiting {
  readonly job: IngestJob;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: Error) => void;
}

/** With the memory of its records beside the body's own. */
interface Taken {
  readonly ingest: Ingestion;
  readonly extraBytes: number;
}

/** Thrown where a small body turns out to hold more. */
class NotInline extends Error {}

export class IngestThreads {
  readonly #limits: IngestLimits;
  readonly #topics: TopicNames;
  /** By cluster; the first one's turn is next. */
  readonly #waiting = new Map<string, Waiting[]>();
  #current: Waiting | undefined;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(limits: IngestLimits, topics: TopicNames) {
    this.#limits = limits;
    this.#topics = topics;
  }

  /**
   * The body's memory is transferred: its bytes are gone afterwards. @throws ArrivalsError as takeIn does,
   * and overloaded
   */
  async take(body: Buffer, context: LetterContext): Promise<Taken> {
    const inline = body.length <= INLINE_BYTES_MAX ? this.#takeInline(body, context) : undefined;
    if (inline !== undefined) return inline;
    const { itemsMax, bodyBytesMax, bodiesBytesMax } = this.#limits;
    const own = body.buffer.byteLength === body.length ? body : new Uint8Array(body);
    const job = {
      ...context,
      body: own,
      itemsMax,
      topics: this.#topics,
      inflatedBytesMax: bodyBytesMax,
      extraBytesMax: bodiesBytesMax,
    };
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(context.cluster) ?? [];
      this.#waiting.set(context.cluster, queue);
      queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  /** Undefined for one that has to be inflated: a small body may become a large one. */
  #takeInline(body: Buffer, context: LetterContext): Taken | undefined {
    let extraBytes = 0;
    const inflate = (): never => {
      throw new NotInline();
    };
    const onCopied = (bytes: number): void => {
      extraBytes += bytes;
    };
    try {
      return {
        ingest: takeIn(body, {
          ...context,
          itemsMax: this.#limits.itemsMax,
          topics: this.#topics,
          inflate,
          onCopied,
        }),
        extraBytes,
      };
    } catch (error) {
      if (error instanceof NotInline) return undefined;
      throw error;
    }
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const [cluster, queue] = this.#waiting.entries().next().value ?? [];
    const next = queue?.shift();
    if (cluster === undefined || queue === undefined || next === undefined) return;
    this.#waiting.delete(cluster);
    if (queue.length > 0) this.#waiting.set(cluster, queue);
    this.#current = next;
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage(next.job, [next.job.body.buffer as ArrayBuffer]);
  }

  #start(): Worker {
    const heapMib = THREAD_HEAP_MIB + Math.ceil((8 * this.#limits.bodyBytesMax) / MIB);
    // Compiled beside this file.
    const thread = new Worker(new URL('./ingest-thread.js', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMib },
    });
    let failure: unknown;
    thread.on('message', (result: IngestResult) => {
      this.#settle(result);
    });
    thread.on('error', (error) => (failure = error));
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
      this.#current?.reject(
        new ArrivalsError('overloaded', `the thread that processes bodies ended: ${messageOf(failure)}`),
      );
      this.#current = undefined;
      this.#next();
    });
    return thread;
  }

  #settle(result: IngestResult): void {
    const current = this.#current;
    this.#current = undefined;
    if ('ingest' in result) {
      const records = result.ingest.records.map((record) => ({
        ...record,
        value: Buffer.from(record.value.buffer, record.value.byteOffset, record.value.length),
      }));
      current?.resolve({ ...result, ingest: { ...result.ingest, records } });
    } else
      current?.reject(
        result.code === null ? new Error(result.message) : new ArrivalsError(result.code, result.message),
      );
    if (this.#waiting.size > 0) this.#next();
    else this.#rest();
  }

  /** An idle thread does not keep the process running. */
  #rest(): void {
    this.#thread?.unref();
    this.#idle = setTimeout(() => {
      void this.#thread?.terminate();
    }, IDLE_MS).unref();
  }
}
