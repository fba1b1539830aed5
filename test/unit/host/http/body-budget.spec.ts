/** Shares of the memory for bodies: who gets it, and who gives way. */
import { BodyBudget, type HeldBody } from '@arrivals/host';
import { ArrivalsError } from '@arrivals/core';
import assert from 'node:assert/strict';

const MAX = 100;

function budget(requestsPerSenderMax = 1000): {
  readonly open: (sender: string, bytes?: number) => HeldBody;
  readonly pass: (ms: number) => void;
} {
  let nowMs = 0;
  const shares = new BodyBudget({ bodiesBytesMax: MAX, requestsPerSenderMax }, () => nowMs);
  return {
    open: (sender, bytes = 0) => {
      const body = shares.open(sender);
      if (bytes > 0) body.hold(bytes);
      return body;
    },
    pass: (ms) => (nowMs += ms),
  };
}

const overloaded = (error: unknown) => error instanceof ArrivalsError && error.code === 'overloaded';
const gaveWay = ({ signal }: HeldBody) => signal.aborted;

describe('memory for bodies', () => {
  it('is all one sender’s while nobody else wants it', () => {
    const { open } = budget();
    const bodies = [open('a', 50), open('a', 50)];
    assert.deepEqual(bodies.map(gaveWay), [false, false]);
  });

  it('is refused to the sender that holds it already', () => {
    const { open } = budget();
    open('a', 60);
    const second = open('a');
    assert.throws(() => {
      second.hold(50);
    }, overloaded);
  });

  it('is taken from the sender that holds most, for one that holds less', () => {
    const { open } = budget();
    const [small, large] = [open('b', 10), open('a', 90)];
    open('c', 40);
    assert.deepEqual([small, large].map(gaveWay), [false, true]);
  });

  it('is not taken for a sender that would hold more than who gives way', () => {
    const { open } = budget();
    const bodies = [open('a', 50), open('b', 50)];
    const third = open('c');
    assert.throws(() => {
      third.hold(60);
    }, overloaded);
    assert.deepEqual(bodies.map(gaveWay), [false, false]);
  });

  it('is taken from an upload that stands still, whoever wants it', () => {
    const { open, pass } = budget();
    const still = open('a', 100);
    pass(1500);
    open('a', 100);
    assert.equal(gaveWay(still), true);
  });

  it('is taken from an upload that creeps, whoever wants it', () => {
    const { open, pass } = budget();
    const creeping = open('a', 50);
    for (let i = 0; i < 10; i++) {
      pass(600);
      creeping.hold(5);
    }
    open('a', 100);
    assert.equal(gaveWay(creeping), true);
  });

  it('is never taken from a body that has arrived', () => {
    const { open, pass } = budget();
    const arrived = open('a', 100);
    arrived.arrived();
    pass(60_000);
    const other = open('b');
    assert.throws(() => {
      other.hold(1);
    }, overloaded);
    assert.equal(gaveWay(arrived), false);
  });

  it('is free when a body ends, or gives way, once', () => {
    const { open, pass } = budget();
    const still = open('a', 100);
    pass(1500);
    const second = open('b', 100);
    still.close(0);
    second.close(0);
    second.close(0);
    const all = open('c', 100);
    const one = open('c');
    assert.throws(() => {
      one.hold(1);
    }, overloaded);
    all.close(0);
    one.hold(1);
  });

  it('counts on until what was kept of a body has settled', async () => {
    const { open } = budget();
    let settle: () => void = () => undefined;
    const kept = new Promise<void>((resolve) => (settle = resolve));
    open('a', 10).close(60, kept);
    const second = open('a');
    assert.throws(() => {
      second.hold(50);
    }, overloaded);
    settle();
    await kept;
    second.hold(50);
  });

  it('is for so many bodies of a sender at a time', () => {
    const { open } = budget(2);
    const [first] = [open('a'), open('a')];
    assert.throws(() => open('a'), overloaded);
    open('b');
    first.close(0);
    open('a');
  });
});
