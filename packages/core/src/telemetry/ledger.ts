/**
 * The account of every event: accepted = alerted + filtered + duplicate + dead-lettered + passed on + in
 * flight, at every moment.
 *
 * Invariant: the two sides are counted apart. `inFlight` moves when events enter and leave, the outcomes when
 * each is decided and durable; `balanced` compares them, so an event that leaves without an outcome shows.
 * Which event moves which column stands in the table of events. Counts one process since its start; it
 * persists nothing.
 */
import type { DeadLetterReason } from '../audit/validity.ts';
import type { FilterReason } from '../creation/select.ts';
import type { AccountColumn, AccountRow } from './event-row.ts';
import {
  type Telemetry,
  TELEMETRY_EVENTS,
  type TelemetryEvent,
  type TelemetryFields,
  type TelemetryType,
} from './events.ts';

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

const OUTCOMES: readonly AccountColumn[] = ['alerted', 'filtered', 'duplicate', 'passedOn', 'deadLettered'];

export class Ledger implements Telemetry {
  /** Of each column the numbers by reason; of a column without reasons there is one. */
  readonly #columns: Readonly<Record<AccountColumn, Map<string, number>>> = {
    accepted: new Map(),
    left: new Map(),
    alerted: new Map(),
    filtered: new Map(),
    duplicate: new Map(),
    passedOn: new Map(),
    deadLettered: new Map(),
  };

  emit<Type extends TelemetryType>(event: TelemetryEvent<Type>): void {
    const account: AccountRow<TelemetryFields[Type]> | undefined = TELEMETRY_EVENTS[event.type].account;
    if (account === undefined) return;
    const reason = account.by === undefined ? '' : String(event[account.by]);
    const numbers = this.#columns[account.column];
    numbers.set(reason, (numbers.get(reason) ?? 0) + (account.events?.(event) ?? 1));
  }

  report(): LedgerReport {
    const accepted = this.#total('accepted');
    const inFlight = accepted - this.#total('left');
    const outcomes = OUTCOMES.reduce((sum, column) => sum + this.#total(column), 0);
    return {
      accepted,
      alerted: this.#total('alerted'),
      filtered: Object.fromEntries(this.#columns.filtered),
      duplicate: this.#total('duplicate'),
      passedOn: this.#total('passedOn'),
      deadLettered: Object.fromEntries(this.#columns.deadLettered),
      inFlight,
      balanced: accepted === outcomes + inFlight && inFlight >= 0,
    };
  }

  #total(column: AccountColumn): number {
    let sum = 0;
    for (const count of this.#columns[column].values()) sum += count;
    return sum;
  }
}
