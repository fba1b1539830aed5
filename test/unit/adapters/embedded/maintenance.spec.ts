/** Maintenance never overlaps, and whoever closes waits for what is under way. */
import { Maintenance } from '@arrivals/adapters/embedded';
import assert from 'node:assert/strict';

describe('maintenance of a store', () => {
  /** Steps that end when the test says so. */
  const steps = (count: number) => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const made = Array.from({ length: count }, (_unused, i) => () => {
      begun.push(i);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
    return { begun, made, end: () => ends.pop()?.() };
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('has one run at a time, step by step', async () => {
    const { begun, made, end } = steps(2);
    const maintenance = new Maintenance(made);
    const [first, second] = [maintenance.run(), maintenance.run()];
    assert.deepEqual(begun, [0]);
    end();
    await turn();
    assert.deepEqual(begun, [0, 1]);
    end();
    await Promise.all([first, second]);
    void maintenance.run();
    assert.deepEqual(begun, [0, 1, 0]);
  });

  it('is closed when the step under way has ended, and begins no other', async () => {
    const { begun, made, end } = steps(2);
    const maintenance = new Maintenance(made);
    const running = maintenance.run();
    let closed = false;
    const closing = maintenance.close().then(() => {
      closed = true;
    });
    await turn();
    assert.equal(closed, false);
    end();
    await Promise.all([running, closing]);
    await maintenance.run();
    assert.deepEqual(begun, [0]);
  });

  it('tells whoever runs it what failed, and not whoever closes', async () => {
    const maintenance = new Maintenance([() => Promise.reject(new Error('injected'))]);
    const running = assert.rejects(maintenance.run(), /injected/);
    await maintenance.close();
    await running;
  });
});
