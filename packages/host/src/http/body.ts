/**
 * Receives request bodies within a bound for each and one for all together.
 *
 * Invariant: the bytes of all bodies being received and processed never exceed the budget; a body that would
 * exceed it is refused, or another is dropped for it (body-budget.ts). For a gzipped body the inflated bytes
 * count, in both bounds. A body still counts after its response while something derived from it is kept. It
 * does not interpret bytes.
 */
import { ArrivalsError, asArrivalsError, BODY_ITEMS_MAX, ItemMeter } from '@arrivals/core';
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BodyBudget, type BudgetLimits } from './body-budget.ts';

export interface BodyLimits
  extends Pick<BudgetLimits, 'bodiesBytesMax'>, Partial<Pick<BudgetLimits, 'requestsPerSenderMax'>> {
  readonly bodyBytesMax: number;
  /** Absent: BODY_ITEMS_MAX. */
  readonly bodyItemsMax?: number;
}

/** Keeps counting the memory of a body until the promise has settled. */
export type Retain = (until: Promise<unknown>) => void;

/** Counts memory that is derived from a body like the body. @throws ArrivalsError overloaded */
export type Hold = (bytes: number) => void;

/** The minimum memory of a kept body, however small the body was. */
const RETAINED_BYTES_MIN = 16 * 1024;

/**
 * An API server's, and those of shippers that post several values. A browser sends none of them to another
 * site without a preflight.
 */
const MEDIA_TYPES: readonly string[] = [
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/stream+json',
];

export class BodyReceiver {
  readonly #bodyBytesMax: number;
  readonly #bodyItemsMax: number;
  readonly #budget: BodyBudget;

  /** @param nowMs of a clock that only goes forward */
  constructor(limits: BodyLimits, nowMs: () => number = () => performance.now()) {
    const {
      bodyBytesMax,
      bodyItemsMax = BODY_ITEMS_MAX,
      bodiesBytesMax,
      requestsPerSenderMax = Number.POSITIVE_INFINITY,
    } = limits;
    this.#bodyBytesMax = bodyBytesMax;
    this.#bodyItemsMax = bodyItemsMax;
    this.#budget = new BodyBudget({ bodiesBytesMax, requestsPerSenderMax }, nowMs);
  }

  /**
   * Calls `use` with the whole body; its memory counts until `use` has ended, and what it called `retain`
   * with has settled.
   * @param sender whose share of the memory it counts in
   * @throws ArrivalsError content_type_unsupported, body_too_large, overloaded, body_aborted, body_not_gzip,
   * and what `use` throws
   */
  async receive<T>(
    message: IncomingMessage,
    use: (body: Buffer, retain: Retain, hold: Hold) => Promise<T>,
    sender = 'anybody',
  ): Promise<T> {
    const encoding = checkedEncoding(message);
    const bodyBytesMax = this.#bodyBytesMax;
    const declared = Number(message.headers['content-length'] ?? 0);
    if (declared > bodyBytesMax) throw tooLarge(bodyBytesMax, declared);
    const retained: Promise<unknown>[] = [];
    const held = this.#budget.open(sender);
    const hold: Hold = (bytes) => {
      held.hold(bytes);
    };
    try {
      const body = new BodyChunks(bodyBytesMax, hold);
      // A small gzipped message may hold millions of items: they are counted while inflating.
      const items = encoding === 'gzip' ? new ItemMeter(this.#bodyItemsMax) : undefined;
      const take = (chunk: Buffer): void => {
        items?.add(chunk);
        body.add(chunk);
      };
      await (encoding === 'gzip'
        ? inflateChunks(message, bodyBytesMax, take, held.signal)
        : readChunks(message, take, held.signal));
      held.arrived();
      return await use(body.whole(), (until) => retained.push(until), hold);
    } finally {
      held.close(RETAINED_BYTES_MIN, retained.length === 0 ? undefined : Promise.allSettled(retained));
    }
  }
}

/** The received part of a body, within its bound. */
class BodyChunks {
  readonly #bytesMax: number;
  readonly #hold: Hold;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(bytesMax: number, hold: Hold) {
    this.#bytesMax = bytesMax;
    this.#hold = hold;
  }

  /** @throws ArrivalsError body_too_large, overloaded */
  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#bytesMax) throw tooLarge(this.#bytesMax, this.#length);
    this.#hold(chunk.length);
    this.#chunks.push(chunk);
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks, this.#length);
  }
}

/**
 * Left early, the message stays readable: the rest is discarded while the sender reads the refusal.
 * @param gaveWay ends it with its reason @throws ArrivalsError body_aborted, and what `take` throws
 */
function readChunks(
  message: IncomingMessage,
  take: (chunk: Buffer) => void | Promise<void>,
  gaveWay: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const settle = (error?: unknown): void => {
      gaveWay.removeEventListener('abort', onGaveWay);
      message.off('data', onData).off('end', settle).off('error', onGone).off('close', onGone);
      // Until the rest is either read or discarded.
      message.pause();
      if (error === undefined) resolve();
      else reject(asArrivalsError(error, 'internal'));
    };
    const onGaveWay = (): void => {
      settle(gaveWay.reason);
    };
    const onGone = (cause?: Error): void => {
      settle(
        new ArrivalsError('body_aborted', `the connection ended after ${String(length)} bytes of the body`, {
          cause,
        }),
      );
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      try {
        const taking = take(chunk);
        if (taking === undefined) return;
        message.pause();
        void taking.then(() => message.resume(), settle);
      } catch (error) {
        settle(error);
      }
    };
    gaveWay.addEventListener('abort', onGaveWay);
    message.on('data', onData).on('end', settle).on('error', onGone).on('close', onGone);
  });
}

/**
 * Inflates the body as it arrives, as far as `take` allows. @throws ArrivalsError body_aborted,
 * body_too_large, body_not_gzip, and what `take` throws
 */
async function inflateChunks(
  message: IncomingMessage,
  bytesMax: number,
  take: (chunk: Buffer) => void,
  gaveWay: AbortSignal,
): Promise<void> {
  const gunzip = createGunzip();
  const ended = new Promise<void>((resolve, reject) => {
    gunzip.once('end', resolve);
    gunzip.once('error', (error) => {
      reject(
        error instanceof ArrivalsError
          ? error
          : new ArrivalsError('body_not_gzip', `expected gzip, as Content-Encoding says: ${error.message}`),
      );
    });
  });
  ended.catch(() => undefined);
  gunzip.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  });
  try {
    let length = 0;
    const inflate = (chunk: Buffer): Promise<void> => {
      length += chunk.length;
      if (length > bytesMax) throw tooLarge(bytesMax, length);
      return Promise.race([ended, written(gunzip, chunk)]);
    };
    await readChunks(message, inflate, gaveWay);
    gunzip.end();
    await ended;
  } finally {
    gunzip.destroy();
  }
}

function written(stream: Writable, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    stream.write(chunk, () => {
      resolve();
    });
  });
}

function checkedEncoding(message: IncomingMessage): 'identity' | 'gzip' {
  const contentType = message.headers['content-type'] ?? '';
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === undefined || !MEDIA_TYPES.includes(mediaType))
    throw new ArrivalsError(
      'content_type_unsupported',
      `expected Content-Type ${MEDIA_TYPES.join(' or ')}, found ${JSON.stringify(contentType.slice(0, 80))}`,
    );
  const encoding = message.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === 'gzip') return encoding;
  throw new ArrivalsError(
    'content_type_unsupported',
    `expected Content-Encoding gzip or none, found ${JSON.stringify(encoding.slice(0, 80))}`,
  );
}

function tooLarge(max: number, found: number): ArrivalsError {
  return new ArrivalsError(
    'body_too_large',
    `expected at most ${String(max)} bytes, found ${String(found)}${found > max ? '' : ' or more'}`,
  );
}
