/**
 * The spool: what it promises of batches on disk, over restarts, kill -9, bounds of bytes and age, and two
 * owners.
 */
import { openSpool, type Spool, type SpoolOptions } from '@arrivals/adapters/spool';
import type { ArrivalsError, PostedBatch } from '@arrivals/core';
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';
import { eventually } from '../support/eventually.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const ALL = { batchesMax: 10_000, bytesMax: Number.POSITIVE_INFINITY };
const never = new AbortController().signal;

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    (error as ArrivalsError).code === code;

const batch = (text: string, more: Partial<PostedBatch> = {}): PostedBatch => ({
  cluster: 'prod',
  events: 3,
  deadLettered: { stage_unknown: 1 },
  records: [
    { topic: 'audit', key: null, value: Buffer.from(text), headers: {} },
    { topic: 'dead', key: 'k\u00e9y', value: Buffer.from([0, 255, 10]), headers: { schema: 'a', empty: '' } },
  ],
  ...more,
});
const ofBytes = (bytes: number): PostedBatch =>
  batch('', { records: [{ topic: 'audit', key: null, value: Buffer.alloc(bytes, 1), headers: {} }] });
const textsOf = (spool: Spool): readonly string[] =>
  spool.read(0, ALL).map(({ records }) => records[0]?.value.toString() ?? '');

describe('the spool', () => {
  let folder: string;
  const opened: Spool[] = [];

  const open = (options: Partial<SpoolOptions> = {}): Spool => {
    const spool = openSpool({ folder, bytesMax: 100 * MIB, ageMaxMs: HOUR_MS, now: Date.now, ...options });
    opened.push(spool);
    return spool;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((spool) => spool.close()));
    await removeFolder(folder);
  });

  it('gives back what it was given, to the byte, with how it is counted', async () => {
    const given = batch('{"a": "\u2028"}');
    const spool = open({ now: () => 77 });
    const id = await spool.add(given);
    const [found, ...others] = spool.read(0, ALL);
    assert.equal(others.length, 0);
    const { bytes, ...rest } = found ?? assert.fail();
    assert.deepEqual(rest, { ...given, id, spooledAtMs: 77 });
    assert.ok(bytes > 0);
  });

  it('gives back batches in order of arrival, from behind the one that is named, within the limits', async () => {
    const spool = open();
    const ids = [await spool.add(batch('a')), await spool.add(batch('b')), await spool.add(batch('c'))];
    assert.deepEqual(textsOf(spool), ['a', 'b', 'c']);
    const texts = (afterId: number, limits: typeof ALL): readonly string[] =>
      spool.read(afterId, limits).map(({ records }) => String(records[0]?.value));
    assert.deepEqual(texts(ids[0] ?? 0, ALL), ['b', 'c']);
    assert.deepEqual(texts(0, { ...ALL, batchesMax: 2 }), ['a', 'b']);
    assert.deepEqual(texts(0, { ...ALL, bytesMax: 0 }), ['a']);
    assert.deepEqual(texts(ids[2] ?? 0, ALL), []);
  });

  it('removes what is named and nothing else, and returns what it was, once', async () => {
    const spool = open();
    const [first, second] = [await spool.add(batch('a')), await spool.add(batch('b', { events: 7 }))];
    const removed = await spool.remove([second, 999]);
    assert.deepEqual(
      removed.map(({ id, events, cluster, deadLettered }) => [id, events, cluster, deadLettered]),
      [[second, 7, 'prod', { stage_unknown: 1 }]],
    );
    assert.deepEqual(await spool.remove([second]), []);
    assert.deepEqual(textsOf(spool), ['a']);
    const both = await Promise.all([spool.remove([first]), spool.remove([first])]);
    assert.equal(both.flat().length, 1);
    assert.deepEqual(spool.stats(), { batches: 0, bytes: 0, oldestAtMs: null });
  });

  it('holds after a restart what it held, with its counts, and gives new batches new names', async () => {
    let nowMs = 1000;
    const spool = open({ now: () => nowMs });
    const a = await spool.add(batch('a'));
    nowMs = 2000;
    const b = await spool.add(batch('b', { cluster: 'edge' }));
    await spool.add(batch('c', { cluster: 'edge', events: 4 }));
    await spool.remove([a]);
    const stats = spool.stats();
    assert.deepEqual([stats.batches, stats.oldestAtMs], [2, 2000]);
    await spool.close();

    const again = open({ now: () => nowMs });
    assert.deepEqual(again.stats(), stats);
    assert.deepEqual(again.events(), new Map([['edge', 7]]));
    assert.deepEqual(textsOf(again), ['b', 'c']);
    const d = await again.add(batch('d'));
    assert.ok(d > b + 1);
  });

  it('takes many at once, each once', async () => {
    const spool = open();
    const ids = await Promise.all(Array.from({ length: 200 }, (_unused, i) => spool.add(batch(String(i)))));
    assert.equal(new Set(ids).size, 200);
    assert.deepEqual(
      [...textsOf(spool)].map(Number).sort((x, y) => x - y),
      Array.from({ length: 200 }, (_unused, i) => i),
    );
    assert.equal((await spool.remove(ids)).length, 200);
  });

  describe('its bounds', () => {
    it('refuse more bytes than it may hold, count them over restarts, and go by what was removed', async () => {
      let spool = open({ bytesMax: MIB });
      const ids: number[] = [];
      await assert.rejects(async () => {
        for (;;) ids.push(await spool.add(ofBytes(100_000)));
      }, hasCode('spool_full'));
      assert.ok(ids.length >= 9 && ids.length <= 10, String(ids.length));
      assert.ok(spool.stats().bytes <= MIB);
      // A small batch may still fit.
      await spool.add(ofBytes(1));
      await spool.close();
      spool = open({ bytesMax: MIB });
      await assert.rejects(spool.add(ofBytes(100_000)), hasCode('spool_full'));
      assert.equal(spool.stats().batches, ids.length + 1);
      await spool.remove(ids.slice(0, 1));
      await spool.add(ofBytes(100_000));
    });

    it('count batches that are being written at the same moment', async () => {
      const spool = open({ bytesMax: MIB });
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => spool.add(ofBytes(100_000))));
      const taken = results.filter(({ status }) => status === 'fulfilled').length;
      assert.ok(taken <= 10 && taken === spool.stats().batches, String(taken));
    });

    it('refuse new batches when the oldest is too old, and drop none', async () => {
      let nowMs = 1_800_000_000_000;
      const spool = open({ now: () => nowMs });
      const old = await spool.add(batch('old'));
      nowMs += HOUR_MS;
      await spool.add(batch('young'));
      nowMs += 1;
      await assert.rejects(spool.add(batch('new')), hasCode('spool_too_old'));
      await assert.rejects(spool.check(never), hasCode('spool_too_old'));
      assert.deepEqual(textsOf(spool), ['old', 'young']);
      await spool.remove([old]);
      await spool.check(never);
      await spool.add(batch('new'));
    });
  });

  describe('ownership', () => {
    it('is of one: a second spool on the same folder is refused', () => {
      open();
      assert.throws(() => open(), hasCode('store_locked'));
    });

    it('wants a folder that can be made', async () => {
      const file = path.join(folder, 'file');
      await writeFile(file, '');
      assert.throws(() => open({ folder: path.join(file, 'below') }), hasCode('store_unusable'));
    });

    it('has ended with close', async () => {
      const spool = open();
      await spool.close();
      await assert.rejects(spool.add(batch('x')), hasCode('spool_failed'));
      assert.throws(() => spool.read(0, ALL), hasCode('spool_failed'));
    });
  });

  /** Adds batches of the given name as long as it lives, and reports each that was acknowledged. */
  function writer(name: string): ChildProcessByStdio<null, Readable, null> {
    const script = `
      import { openSpool } from '@arrivals/adapters/spool';
      const [folder, name] = process.argv.slice(1);
      const spool = openSpool({ folder, bytesMax: 1e9, ageMaxMs: 1e9, now: Date.now });
      const writer = async (of) => {
        for (let i = 0; ; i++) {
          const text = [name, of, i].join('-');
          const value = Buffer.from(text.padEnd(20_000));
          await spool.add({ cluster: 'prod', events: 1, deadLettered: {}, records: [{ topic: 'audit', key: null, value, headers: {} }] });
          process.stdout.write(text + '\\n');
        }
      };
      await Promise.all([writer(0), writer(1), writer(2)]);`;
    const here = path.dirname(fileURLToPath(import.meta.url));
    return spawn(process.execPath, ['--input-type=module', '-e', script, folder, name], {
      cwd: here,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  it('holds everything that was acknowledged before kill -9, whole, each time', async () => {
    const acknowledged: string[] = [];
    for (let run = 0; run < 5; run++) {
      const child = writer(String(run));
      let output = '';
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));
      await eventually(
        'batches to be acknowledged',
        () => output.split('\n').length > 20 || undefined,
        20_000,
      );
      await sleep(run * 7);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      acknowledged.push(...output.split('\n').slice(0, -1));
    }
    const spool = open();
    const found = textsOf(spool).map((text) => text.trimEnd());
    assert.equal(new Set(found).size, found.length);
    for (const text of acknowledged) assert.ok(found.includes(text), text);
    assert.equal(spool.stats().batches, found.length);
    for (const { records } of spool.read(0, ALL)) assert.equal(records[0]?.value.length, 20_000);
  }).timeout(60_000);
});
