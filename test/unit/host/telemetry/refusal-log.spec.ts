/** Log lines of refusals: the first of a kind and sender, then a sum; and never more than so many. */
import { RefusalLog } from '@arrivals/host';
import assert from 'node:assert/strict';
import { eventually } from '../../../support/eventually.ts';

interface Line {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function recorded(minuteMs?: number): { readonly log: RefusalLog; readonly lines: Line[] } {
  const lines: Line[] = [];
  const write = (message: string, fields: Readonly<Record<string, unknown>>): void => {
    lines.push({ message, fields });
  };
  return { log: new RefusalLog(minuteMs === undefined ? { write } : { write, minuteMs }), lines };
}

describe('the log of refusals', () => {
  it('keeps senders and kinds apart: a flood of one hides no other', () => {
    const { log, lines } = recorded();
    for (let i = 0; i < 10_000; i++) log.take({ from: 'a', what: 'route_unknown' }, 'refused', { i });
    log.take({ from: 'a', what: 'internal' }, 'refused', { of: 'a' });
    log.take({ from: 'b', what: 'route_unknown' }, 'refused', { of: 'b' });
    assert.deepEqual(
      lines.map(({ fields }) => fields),
      [{ i: 0 }, { i: 1 }, { i: 2 }, { of: 'a' }, { of: 'b' }],
    );
  });

  it('writes the sum of what it held back when the minute is over, and begins anew', async () => {
    const { log, lines } = recorded(50);
    for (let i = 0; i < 10; i++) log.take({ from: 'a', what: 'x' }, 'refused', {});
    await eventually('the sum', () => lines.length === 4 || undefined);
    assert.deepEqual(lines[3]?.fields, { type: 'refusals_summed', from: 'a', what: 'x', count: 7 });
    log.take({ from: 'a', what: 'x' }, 'refused', {});
    assert.equal(lines.length, 5);
  });

  it('writes nothing more of who was refused little', () => {
    const { log, lines } = recorded();
    log.take({ from: 'a', what: 'x' }, 'refused', {});
    log.flush();
    assert.equal(lines.length, 1);
  });

  it('stays within its bounds however many senders there are, and loses none from the count', () => {
    const { log, lines } = recorded();
    for (let i = 0; i < 100_000; i++)
      log.take({ from: `10.0.${String(i % 5000)}`, what: 'x' }, 'refused', {});
    const single = lines.length;
    log.flush();
    const sums = lines.slice(single);
    assert.ok(single <= 120 && sums.length <= 21, `${String(single)} and ${String(sums.length)}`);
    assert.equal(single + sums.reduce((sum, { fields }) => sum + Number(fields['count']), 0), 100_000);
  });
});
