/** How long one event may take before it is told of. What takes for ever is the watchdog's matter. */
import type { EventPosition, Telemetry } from '@arrivals/core';

const EVENT_BUDGET_MS = 2000;

export type Step = 'read' | 'build';

/** Does the step, and tells if it took too long. */
export function withinBudget<T>(
  step: Step,
  { topic, partition, offset, index }: EventPosition,
  telemetry: Telemetry | undefined,
  work: () => T,
): T {
  const startedMs = performance.now();
  try {
    return work();
  } finally {
    const ms = Math.round(performance.now() - startedMs);
    if (ms > EVENT_BUDGET_MS)
      telemetry?.emit({
        type: 'event_slow',
        step,
        position: `${topic}/${String(partition)}/${String(offset)}/${String(index)}`,
        ms,
      });
  }
}
