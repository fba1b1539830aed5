/**
 * Notices records that were deleted before the group had read them.
 *
 * Invariant: a gap between where the group was and where reading goes on counts as loss as far as the topic's
 * start has moved past it; other gaps (transaction markers) do not. Kafka deletes by age or size read or not,
 * and kafkajs silently goes on after the gap.
 */
import type { SubscribeOptions, Telemetry } from '@arrivals/core';
import type { UseAdmin } from './clients.ts';
import { committedOffsets, earliestOffset } from './positions.ts';

export class LossWatch {
  readonly #useAdmin: UseAdmin;
  readonly #telemetry: Telemetry;
  readonly #options: SubscribeOptions;
  /** Where reading has to go on, by partition, as far as this process knows. */
  #expected: Map<number, number> = new Map<number, number>();

  constructor(useAdmin: UseAdmin, telemetry: Telemetry, options: SubscribeOptions) {
    this.#useAdmin = useAdmin;
    this.#telemetry = telemetry;
    this.#options = options;
  }

  /** To be called before the group is joined: kafkajs overwrites a position that does not exist any more. */
  async start(): Promise<void> {
    const { group, topic } = this.#options;
    this.#expected = new Map(await committedOffsets(this.#useAdmin, group, topic));
  }

  /**
   * Records from `firstOffset` to `end` - 1 are about to be delivered. `committed` is known when the
   * partition is taken up.
   */
  async see(
    partition: number,
    committed: number | undefined,
    firstOffset: number,
    end: number,
  ): Promise<void> {
    const expected = committed ?? this.#expected.get(partition);
    if (expected !== undefined && firstOffset > expected) {
      const { topic } = this.#options;
      const earliest = await earliestOffset(this.#useAdmin, topic, partition);
      const records = Math.min(earliest, firstOffset) - expected;
      if (records > 0)
        this.#telemetry.emit({ type: 'records_lost', topic, partition, fromOffset: expected, records });
    }
    this.#expected.set(partition, end);
  }
}
