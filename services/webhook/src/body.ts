/**
 * Receives request bodies within a bound for each and one for all of them together.
 *
 * Invariant: the bytes of all bodies being received and processed never exceed the budget; a body that would is refused
 * when it does. A body that was answered counts on for as long as something made of it is kept. Does not look at what the
 * bytes mean.
 */
import { ArrivalsError } from '@arrivals/core';
import type { IncomingMessage } from 'node:http';
import type { Retain } from './delivery.ts';

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
}

/** What is kept of an answered body costs so much at least, however small the body was. */
const RETAINED_BYTES_MIN = 16 * 1024;

export class BodyReceiver {
  readonly #limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /**
   * Calls `use` with the whole body; its memory counts until `use` has ended, and what it called `retain` with has settled.
   * @throws ArrivalsError content_type_unsupported, body_too_large, overloaded, body_aborted, and what `use` throws
   */
  async receive<T>(message: IncomingMessage, use: (body: Buffer, retain: Retain) => Promise<T>): Promise<T> {
    checkContentType(message);
    const { bodyBytesMax } = this.#limits;
    const declared = Number(message.headers['content-length'] ?? 0);
    if (declared > bodyBytesMax) throw tooLarge(bodyBytesMax, declared);
    let held = 0;
    const retained: Promise<unknown>[] = [];
    try {
      const body = await this.#read(message, (bytes) => {
        held += bytes;
        this.#hold(bytes);
      });
      return await use(body, (until) => retained.push(until));
    } finally {
      this.#held -= held;
      if (retained.length > 0) this.#retain(Math.max(held, RETAINED_BYTES_MIN), retained);
    }
  }

  #retain(bytes: number, until: readonly Promise<unknown>[]): void {
    this.#held += bytes;
    void Promise.allSettled(until).then(() => {
      this.#held -= bytes;
    });
  }

  /** Memory counts as it fills, so that connections which send nothing take none. */
  #hold(bytes: number): void {
    this.#held += bytes;
    const { bodiesBytesMax } = this.#limits;
    if (this.#held > bodiesBytesMax) throw new ArrivalsError('overloaded', `request bodies hold ${String(this.#held)} of ${String(bodiesBytesMax)} bytes`);
  }

  async #read(message: IncomingMessage, hold: (bytes: number) => void): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      // Left early, the message must stay readable: what still comes is thrown away while the sender reads why.
      for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > this.#limits.bodyBytesMax) throw tooLarge(this.#limits.bodyBytesMax, length);
        hold(chunk.length);
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof ArrivalsError) throw error;
      throw new ArrivalsError('body_aborted', `the connection ended after ${String(length)} bytes of the body`, { cause: error });
    }
    return Buffer.concat(chunks, length);
  }
}

function checkContentType(message: IncomingMessage): void {
  const contentType = message.headers['content-type'] ?? '';
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json')
    throw new ArrivalsError('content_type_unsupported', `expected Content-Type application/json, found ${JSON.stringify(contentType.slice(0, 80))}`);
  const encoding = message.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new ArrivalsError('content_type_unsupported', `expected no Content-Encoding, found ${JSON.stringify(encoding.slice(0, 80))}`);
}

function tooLarge(max: number, found: number): ArrivalsError {
  return new ArrivalsError('body_too_large', `expected at most ${String(max)} bytes, found ${String(found)}${found > max ? '' : ' or more'}`);
}
