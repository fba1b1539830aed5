/** Counts the elements of platforms' logs, for the account of a replay. */
import type { Part, Source } from '@arrivals/core';
import { plural } from './plural.ts';

type Kind = Part['kind'];

export class PlatformsFound {
  readonly #counts = new Map<Source, Record<Kind, number>>();

  count({ kind, platform }: Part): void {
    if (platform === null) return;
    const counts = this.#counts.get(platform) ?? { event: 0, refused: 0, other: 0 };
    counts[kind]++;
    this.#counts.set(platform, counts);
  }

  get names(): readonly Source[] {
    return [...this.#counts.keys()];
  }

  /** For example "22 AKS records: 22 events". */
  lines(): readonly string[] {
    return [...this.#counts].map(([platform, { event, refused, other }]) => {
      const parts = [
        plural(event, 'event'),
        ...(other === 0 ? [] : [`${String(other)} of other logs left out`]),
        ...(refused === 0 ? [] : [`${String(refused)} without one`]),
      ];
      return `${plural(event + refused + other, `${platform} record`)}: ${parts.join(', ')}`;
    });
  }
}
