/**
 * The account of every event: accepted = alerted + filtered + duplicate + dead-lettered + passed on + in
 * flight, at every moment.
 *
 * Invariant: the two sides are counted apart. `inFlight` moves when events enter and leave, the outcomes when
 * each is decided and durable; `balanced` compares them, so an event that leaves without an outcome shows.
 * Counts one process since its start; it persists nothing.
 */
import type { DeadLetterReason } from '../audit/validity.ts';
import type { Telemetry, TelemetryEvent } from './events.ts';
import type { FilterReason } from '../creation/select.ts';

export interface LedgerReport {
  /**
   * Events that entered: taken by the webhook, or found on the bus or in the spool from before this process's
   * start.
   */
  readonly accepted: number;
  readonly alerted: number;
  readonly filtered: Readonly<Partial<Record<FilterReason, number>>>;
  readonly duplicate: number;
  /** Durable on the bus for another process: in a webhook that runs alone. */
  readonly passedOn: number;
  readonly deadLettered: Readonly<Partial<Record<DeadLetterReason, number>>>;
  readonly inFlight: number;
  readonly balanced: boolean;
}

export class Ledger implements Telemetry {
  #accepted = 0;
  #left = 0;
  #alerted = 0;
  #duplicate = 0;
  #passedOn = 0;
  readonly #filtered = new Map<FilterReason, number>();
  readonly #deadLettered = new Map<DeadLetterReason, number>();

  emit(event: TelemetryEvent): void {
    switch (event.type) {
      case 'events_entered':
        this.#accepted += event.events;
        return;
      case 'events_given_back':
        this.#accepted -= event.events;
        return;
      case 'events_passed_on':
        this.#passedOn += event.events;
        return;
      case 'events_left':
        this.#left += event.events;
        return;
      case 'alert_published':
        this.#alerted++;
        return;
      case 'event_duplicate':
        this.#duplicate++;
        return;
      case 'events_filtered':
        this.#filtered.set(event.reason, (this.#filtered.get(event.reason) ?? 0) + event.events);
        return;
      case 'events_dead_lettered':
        this.#deadLettered.set(event.reason, (this.#deadLettered.get(event.reason) ?? 0) + event.events);
        return;
      case 'batch_accepted':
      case 'entries_ignored':
      case 'batch_spooled':
      case 'batches_drained':
      case 'request_refused':
      case 'connection_dropped':
      case 'files_reloaded':
      case 'records_processed':
      case 'step_retried':
      case 'step_isolated':
      case 'attempt_ended':
      case 'attempts_unnoted':
      case 'event_slow':
      case 'put_back_unreadable':
      case 'state_lost':
      case 'dead_letters_dropped':
      case 'context_forgotten':
      case 'context_skipped':
      case 'alert_revised':
      case 'revisions_exhausted':
      case 'revision_missed':
      case 'alerts_passed':
      case 'state_restored':
      case 'records_lost':
      case 'publish_completed':
      case 'partitions_assigned':
      case 'dependency_warning':
    }
  }

  report(): LedgerReport {
    const inFlight = this.#accepted - this.#left;
    const outcomes =
      this.#alerted + this.#duplicate + this.#passedOn + total(this.#filtered) + total(this.#deadLettered);
    return {
      accepted: this.#accepted,
      alerted: this.#alerted,
      filtered: Object.fromEntries(this.#filtered),
      duplicate: this.#duplicate,
      passedOn: this.#passedOn,
      deadLettered: Object.fromEntries(this.#deadLettered),
      inFlight,
      balanced: this.#accepted === outcomes + inFlight && inFlight >= 0,
    };
  }
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
