/** The embedded adapter's context: the contract, and what it promises beyond. */
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CONTEXT, fact, factsAbout, inShort, NOW_MS, revision, waiter } from '../support/context.ts';
import { withLmdb } from '../support/lmdb.ts';
import { recording, silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';
import { contextContract } from './context.contract.ts';
import { CLAIM_TTL_MS } from './state.contract.ts';

contextContract('the embedded adapter', async (settings) => {
  const folder = await temporaryFolder();
  const telemetry = recording();
  let nowMs = 0;
  const openHere = (): Embedded =>
    openEmbedded({ folder, topics: {}, claimTtlMs: CLAIM_TTL_MS, ...settings, telemetry, now: () => nowMs });
  let embedded = openHere();
  return {
    state: embedded.state,
    another: () => embedded.state,
    reopen: async () => {
      await embedded.close();
      embedded = openHere();
      return embedded.state;
    },
    pass: async (_ms, laterMs) => {
      nowMs = laterMs;
      await embedded.maintain();
    },
    forgotten: () =>
      telemetry.events.reduce(
        (sum, event) => sum + (event.type === 'context_forgotten' ? event.subjects : 0),
        0,
      ),
    dispose: async () => {
      await embedded.close();
      await removeFolder(folder);
    },
  };
});

describe('context in the embedded store', () => {
  let folder: string;
  const opened: Embedded[] = [];

  const openHere = (now: () => number = Date.now): Embedded => {
    const embedded = openEmbedded({
      folder,
      topics: {},
      claimTtlMs: CLAIM_TTL_MS,
      ...CONTEXT,
      telemetry: silent,
      now,
    });
    opened.push(embedded);
    return embedded;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((embedded) => embedded.close()));
    await removeFolder(folder);
  });

  it('opens a store from before there was context, and leaves it one that such a version opens', async () => {
    const identity = createHash('sha256').update('x').digest();
    const claim = { topic: 'in', partition: 0, offset: 7, index: 0, expiresAtMs: Number.MAX_SAFE_INTEGER };
    withLmdb(
      folder,
      `
      root.openDB('meta', { encoding: 'json' }).putSync('format', 1);
      root.openDB('claims', { encoding: 'json', keyEncoding: 'binary' }).putSync(Buffer.from('${identity.toString('hex')}', 'hex'), ${JSON.stringify(claim)});`,
    );
    const embedded = openHere();
    const { state } = embedded;
    const { expiresAtMs: _expiresAtMs, ...of } = claim;
    assert.deepEqual(await state.claim([{ identity, by: { ...of, offset: 8 } }], NOW_MS), [
      { outcome: 'duplicate', of },
    ]);
    await state.remember([fact('s', 'a', 1)], NOW_MS);
    assert.equal((await factsAbout(state, 's')).length, 1);
    await embedded.close();
    withLmdb(
      folder,
      "if (root.openDB('meta', { encoding: 'json' }).get('format') !== 1) throw new Error('another format');",
    );
  });

  it('is not seen when its time is over, also when nobody swept', async () => {
    const { state } = openHere();
    await state.remember([fact('s', 'a', 1), fact('t', 'a', 1)], NOW_MS);
    await state.watch([waiter('me', 'u')], NOW_MS);
    await state.revise([revision('me', 'x', ['q'])], NOW_MS);
    const laterMs = NOW_MS + 2 * CONTEXT.contextTtlMs;
    assert.deepEqual(await factsAbout(state, 's', laterMs), []);
    assert.deepEqual(await state.remember([fact('t', 'b', 1), fact('u', 'b', 1)], laterMs), []);
    assert.deepEqual(inShort(await factsAbout(state, 't', laterMs)), ['written/b@1']);
    assert.deepEqual(await state.revise([revision('me', 'y', ['q'])], laterMs), [
      { outcome: 'revision', revision: 2 },
    ]);
  });

  it('is swept in more than one go, and only what is over or too much', async () => {
    let nowMs = NOW_MS;
    const embedded = openHere(() => nowMs);
    const names = Array.from({ length: 1500 }, (_unused, i) => `s${String(i)}`);
    const facts = (cluster: string) => names.map((name) => fact(name, 'a', 1, { cluster }));
    await embedded.state.remember([...facts('a-b'), ...facts('a')], nowMs);
    nowMs += CONTEXT.contextTtlMs - 1000;
    await embedded.state.recall(facts('a').slice(0, 1200), nowMs);
    nowMs += 100_000;
    await embedded.maintain();
    assert.equal((await embedded.state.recall(facts('a'), nowMs)).get('a')?.size, CONTEXT.contextSubjectsMax);
    assert.deepEqual(await embedded.state.recall(facts('a-b'), nowMs), new Map());
    await embedded.close();
    withLmdb(
      folder,
      `
      for (const name of ['things', 'thing-uses', 'things-by-use']) {
        const left = root.openDB(name, { encoding: 'binary' }).getKeysCount();
        // And one with the time of the last eviction.
        if (left !== ${String(CONTEXT.contextSubjectsMax + 1)}) throw new Error(name + ' has ' + left);
      }`,
    );
  });

  it('is closed behind the maintenance under way, not under it', async () => {
    const embedded = openHere(() => NOW_MS + 2 * CONTEXT.contextTtlMs);
    const names = Array.from({ length: 1000 }, (_unused, i) => `s${String(i)}`);
    await embedded.state.remember(
      names.map((name) => fact(name, 'a', 1)),
      NOW_MS,
    );
    const running = [embedded.maintain(), embedded.maintain()];
    await embedded.close();
    await Promise.all([...running, embedded.maintain()]);
  });

  it('that cannot be read is skipped, and is the first to go when there is too much', async () => {
    const kind = { name: 'k', keep: 'newest', max: 3 } as const;
    const embedded = openHere();
    await embedded.state.remember([fact('s', 'a', 1, { kind })], NOW_MS);
    await embedded.state.watch([waiter('me', 's')], NOW_MS);
    await embedded.state.revise([revision('me', 'x', ['q'])], NOW_MS);
    await embedded.close();
    const strange = ['2 1\n\n{}', '1 x\n\n{}', '1 5', '1 5\n\n[]', '1 5\n{}', ''];
    const who = revision('me', 'x', []).identity.toString('hex');
    withLmdb(
      folder,
      `
      const things = root.openDB('things', { encoding: 'string' });
      for (const [i, text] of ${JSON.stringify(strange)}.entries()) {
        things.putSync(['facts/', 'prod', 's', 'k x' + i], text);
        things.putSync(['awaiting', 'prod', 's', String(i)], text);
        things.putSync(['revisions', 'prod', '${who}', String(i)], text);
      }
      things.putSync(['facts/', 'prod', 's', 'nobody’s'], '1 5\\n\\n{}');`,
    );
    const { state } = openHere();
    assert.deepEqual(inShort(await factsAbout(state, 's')), ['k/a@1']);
    assert.deepEqual(
      await state.remember([fact('s', 'x0', -1, { kind }), fact('s', 'b', -2, { kind })], NOW_MS),
      [waiter('me', 's')],
    );
    assert.deepEqual(inShort(await factsAbout(state, 's')), ['k/b@-2', 'k/x0@-1', 'k/a@1']);
    assert.deepEqual(await state.revise([revision('me', 'y', ['r'])], NOW_MS), [
      { outcome: 'revision', revision: strange.length + 3 },
    ]);
  });
});
