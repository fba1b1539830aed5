/**
 * What must be true of each scenario: one table.
 *
 * Nothing acknowledged is ever missing. Nothing is told twice at read_committed, except where the memory of what was told
 * is itself what was lost: there repeats are counted and shown. Those that the fault cannot excuse are not.
 */
import assert from 'node:assert/strict';
import type { Measured } from './run.ts';

interface Expectation {
  /** Pairs of alert id and revision that come again at read_committed: none, only with a flag that says so, or any. */
  readonly repeats: 'none' | 'flagged' | 'counted';
  /** Creations that the client, as an API server would, stopped sending before they were acknowledged. */
  readonly givenUp: 'none' | 'counted';
}

const STRICT: Expectation = { repeats: 'none', givenUp: 'none' };

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  // The claims are gone: a copy that comes later is told again, under the same pair. Nothing says so yet.
  f3: { ...STRICT, repeats: 'counted' },
  // Five minutes are longer than an API server sends again, until webhooks have a spool.
  e4: { ...STRICT, givenUp: 'counted' },
};

export function meetsExpectations(measured: Measured): void {
  const { id, missing, committed, givenUp, recoverySeconds, badExits, ledgers, acknowledged } = measured;
  const { repeats, givenUp: given } = EXPECTATIONS[id] ?? STRICT;
  assert.ok(acknowledged > 0, 'nothing was acknowledged');
  assert.deepEqual(missing, [], `${String(missing.length)} of ${String(acknowledged)} acknowledged creations are missing`);
  assert.equal(committed.toldUnderTwoIds, 0, 'creations told under more than one alert id or revision');
  if (repeats === 'none') assert.equal(committed.repeated, 0, 'alerts repeated at read_committed');
  if (repeats === 'flagged') assert.equal(committed.repeated - committed.repeatedFlagged, 0, 'alerts repeated at read_committed without a flag');
  if (given === 'none') assert.equal(givenUp, 0, 'creations that the client gave up');
  assert.notEqual(recoverySeconds, undefined, 'a subscriber never saw all of it');
  assert.deepEqual(badExits, [], 'exit codes of services that were asked to end');
  assert.ok(
    ledgers.every(({ balanced, inFlight }) => balanced && inFlight === 0),
    `a ledger that does not balance: ${JSON.stringify(ledgers)}`,
  );
}
