/**
 * What a row of the table of events holds: the metrics that one event moves, its log line, and what it is in
 * the account of events.
 *
 * Invariant: a label is a field with a closed set of values, or the name of a configured cluster or topic. A
 * field of any other text is refused by the type, so that no sender makes series.
 */

export interface MetricRow<Fields> {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly BoundedField<Fields>[];
  /** What is added, set or observed; absent: 1. A counter is left alone by 0. */
  readonly value?: (fields: Fields) => number;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogRow<Fields> {
  readonly level: LogLevel;
  readonly message: string;
  /** Absent: always. */
  readonly when?: (fields: Fields) => boolean;
  /** Lines of one sender and kind are few, the others are summed up (refusal-log.ts of the host). */
  readonly limitedBy?: (fields: Fields) => { readonly from: string; readonly what: string };
}

/** The columns of the account (ledger.ts); events that are given back are subtracted. */
export type AccountColumn =
  'accepted' | 'left' | 'alerted' | 'duplicate' | 'passedOn' | 'filtered' | 'deadLettered';

export interface AccountRow<Fields> {
  readonly column: AccountColumn;
  /** Absent: 1. */
  readonly events?: (fields: Fields) => number;
  /** The field that the column is divided by. */
  readonly by?: BoundedField<Fields>;
}

export interface EventRow<Fields> {
  readonly metrics?: readonly MetricRow<Fields>[];
  /** The first whose `when` holds is written; none: no line. */
  readonly log?: readonly LogRow<Fields>[];
  readonly account?: AccountRow<Fields>;
}

/** A row for each event of a group. */
export type EventRows<Events> = { readonly [Type in keyof Events]: EventRow<Events[Type]> };

export type BoundedField<Fields> = {
  [Field in keyof Fields & string]: Field extends 'cluster' | 'topic'
    ? Field
    : string extends Fields[Field]
      ? never
      : Fields[Field] extends string
        ? Field
        : never;
}[keyof Fields & string];

/** Of the histograms of seconds. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
];
