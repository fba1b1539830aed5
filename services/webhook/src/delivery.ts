/**
 * Publishes the records of a POST to the bus, and counts its events once they are durable.
 *
 * Invariant: a batch is counted when it is durable, even after a 503 response: the copies that the sender
 * then sends are duplicates. A publish that timed out continues, as the clients of the bus cannot be
 * interrupted; its memory counts until it has ended, and while such publishes hold LATE_SHARE of the memory
 * for bodies no more is published. Delivery by way of the spool is in spooling.ts.
 */
import {
  ArrivalsError,
  type Bus,
  type CountedEvents,
  type DeadLetterReason,
  type OutgoingRecord,
  type PostedBatch,
  type Telemetry,
} from '@arrivals/core';
import type { Retain } from '@arrivals/host';

export interface Delivery {
  /**
   * Resolves when the batch is durable and counted. @throws ArrivalsError bus_unavailable, bus_full,
   * spool_full, spool_too_old, spool_failed
   */
  deliver(batch: PostedBatch, retain: Retain): Promise<void>;
}

export interface DirectLimits {
  readonly publishTimeoutMs: number;
  readonly bodiesBytesMax: number;
}

export interface DirectOptions {
  readonly bus: Pick<Bus, 'publish'>;
  readonly telemetry: Telemetry;
  readonly limits: DirectLimits;
  /** Whether the processor runs in another process: then durable events leave this process's ledger. */
  readonly passesOn: boolean;
}

/** Memory of a publish beside its records. */
const PUBLISH_BYTES_MIN = 16 * 1024;
/** A client of the bus keeps several copies of a record. */
const LATE_SHARE = 1 / 8;

export function directDelivery({
  bus,
  telemetry,
  limits: { publishTimeoutMs, bodiesBytesMax },
  passesOn,
}: DirectOptions): Delivery {
  const lateBytesMax = bodiesBytesMax * LATE_SHARE;
  // The wait ends by publishTimeoutMs; a later acknowledgement is still counted.
  const never = new AbortController().signal;
  let lateBytes = 0;
  return {
    deliver: async (batch, retain) => {
      if (lateBytes > lateBytesMax)
        throw new ArrivalsError(
          'bus_unavailable',
          `the bus has yet to acknowledge ${String(lateBytes)} bytes that are late`,
        );
      const delivered = (
        batch.records.length === 0 ? Promise.resolve() : publishTo(bus, batch.records, never)
      ).then(() => {
        enter(batch, telemetry);
        leave(batch, telemetry, passesOn);
      });
      retain(delivered);
      await inTime(delivered, publishTimeoutMs, () => {
        const bytes = publishBytes(batch);
        lateBytes += bytes;
        void delivered
          .catch(() => undefined)
          .finally(() => {
            lateBytes -= bytes;
          });
        return lateBus(publishTimeoutMs);
      });
    },
  };
}

/** Memory that a publish takes, at least. */
export function publishBytes({ records }: PostedBatch): number {
  return records.reduce((sum, { value }) => sum + value.length, PUBLISH_BYTES_MIN);
}

/**
 * An operator has to raise a topic's limit that is too small: until then the batch is refused as if the bus
 * were unavailable.
 */
export async function publishTo(
  bus: Pick<Bus, 'publish'>,
  records: readonly OutgoingRecord[],
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await bus.publish(records, signal);
  } catch (error) {
    if (!(error instanceof ArrivalsError) || error.code !== 'record_too_large') throw error;
    throw new ArrivalsError('bus_unavailable', `${error.message}; see \`arrivals topics check\``, {
      cause: error,
    });
  }
}

export function lateBus(timeoutMs: number): ArrivalsError {
  return new ArrivalsError('bus_unavailable', `the bus did not acknowledge within ${String(timeoutMs)} ms`);
}

/** The events are durable, and in this process's ledger. */
export function enter({ cluster, events }: CountedEvents, telemetry: Telemetry): void {
  telemetry.emit({ type: 'events_entered', cluster, events, from: 'webhook' });
}

/** The events are durable on the bus. */
export function leave(
  { cluster, events, deadLettered }: CountedEvents,
  telemetry: Telemetry,
  passesOn: boolean,
): void {
  let dead = 0;
  for (const [reason, count] of Object.entries(deadLettered) as [DeadLetterReason, number][]) {
    dead += count;
    telemetry.emit({ type: 'events_dead_lettered', cluster, reason, events: count });
  }
  const passedOn = passesOn ? events - dead : 0;
  if (passedOn > 0) telemetry.emit({ type: 'events_passed_on', cluster, events: passedOn });
  telemetry.emit({ type: 'events_left', cluster, events: dead + passedOn });
}

/** Waits for `work`, which continues after the timeout. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number, late: () => ArrivalsError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(late());
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    // From now on its result is handled by its owner.
    work.catch(() => undefined);
  }
}
