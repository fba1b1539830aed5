/**
 * Without the context, or after it was lost: alerts wait for it or say so, and nothing waits twice, for ever
 * or in silence.
 */
import type { State } from '@arrivals/core';
import { openEmbedded } from '@arrivals/adapters/embedded';
import assert from 'node:assert/strict';
import { podRead } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { faultyState, stateAway } from '../support/faulty.ts';
import { bare, pod } from '../support/late-owners.ts';
import { boundMs } from '../support/pace.ts';
import { pipeline } from '../support/pipeline.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

describe('the context, with faults at the ports', () => {
  const line = pipeline();
  const { post, start, stop, settled, posted, problem, problems, alerts, count, failing } = line;
  describe('without the context', () => {
    const WAIT_MS = 300;
    /** Takes claims, and nothing else. */
    const claimsOnly = (): State => {
      const state = faultyState(line.embedded.state, line.faults);
      return { ...state, remember: stateAway, recall: stateAway, watch: stateAway, revise: stateAway };
    };

    it('alerts wait, and are as ever when it is back in time', async () => {
      line.faults.state = stateAway;
      await post(pod('p1'));
      await start({ onStateLoss: 'bypass', stateWaitMs: 60_000 });
      await problem('state_unavailable');
      line.faults.state = undefined;
      await settled();
      const [alert] = await alerts();
      assert.deepEqual([alert?.flags, alert?.author !== null], [[], true]);
    });

    it('alerts pass after one wait, not two, and say that it was not asked', async () => {
      line.faults.state = stateAway;
      const startedMs = performance.now();
      await post(pod('p1'));
      await start({ onStateLoss: 'bypass', stateWaitMs: 1000 });
      await settled();
      assert.ok(performance.now() - startedMs < boundMs(2000), String(performance.now() - startedMs));
      const [alert, ...more] = await alerts();
      assert.deepEqual(
        [alert?.flags, alert?.author, alert?.context, more.length],
        [['notDeduplicated', 'notEnriched'], null, null, 0],
      );
      assert.deepEqual(
        alert?.unknown
          .filter(({ path }) => path === 'author' || path === 'context')
          .map(({ reason }) => reason),
        ['notSeen', 'notSeen'],
      );
      assert.ok(count('step_retried') < 20, String(count('step_retried')));
    });

    it('facts that are lost are counted once, though the bus fails too', async () => {
      line.faults.state = stateAway;
      failing(2);
      await post(pod('p1'));
      await start({ onStateLoss: 'bypass', stateWaitMs: 0 });
      await settled();
      assert.equal(count('context_skipped'), 1);
    });

    it('alerts are flagged with notEnriched alone where claims work', async () => {
      await post(pod('p1'));
      const passing = await start({ state: claimsOnly(), onStateLoss: 'bypass', stateWaitMs: WAIT_MS });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
      assert.match(passing.problems().join(), /without the context/);
      assert.equal(count('context_skipped'), 1);
    });

    it('a chunk goes on without, although others are served in the meantime', async () => {
      const { state } = line.embedded;
      await post([pod('p1')]);
      await start({
        state: { ...faultyState(state, line.faults), recall: stateAway },
        onStateLoss: 'bypass',
        stateWaitMs: WAIT_MS,
      });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
    });

    it('alerts are as ever when it is back, and those from then on are told anew', async () => {
      let away = true;
      const state = faultyState(line.embedded.state, line.faults);
      const remember: State['remember'] = (facts, nowMs) =>
        away ? stateAway() : state.remember(facts, nowMs);
      let nowMs = Date.now();
      await post(pod('p1'));
      await start({ state: { ...state, remember }, onStateLoss: 'bypass', stateWaitMs: 0, now: () => nowMs });
      await settled();
      away = false;
      nowMs += 10_000;
      await posted(pod('p2'));
      await posted(bare);
      assert.deepEqual(problems(), []);
      assert.deepEqual(
        (await alerts()).map(({ object, revision, flags }) => [object.uid, revision, ...flags]),
        [
          ['p1', 1, 'notEnriched'],
          ['p2', 1],
          ['p2', 2],
        ],
      );
    });

    it('alerts wait for ever where they are told to', async () => {
      await post(pod('p1'));
      await start({ state: claimsOnly(), onStateLoss: 'pause', stateWaitMs: 0 });
      await problem('state_unavailable');
      await eventually('some tries', () => count('step_retried') > 4 || undefined);
      assert.deepEqual(await alerts(), []);
    });

    it('what is out of the context’s bounds, as only a fault of ours makes it, holds up nobody', async () => {
      await post(pod('p1'));
      await start({
        state: {
          ...faultyState(line.embedded.state, line.faults),
          remember: () => Promise.reject(new RangeError('injected')),
        },
      });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
      assert.deepEqual([count('step_isolated'), count('context_skipped')], [1, 1]);
    });
  });

  it('asks the state nothing for a batch without facts and creations', async () => {
    await post(podRead(), podRead());
    line.faults.state = stateAway;
    await start();
    await settled();
  });

  it('revisions say that they may be repeats after the state was lost', async () => {
    const elsewhere = await temporaryFolder();
    const other = openEmbedded({
      folder: elsewhere,
      topics: {},
      claimTtlMs: 1e9,
      ...CONTEXT,
      telemetry: silent,
      now: Date.now,
    });
    try {
      await post(pod('p1'));
      await start();
      await posted(bare);
      await stop();
      await start({ state: other.state });
      await posted(pod('p1'));
      await posted({ ...bare, auditID: 'anew' });
      assert.deepEqual(
        (await alerts()).map(({ revision, flags }) => [revision, ...flags]),
        [[1], [2], [1, 'afterStateLoss'], [2, 'afterStateLoss']],
      );
      await stop();
    } finally {
      await other.close();
      await removeFolder(elsewhere);
    }
  });
});
