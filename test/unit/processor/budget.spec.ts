/** How long an event takes, and whose turn it is meanwhile. */
import type { Steps, TelemetryEvent } from '@arrivals/core';
import { Yielder, withinBudgetInTurns } from '@arrivals/processor';
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';

const PLACE = { topic: 't', partition: 1, offset: 2, index: 3 };

function busy(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

describe('the steps of one event', () => {
  function* steps(count: number, ms: number): Steps<string> {
    for (let i = 0; i < count; i++) {
      busy(ms);
      yield;
    }
    return 'done';
  }

  it('give others their turn in between', async () => {
    let yielder = 0;
    const over = new AbortController();
    const others = (async () => {
      for (; !over.signal.aborted; yielder++) await setImmediate();
    })();
    assert.equal(await withinBudgetInTurns('build', PLACE, undefined, steps(4, 25), new Yielder()), 'done');
    over.abort();
    await others;
    assert.ok(yielder >= 4, String(yielder));
  });

  it('fail as the step does that fails', async () => {
    function* failing(): Steps<string> {
      yield;
      throw new Error('no alert');
    }
    await assert.rejects(withinBudgetInTurns('build', PLACE, undefined, failing(), new Yielder()), {
      message: 'no alert',
    });
  });

  it('are told of when they took too long together, and what others did meanwhile is not counted', async () => {
    const events: TelemetryEvent[] = [];
    const telemetry = { emit: (event: TelemetryEvent) => events.push(event) };
    const others = setImmediate().then(() => {
      busy(2100);
    });
    await withinBudgetInTurns('build', PLACE, telemetry, steps(3, 25), new Yielder());
    await others;
    assert.equal(events.length, 0);
    await withinBudgetInTurns('build', PLACE, telemetry, steps(2, 1050), new Yielder());
    assert.equal(events[0]?.type, 'event_slow');
  });
});
