/**
 * What must be true of each scenario: one table.
 *
 * Nothing acknowledged is ever missing. Nothing is told twice at read_committed, except where the memory of what was told
 * is itself what was lost or away: there a repeat must say by a flag that it may be one.
 */
import assert from 'node:assert/strict';
import type { Measured } from './run.ts';

interface Expectation {
  /** Pairs of alert id and revision that come again at read_committed: none, or only with a flag that says so. */
  readonly repeats: 'none' | 'flagged';
  /** Creations that the client, as an API server would, stopped sending before they were acknowledged. */
  readonly givenUp: 'none' | 'counted';
}

const STRICT: Expectation = { repeats: 'none', givenUp: 'none' };

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  // Alerts pass without the state, or with one that has lost its claims: each says so.
  f2: { ...STRICT, repeats: 'flagged' },
  f3: { ...STRICT, repeats: 'flagged' },
  // Five minutes are longer than an API server sends again, and these webhooks have no spool.
  e5: { ...STRICT, givenUp: 'counted' },
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
