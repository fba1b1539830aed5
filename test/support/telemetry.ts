/** Telemetry that nobody hears, or that a test looks into. */
import type { Telemetry, TelemetryEvent } from '@arrivals/core';

export const silent: Telemetry = { emit: () => undefined };

export function recording(): Telemetry & { readonly events: readonly TelemetryEvent[] } {
  const events: TelemetryEvent[] = [];
  return {
    events,
    emit: (event) => {
      events.push(event);
    },
  };
}
