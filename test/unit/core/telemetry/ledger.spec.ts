/**
 * The account: balanced while every event that leaves has its outcome, and visibly not when one leaves
 * without.
 */
import { type FilterReason, Ledger, type LedgerReport, type TelemetryEvent } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../samples.ts';

const cluster = 'prod';
const entered = (events: number, from: 'webhook' | 'spool' | 'bus' = 'webhook'): TelemetryEvent => ({
  type: 'events_entered',
  cluster,
  events,
  from,
});
const left = (events: number): TelemetryEvent => ({ type: 'events_left', cluster, events });
const filtered = (events: number, reason: FilterReason = 'other_stage'): TelemetryEvent => ({
  type: 'events_filtered',
  cluster,
  reason,
  events,
});
const alerted: TelemetryEvent = { type: 'alert_published', cluster, kind: 'Pod' };
const duplicate: TelemetryEvent = { type: 'event_duplicate', cluster };
const dead: TelemetryEvent = { type: 'events_dead_lettered', cluster, reason: 'verb_missing', events: 1 };

function after(...events: readonly TelemetryEvent[]): LedgerReport {
  const ledger = new Ledger();
  for (const event of events) ledger.emit(event);
  return ledger.report();
}

const NOTHING: LedgerReport = {
  accepted: 0,
  alerted: 0,
  filtered: {},
  duplicate: 0,
  passedOn: 0,
  deadLettered: {},
  inFlight: 0,
  balanced: true,
};

describe('Ledger', () => {
  it('begins balanced with nothing', () => {
    assert.deepStrictEqual(after(), NOTHING);
  });

  it('has what entered in flight until it leaves', () => {
    assert.deepStrictEqual(after(entered(5), entered(2, 'bus')), { ...NOTHING, accepted: 7, inFlight: 7 });
  });

  it('has what is in the spool in flight, from this process or an earlier one, until it is passed on', () => {
    const spooled: TelemetryEvent = { type: 'batch_spooled', cluster, events: 5, bytes: 1000 };
    const before = after(entered(3, 'spool'), entered(5), spooled);
    assert.deepStrictEqual(before, { ...NOTHING, accepted: 8, inFlight: 8 });
    const drained: TelemetryEvent = {
      type: 'batches_drained',
      batches: 2,
      events: 8,
      bytes: 2000,
      overdue: 0,
    };
    const report = after(
      entered(3, 'spool'),
      entered(5),
      spooled,
      { type: 'events_passed_on', cluster, events: 8 },
      left(8),
      drained,
    );
    assert.deepStrictEqual(report, { ...NOTHING, accepted: 8, passedOn: 8 });
  });

  it('counts each outcome, the filtered and the dead-lettered by reason', () => {
    const report = after(
      ...[entered(9), alerted, alerted, duplicate, filtered(3), filtered(1, 'dry_run'), filtered(1)],
      ...[dead, left(9)],
    );
    const outcomes = {
      alerted: 2,
      duplicate: 1,
      filtered: { other_stage: 4, dry_run: 1 },
      deadLettered: { verb_missing: 1 },
    };
    assert.deepStrictEqual(report, { ...NOTHING, ...outcomes, accepted: 9 });
  });

  it('counts what another process decides on as passed on', () => {
    const report = after(entered(5), dead, { type: 'events_passed_on', cluster, events: 4 }, left(5));
    assert.deepStrictEqual(report, {
      ...NOTHING,
      accepted: 5,
      passedOn: 4,
      deadLettered: { verb_missing: 1 },
    });
  });

  it('forgets what was given back, as if it had not entered', () => {
    assert.deepStrictEqual(after(entered(5, 'bus'), { type: 'events_given_back', cluster, events: 3 }), {
      ...NOTHING,
      accepted: 2,
      inFlight: 2,
    });
  });

  it('stays balanced after any sequence of steps in which each event that leaves has an outcome', () => {
    /** A step: some events enter, or up to so many of those in flight get outcomes and leave. */
    const outcome = fc.constantFrom(
      alerted,
      duplicate,
      dead,
      filtered(1),
      filtered(1, 'dry_run'),
      filtered(2),
    );
    const step = fc.oneof(
      fc.integer({ min: 0, max: 400 }).map((events) => ({ events, outcomes: [] as TelemetryEvent[] })),
      fc.array(outcome, { maxLength: 20 }).map((outcomes) => ({ events: 0, outcomes })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const ledger = new Ledger();
        let [accepted, inFlight] = [0, 0];
        for (const { events, outcomes } of steps) {
          ledger.emit(entered(events));
          accepted += events;
          inFlight += events;
          let decided = 0;
          for (const event of outcomes) {
            const count = event.type === 'events_filtered' ? event.events : 1;
            if (decided + count > inFlight) break;
            ledger.emit(event);
            decided += count;
          }
          ledger.emit(left(decided));
          inFlight -= decided;
          const report = ledger.report();
          assert.deepStrictEqual(
            [report.accepted, report.inFlight, report.balanced],
            [accepted, inFlight, true],
          );
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('is not balanced when an event leaves without an outcome, and does not become so by itself', () => {
    const lost = [entered(3), alerted, duplicate, left(3)];
    assert.equal(after(...lost).balanced, false);
    assert.equal(after(...lost, entered(10), filtered(10), left(10)).balanced, false);
    assert.equal(after(entered(1), left(1)).balanced, false);
  });

  it('is not balanced when one event has two outcomes', () => {
    assert.equal(after(entered(1), alerted, duplicate, left(1)).balanced, false);
    assert.equal(after(entered(1), filtered(2), left(1)).balanced, false);
  });

  it('is not moved by what tells of batches, records, refusals and retries', () => {
    const others: readonly TelemetryEvent[] = [
      {
        type: 'batch_accepted',
        cluster,
        requestId: 'r',
        events: 5,
        bytes: 1,
        records: 1,
        cutEvents: 1,
        seconds: 1,
      },
      { type: 'request_refused', code: 'body_not_json', detail: '' },
      {
        type: 'records_processed',
        records: 1,
        events: 5,
        alerts: 1,
        duplicates: 1,
        deadLetters: 1,
        seconds: 1,
      },
      { type: 'step_retried', step: 'process', code: 'state_unavailable', detail: '', waitMs: 1 },
      { type: 'state_lost', of: 'redis', parts: 1, detail: '' },
      { type: 'alerts_unchecked', events: 3, awayMs: 1, pendingClaims: 3 },
      { type: 'state_restored', claims: 3, awayMs: 2 },
    ];
    assert.deepStrictEqual(after(...others), NOTHING);
  });

  it('gives reports that later events leave as they are', () => {
    const ledger = new Ledger();
    ledger.emit(filtered(1));
    const report = ledger.report();
    ledger.emit(filtered(1));
    assert.deepStrictEqual(report.filtered, { other_stage: 1 });
  });
});
