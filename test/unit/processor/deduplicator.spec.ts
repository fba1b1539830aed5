/**
 * What becomes of candidates while the state is away, by a clock that the test sets: waited for, passed with
 * flags, made good.
 */
import {
  ArrivalsError,
  type ClaimRequest,
  type ClaimResult,
  type ClaimStore,
  type EventPosition,
  samePosition,
} from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import { type Candidate, Deduplicator, type DeduplicatorOptions } from '@arrivals/processor';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { podCreation } from '../../support/audit-events.ts';
import { eventually } from '../../support/eventually.ts';
import { recording } from '../../support/telemetry.ts';

const WAIT_MS = 60_000;
const FLAGS = ['notDeduplicated', 'notEnriched'];
const EVENT = readAuditEvent(podCreation());

const at = (offset: number): EventPosition => ({ topic: 'raw', partition: 0, offset, index: 0 });

const candidate = (text: string, offset: number, redrive?: Candidate['redrive']): Candidate => ({
  cluster: 'default',
  created: 'Pod',
  event: EVENT,
  bytes: Buffer.alloc(0),
  identity: createHash('sha256').update(text).digest(),
  position: at(offset),
  originalPosition: at(offset),
  receivedAtMicros: 0,
  redrive,
});

/** A state that keeps claims in memory, and that fails where the test says so. */
class FailingState implements ClaimStore {
  fails: (request?: ClaimRequest) => boolean = () => false;
  readonly claims = new Map<string, EventPosition>();
  readonly begun: boolean[] = [];
  calls = 0;

  begin(isNew: boolean): Promise<void> {
    if (this.fails()) return this.#away();
    this.begun.push(isNew);
    return Promise.resolve();
  }

  claim(requests: readonly ClaimRequest[]): Promise<readonly ClaimResult[]> {
    this.calls++;
    if (requests.some((request) => this.fails(request))) return this.#away();
    return Promise.resolve(
      requests.map(({ identity, by }) => {
        const of = this.claims.get(identity.toString('hex')) ?? by;
        this.claims.set(identity.toString('hex'), of);
        return samePosition(of, by) ? { outcome: 'claimed' } : { outcome: 'duplicate', of };
      }),
    );
  }

  #away(): Promise<never> {
    return Promise.reject(new ArrivalsError('state_unavailable', 'injected'));
  }
}

describe('deduplication without its state', () => {
  let state: FailingState;
  let nowMs: number;
  let telemetry: ReturnType<typeof recording>;
  let deduplicator: Deduplicator;

  const open = (more: Partial<DeduplicatorOptions> = {}): void => {
    deduplicator = new Deduplicator({
      state,
      telemetry,
      isNew: true,
      onStateLoss: 'bypass',
      stateWaitMs: WAIT_MS,
      now: () => nowMs,
      ...more,
    });
  };
  beforeEach(() => {
    state = new FailingState();
    nowMs = 1_800_000_000_000;
    telemetry = recording();
    open();
  });
  afterEach(() => deduplicator.close());

  const away = (): void => {
    state.fails = () => true;
  };
  const back = (): void => {
    state.fails = () => false;
  };
  const waits = (chunk: readonly Candidate[]): Promise<void> =>
    assert.rejects(
      deduplicator.deduplicate(chunk),
      (error: unknown) => (error as ArrivalsError).code === 'state_unavailable',
    );
  /** Flags for each; undefined for a duplicate. */
  const verdicts = async (chunk: readonly Candidate[]): Promise<readonly unknown[]> => {
    const assessed = (await deduplicator.deduplicate(chunk)).verdicts;
    return chunk.map((each) => assessed.get(each));
  };
  const pendingClaims = async (): Promise<number | undefined> =>
    (await deduplicator.deduplicate([candidate('first', 0)])).bypassed?.pendingClaims;
  /** Has been away for the whole wait. */
  const passing = async (): Promise<void> => {
    away();
    await waits([candidate('first', 0)]);
    nowMs += WAIT_MS;
  };
  const restored = (): Promise<unknown> =>
    eventually('the state', () => telemetry.events.some(({ type }) => type === 'state_restored'));

  it('tells first ones and duplicates apart while the state is there, and asks for nothing without candidates', async () => {
    assert.deepEqual(await verdicts([candidate('a', 1), candidate('b', 2), candidate('a', 3)]), [
      [],
      [],
      undefined,
    ]);
    assert.deepEqual(await verdicts([]), []);
    assert.equal(state.calls, 1);
  });

  it('begins before the first claim, until that has succeeded', async () => {
    away();
    await deduplicator.begin();
    await waits([candidate('a', 1)]);
    assert.deepEqual(state.begun, []);
    back();
    for (const offset of [1, 2]) await verdicts([candidate('a', offset)]);
    assert.deepEqual(state.begun, [true]);
  });

  it('leaves the failure to the caller until the wait is over, and says how much of it is left', async () => {
    const chunk = [candidate('a', 1)];
    assert.equal(deduplicator.leftMs(chunk), Number.POSITIVE_INFINITY);
    away();
    await waits(chunk);
    assert.equal(deduplicator.leftMs(chunk), WAIT_MS);
    nowMs += WAIT_MS - 1;
    await waits(chunk);
    assert.deepEqual([deduplicator.leftMs(chunk), deduplicator.problems], [1, []]);
    nowMs += 1;
    const { verdicts: flags, bypassed } = await deduplicator.deduplicate(chunk);
    assert.deepEqual([[...flags.values()], bypassed], [[FLAGS], { awayMs: WAIT_MS, pendingClaims: 1 }]);
    assert.match(deduplicator.problems.join(), /pass unchecked.*state_unavailable: injected/);
  });

  it('counts the wait from the first failure without a success in between', async () => {
    away();
    await waits([candidate('a', 1)]);
    nowMs += WAIT_MS - 1;
    back();
    await verdicts([candidate('b', 2)]);
    away();
    nowMs += 2;
    const chunk = [candidate('c', 3)];
    await waits(chunk);
    assert.equal(deduplicator.leftMs(chunk), WAIT_MS);
  });

  it('passes later ones at once, without waiting for the state', async () => {
    await passing();
    for (let offset = 1; offset < 4; offset++)
      assert.deepEqual(await verdicts([candidate(String(offset), offset)]), [FLAGS]);
  });

  it('counts the wait of one that fails again and again although others succeed: part of the state may be away', async () => {
    const bad = candidate('bad', 1);
    const chunk = [bad];
    state.fails = (request) => request?.identity === bad.identity;
    for (let i = 0; i < 60; i++) {
      await waits(chunk);
      assert.deepEqual(await verdicts([candidate(`good-${String(i)}`, 100 + i)]), [[]]);
      nowMs += 1000;
    }
    assert.deepEqual(await verdicts(chunk), [FLAGS]);
  });

  it('makes good the claims of what has passed, and then is as before', async () => {
    await passing();
    await verdicts([candidate('a', 1), candidate('b', 2)]);
    assert.equal(await pendingClaims(), 3);
    back();
    await restored();
    assert.deepEqual(await verdicts([candidate('a', 11), candidate('b', 2), candidate('c', 13)]), [
      undefined,
      [],
      [],
    ]);
    assert.deepEqual(deduplicator.problems, []);
    assert.deepEqual(
      telemetry.events.filter(({ type }) => type === 'state_restored'),
      [{ type: 'state_restored', claims: 3, awayMs: WAIT_MS }],
    );
  });

  it('waits anew when the state goes away again', async () => {
    await passing();
    await verdicts([candidate('a', 1)]);
    back();
    await restored();
    away();
    await waits([candidate('b', 2)]);
  });

  it('tells copies among those that pass apart, and lets what is delivered again pass again', async () => {
    await passing();
    assert.deepEqual(await verdicts([candidate('a', 1), candidate('a', 2)]), [FLAGS, undefined]);
    assert.deepEqual(await verdicts([candidate('a', 3)]), [undefined]);
    assert.deepEqual(await verdicts([candidate('a', 1)]), [FLAGS]);
    assert.equal(await pendingClaims(), 2);
  });

  it('keeps a bounded number of claims in mind', async () => {
    await passing();
    const many = Array.from({ length: 60_000 }, (_unused, i) => candidate(String(i), i));
    await verdicts(many);
    await verdicts(
      many.map(({ identity, ...rest }) => ({
        ...rest,
        identity: createHash('sha256').update(identity).digest(),
      })),
    );
    assert.equal(await pendingClaims(), 100_000);
    back();
    await restored();
    assert.equal(state.claims.size, 100_000);
  });

  it('waits for ever when it is told to pause', async () => {
    open({ onStateLoss: 'pause' });
    const chunk = [candidate('a', 1)];
    away();
    for (let day = 0; day < 30; day++) {
      await waits(chunk);
      assert.equal(deduplicator.leftMs(chunk), Number.POSITIVE_INFINITY);
      nowMs += 86_400_000;
    }
    back();
    assert.deepEqual(await verdicts(chunk), [[]]);
  });

  it('passes at the second try when it is told to wait for nothing', async () => {
    open({ stateWaitMs: 0 });
    const chunk = [candidate('a', 1)];
    away();
    await waits(chunk);
    assert.deepEqual([deduplicator.leftMs(chunk), await verdicts(chunk)], [0, [FLAGS]]);
  });

  it('takes whatever the state fails with for its being away', async () => {
    state.claim = () => Promise.reject(new TypeError('a fault of ours'));
    const chunk = [candidate('a', 1)];
    await waits(chunk);
    nowMs += WAIT_MS;
    assert.deepEqual(await verdicts(chunk), [FLAGS]);
  });

  describe('for a dead letter that was put back', () => {
    const letter = (text: string, offset: number): Candidate['redrive'] => ({
      identity: createHash('sha256').update(`letter ${text}`).digest(),
      by: at(offset),
    });

    for (const [when, prepare] of [
      ['while the state is there', () => Promise.resolve()],
      ['while it passes', passing],
    ] as const) {
      it(`claims the letter before the identity, so that one record of several is taken up: ${when}`, async () => {
        await prepare();
        const told = await verdicts([
          candidate('a', 1, letter('a', 11)),
          candidate('a', 1, letter('a', 12)),
          candidate('a', 1, letter('other', 13)),
          candidate('a', 2),
        ]);
        assert.deepEqual(
          told.map((flags) => flags !== undefined),
          [true, false, true, false],
        );
      });
    }
  });

  it('marks what may be a repeat after a loss', async () => {
    state.claim = (requests) =>
      Promise.resolve(requests.map(() => ({ outcome: 'claimed', afterLoss: true })));
    assert.deepEqual(await verdicts([candidate('a', 1)]), [['afterStateLoss']]);
  });

  it('can be closed while the state is away', async () => {
    await passing();
    await verdicts([candidate('a', 1)]);
    await deduplicator.close();
  });
});
