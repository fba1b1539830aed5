/** How long one event may take before it is told of. What takes for ever is the watchdog's matter. */
import type { EventPosition, Steps, Telemetry } from '@arrivals/core';
import type { Yielder } from './yielder.ts';

const EVENT_BUDGET_MS = 2000;

export type Step = 'read' | 'build';

/** Does the step, and tells if it took too long. */
export function withinBudget<T>(
  step: Step,
  position: EventPosition,
  telemetry: Telemetry | undefined,
  work: () => T,
): T {
  const startedMs = performance.now();
  try {
    return work();
  } finally {
    warnIfSlow(step, position, telemetry, performance.now() - startedMs);
  }
}

/** The same for a step that gives others their turn on its way; the time of others is not counted. */
export async function withinBudgetInTurns<T>(
  step: Step,
  position: EventPosition,
  telemetry: Telemetry | undefined,
  steps: Steps<T>,
  yielder: Yielder,
): Promise<T> {
  let ms = 0;
  try {
    for (;;) {
      const startedMs = performance.now();
      let next: IteratorResult<undefined, T>;
      try {
        next = steps.next();
      } finally {
        ms += performance.now() - startedMs;
      }
      if (next.done === true) return next.value;
      const turn = yielder.next();
      if (turn !== undefined) await turn;
    }
  } finally {
    warnIfSlow(step, position, telemetry, ms);
  }
}

function warnIfSlow(
  step: Step,
  { topic, partition, offset, index }: EventPosition,
  telemetry: Telemetry | undefined,
  took: number,
): void {
  const ms = Math.round(took);
  if (ms > EVENT_BUDGET_MS)
    telemetry?.emit({
      type: 'event_slow',
      step,
      position: `${topic}/${String(partition)}/${String(offset)}/${String(index)}`,
      ms,
    });
}
