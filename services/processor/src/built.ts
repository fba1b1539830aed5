/**
 * Caches the built alerts of a chunk for its retries: otherwise a bus that refuses some of them would have
 * all built again each time.
 *
 * Invariant: an alert whose inputs have changed is built again, and so is one that was built too long ago for
 * its timestamp.
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
