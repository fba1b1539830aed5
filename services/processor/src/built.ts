/**
 * Alerts of a chunk that is tried again, as they were built: a bus that refuses some of them would else have
 * all built anew each time.
 *
 * Invariant: one that would say something else now is built anew, and so is one that was built too long ago
 * to say when it was told.
 */
import type { AlertFlag, CreationContext, OutgoingRecord } from '@arrivals/core';
import type { Candidate } from './classify.ts';

const KEPT_MS = 10_000;

interface Basis {
  readonly flags: readonly AlertFlag[];
  readonly context: CreationContext | null;
  readonly nowMs: number;
}

export class Built {
  readonly #kept = new WeakMap<Candidate, Basis & { readonly records: readonly OutgoingRecord[] }>();

  async of(
    candidate: Candidate,
    basis: Basis,
    build: () => Promise<readonly OutgoingRecord[]>,
  ): Promise<readonly OutgoingRecord[]> {
    const kept = this.#kept.get(candidate);
    const isSame =
      kept?.context === basis.context &&
      kept.flags.join() === basis.flags.join() &&
      basis.nowMs - kept.nowMs < KEPT_MS;
    if (isSame) return kept.records;
    const records = await build();
    this.#kept.set(candidate, { ...basis, records });
    return records;
  }
}
