/** The embedded adapter: both contracts, and what it promises beyond them. */
import { type Embedded, openEmbedded, type TopicSettings } from '@arrivals/adapters/embedded';
import type { ArrivalsError, EventPosition, OutgoingRecord } from '@arrivals/core';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTEXT } from '../support/context.ts';
import { withLmdb } from '../support/lmdb.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';
import { busContract } from './bus.contract.ts';
import { CLAIM_TTL_MS, stateContract } from './state.contract.ts';

const IN = 'in';
const OUT = 'out';
const HOUR_MS = 3_600_000;
const ROOMY: TopicSettings = { retentionMs: HOUR_MS, retentionBytes: 100_000_000, keepUnread: true };
const never = new AbortController().signal;

const open = (
  folder: string,
  topics: Record<string, TopicSettings> = { [IN]: ROOMY, [OUT]: ROOMY },
  now: () => number = Date.now,
): Embedded => openEmbedded({ folder, topics, claimTtlMs: CLAIM_TTL_MS, ...CONTEXT, telemetry: silent, now });

const record = (bytes: number, topic = IN): OutgoingRecord => ({
  topic,
  key: null,
  value: Buffer.alloc(bytes, 1),
  headers: {},
});

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    (error as ArrivalsError).code === code;

async function reopenable(): Promise<{
  current: () => Embedded;
  reopen: () => Promise<Embedded>;
  dispose: () => Promise<void>;
}> {
  const folder = await temporaryFolder();
  let embedded = open(folder);
  return {
    current: () => embedded,
    reopen: async () => {
      await embedded.close();
      embedded = open(folder);
      return embedded;
    },
    dispose: async () => {
      await embedded.close();
      await removeFolder(folder);
    },
  };
}

busContract('the embedded adapter', async () => {
  const { current, reopen, dispose } = await reopenable();
  return {
    bus: current().bus,
    topics: { in: IN, out: OUT },
    asOne: true,
    refusedBytes: null,
    reopen: async () => (await reopen()).bus,
    dispose,
  };
});

stateContract('the embedded adapter', async () => {
  const { current, reopen, dispose } = await reopenable();
  return { state: current().state, reopen: async () => (await reopen()).state, dispose };
});

describe('the embedded adapter', () => {
  let folder: string;
  const opened: Embedded[] = [];

  const openHere = (...args: [topics?: Record<string, TopicSettings>, now?: () => number]): Embedded => {
    const embedded = open(folder, ...args);
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

  describe('ownership', () => {
    /** Opens the folder in another process, reports it, and stays. */
    function otherProcess(): { readonly child: ReturnType<typeof spawn>; ready: Promise<string> } {
      const script = `
        import { openEmbedded } from '@arrivals/adapters/embedded';
        const context = { contextTtlMs: 1e9, contextSubjectsMax: 1e9, awaitMs: 1e9, telemetry: { emit: () => undefined } };
        const topic = { retentionMs: 1e9, retentionBytes: 1e9, keepUnread: true };
        try {
          openEmbedded({ folder: process.argv[1], topics: { ${IN}: topic, ${OUT}: topic }, claimTtlMs: 1e9, ...context, now: Date.now });
          console.log('open');
          setInterval(() => undefined, 1000);
        } catch (error) {
          console.log(error.code);
        }`;
      const here = path.dirname(fileURLToPath(import.meta.url));
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
        cwd: here,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ready = once(child.stdout, 'data').then(([data]) => String(data).trim());
      return { child, ready };
    }

    it('refuses a second process and names the first', async () => {
      openHere();
      const { ready } = otherProcess();
      assert.equal(await ready, 'store_locked');
    });

    it('names the process that has it', async () => {
      const { child, ready } = otherProcess();
      assert.equal(await ready, 'open');
      assert.throws(() => openHere(), new RegExp(`in use by process ${String(child.pid)}`));
      child.kill('SIGKILL');
      await once(child, 'exit');
    });

    it('takes over from a process that was killed', async () => {
      const { child, ready } = otherProcess();
      await ready;
      child.kill('SIGKILL');
      await once(child, 'exit');
      await openHere().bus.publish([record(1)], never);
    });

    it('is given up on close', async () => {
      await openHere().close();
      openHere();
    });

    it('lets exactly one of several processes in that start at once', async () => {
      const others = Array.from({ length: 4 }, otherProcess);
      const said = await Promise.all(others.map(({ ready }) => ready));
      for (const { child } of others) child.kill('SIGKILL');
      assert.deepEqual(said.sort(), ['open', 'store_locked', 'store_locked', 'store_locked']);
    }).timeout(30_000);

    it('refuses a folder it cannot make', async () => {
      const file = path.join(folder, 'file');
      await writeFile(file, '');
      assert.throws(() => open(path.join(file, 'below')), hasCode('store_unusable'));
    });
  });

  it('refuses a store of another format, in words', async () => {
    await openHere().close();
    withLmdb(folder, "root.openDB('meta', { encoding: 'json' }).putSync('format', 99);");
    assert.throws(
      () => openHere(),
      (error: unknown) =>
        hasCode('store_format_unknown')(error) && (error as Error).message.includes('has format 99'),
    );
  });

  it('refuses a second member of a group', async () => {
    const { bus } = openHere();
    await bus.subscribe({ topic: IN, group: 'g', batchRecordsMax: 1 }, () => Promise.resolve());
    await assert.rejects(
      bus.subscribe({ topic: IN, group: 'g', batchRecordsMax: 1 }, () => Promise.resolve()),
      hasCode('bus_unavailable'),
    );
  });

  describe('retention', () => {
    const count = async ({ bus }: Embedded, topic = IN): Promise<number> =>
      (await bus.read({ topic, partition: 0, offset: 0, recordsMax: 10_000, waitMs: 0, signal: never }))
        .length;

    async function readAll({ bus }: Embedded): Promise<void> {
      const end = (await bus.offsets(IN))[0]?.next ?? 0;
      const subscription = await bus.subscribe({ topic: IN, group: 'g', batchRecordsMax: 10_000 }, (batch) =>
        batch.transact([], (batch.records.at(-1)?.offset ?? 0) + 1),
      );
      while (((await bus.committed(IN, 'g')).get(0) ?? 0) < end)
        await new Promise((resolve) => setImmediate(resolve));
      await subscription.close();
    }

    it('deletes what is too old, and nothing younger', async () => {
      let nowMs = 1_800_000_000_000;
      const embedded = openHere({ [IN]: { ...ROOMY, keepUnread: false } }, () => nowMs);
      await embedded.bus.publish([record(10), record(10)], never);
      nowMs += HOUR_MS - 1;
      await embedded.bus.publish([record(10)], never);
      await embedded.maintain();
      assert.equal(await count(embedded), 3);
      nowMs += 2;
      await embedded.maintain();
      assert.equal(await count(embedded), 1);
      assert.deepEqual(await embedded.bus.offsets(IN), [{ partition: 0, earliest: 2, next: 3 }]);
    });

    it('deletes the oldest when a topic holds too many bytes', async () => {
      const embedded = openHere({ [IN]: { ...ROOMY, retentionBytes: 10_000, keepUnread: false } });
      for (let i = 0; i < 30; i++) await embedded.bus.publish([record(1000)], never);
      await embedded.maintain();
      assert.ok((await count(embedded)) <= 10);
      assert.ok((await count(embedded)) >= 8);
    });

    it('deletes more records than one transaction takes', async () => {
      let nowMs = 1_800_000_000_000;
      const embedded = openHere({ [IN]: { ...ROOMY, keepUnread: false } }, () => nowMs);
      await embedded.bus.publish(
        Array.from({ length: 1700 }, () => record(1)),
        never,
      );
      nowMs += 2 * HOUR_MS;
      await embedded.maintain();
      assert.equal(await count(embedded), 0);
    });

    it('keeps what a group has not read, however old, and refuses more when that fills the topic', async () => {
      let nowMs = 1_800_000_000_000;
      const embedded = openHere({ [IN]: { ...ROOMY, retentionBytes: 10_000 } }, () => nowMs);
      for (let i = 0; i < 8; i++) await embedded.bus.publish([record(1000)], never);
      nowMs += 2 * HOUR_MS;
      await embedded.maintain();
      assert.equal(await count(embedded), 8);
      await assert.rejects(embedded.bus.publish([record(3000)], never), hasCode('bus_full'));
      await readAll(embedded);
      await embedded.maintain();
      await embedded.bus.publish([record(3000)], never);
    });

    it('frees space by itself when what fills the topic has been read', async () => {
      const embedded = openHere({ [IN]: { ...ROOMY, retentionBytes: 10_000 } });
      for (let i = 0; i < 8; i++) await embedded.bus.publish([record(1000)], never);
      await readAll(embedded);
      await embedded.bus.publish([record(3000)], never);
      assert.ok((await count(embedded)) < 9);
    });

    it('counts bytes on after a restart', async () => {
      const topics = { [IN]: { ...ROOMY, retentionBytes: 10_000 } };
      const embedded = openHere(topics);
      for (let i = 0; i < 8; i++) await embedded.bus.publish([record(1000)], never);
      await embedded.close();
      await assert.rejects(openHere(topics).bus.publish([record(3000)], never), hasCode('bus_full'));
    });
  });

  describe('claims', () => {
    const identity = createHash('sha256').update('x').digest();
    const by = (offset: number): EventPosition => ({ topic: IN, partition: 0, offset, index: 0 });

    it('end when their time is over, also when nobody swept', async () => {
      const { state } = openHere();
      await state.claim([{ identity, by: by(1) }], 1000);
      assert.deepEqual(await state.claim([{ identity, by: by(2) }], 1000 + CLAIM_TTL_MS - 1), [
        { outcome: 'duplicate', of: by(1) },
      ]);
      assert.deepEqual(await state.claim([{ identity, by: by(2) }], 1000 + CLAIM_TTL_MS), [
        { outcome: 'claimed' },
      ]);
    });

    it('are swept when they have ended, but not when they were made again', async () => {
      let nowMs = 1000;
      const embedded = openHere(undefined, () => nowMs);
      await embedded.state.claim([{ identity, by: by(1) }], nowMs);
      nowMs += CLAIM_TTL_MS;
      await embedded.state.claim([{ identity, by: by(2) }], nowMs);
      await embedded.maintain();
      assert.deepEqual(await embedded.state.claim([{ identity, by: by(3) }], nowMs), [
        { outcome: 'duplicate', of: by(2) },
      ]);
    });
  });
});
