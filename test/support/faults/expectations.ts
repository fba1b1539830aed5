/**
 * What must be true of each scenario: one table.
 *
 * Nothing acknowledged is ever missing. Nothing is told twice at read_committed, except where the memory of
 * what was told is itself what was lost or away: there a repeat must say by a flag that it may be one.
 */
import assert from 'node:assert/strict';
import type { Measured } from './run.ts';
import { refusals, unbalanced } from './table.ts';

interface Expectation {
  /**
   * Pairs of alert id and revision that come again at read_committed: none, or only with a flag that says so.
   */
  readonly repeats: 'none' | 'flagged';
  /** Creations that the client, as an API server would, stopped sending before they were acknowledged. */
  readonly givenUp: 'none' | 'counted';
  /** Posts that were not answered with 200. */
  readonly refused: 'none' | 'counted';
  /** The highest resident memory of a webhook. */
  readonly webhookMibMax: number;
}

/**
 * What docs/reliability.md says of it: 90 MiB of Node's own, and three times what bodies may take (128 MiB).
 */
const WEBHOOK_MIB_MAX = 474;
const STRICT: Expectation = {
  repeats: 'none',
  givenUp: 'none',
  refused: 'counted',
  webhookMibMax: WEBHOOK_MIB_MAX,
};

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  // Alerts pass without the state, or with one that has lost its claims: each says so.
  f2: { ...STRICT, repeats: 'flagged' },
  f3: { ...STRICT, repeats: 'flagged' },
  // Five minutes are longer than an API server sends again, and these webhooks have no spool.
  e5: { ...STRICT, givenUp: 'counted' },
  // A rolling update is no fault: nobody is to notice.
  i: { ...STRICT, refused: 'none' },
};

export function meetsExpectations(measured: Measured): void {
  const { id, missing, committed, givenUp, recoverySeconds, badExits, acknowledged, webhookMib } = measured;
  const { repeats, givenUp: given, refused, webhookMibMax } = EXPECTATIONS[id] ?? STRICT;
  assert.ok(acknowledged > 0, 'nothing was acknowledged');
  assert.deepEqual(
    missing,
    [],
    `${String(missing.length)} of ${String(acknowledged)} acknowledged creations are missing`,
  );
  assert.equal(committed.toldUnderTwoIds, 0, 'creations told under more than one alert id or revision');
  if (repeats === 'none') assert.equal(committed.repeated, 0, 'alerts repeated at read_committed');
  if (repeats === 'flagged')
    assert.equal(
      committed.repeated - committed.repeatedFlagged,
      0,
      'alerts repeated at read_committed without a flag',
    );
  if (given === 'none') assert.equal(givenUp, 0, 'creations that the client gave up');
  if (refused === 'none')
    assert.equal(refusals(measured), 0, `answers: ${JSON.stringify([...measured.answers])}`);
  assert.ok(webhookMib <= webhookMibMax, `a webhook took ${String(webhookMib)} MiB`);
  assert.notEqual(recoverySeconds, undefined, 'a subscriber never saw all of it');
  assert.deepEqual(badExits, [], 'services that were asked to end and did not end well');
  assert.deepEqual(unbalanced(measured), [], 'ledgers that do not balance');
}
