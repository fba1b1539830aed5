/** The metrics’ text: written once for all who wait, and never before it was asked for. */
import { MetricsText } from '@arrivals/host';
import assert from 'node:assert/strict';

describe('the text of the metrics', () => {
  it('is written once for all who wait, as the same bytes', async () => {
    let written = 0;
    const text = new MetricsText(() => Promise.resolve(`written ${String(++written)}`));
    await text.read();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => text.read()));
    assert.equal(written, 2);
    assert.equal(new Set(answers).size, 1);
  });

  it('tells what was counted before it was asked for', async () => {
    let counted = 0;
    const text = new MetricsText(() => Promise.resolve(String(counted)));
    for (let i = 0; i < 3; i++) {
      counted++;
      assert.equal((await text.read()).toString(), String(counted));
    }
  });

  it('is written anew after it could not be', async () => {
    let tries = 0;
    const text = new MetricsText(() =>
      ++tries === 1 ? Promise.reject(new Error('a fault')) : Promise.resolve('metrics'),
    );
    await assert.rejects(text.read(), /a fault/);
    assert.equal((await text.read()).toString(), 'metrics');
  });
});
