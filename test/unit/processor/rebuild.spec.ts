/**
 * What a rebuild reads, counts and keeps its place by: on the embedded bus, with a state that fails where the
 * test says so.
 */
import { encodeAuditBatch } from '@arrivals/adapters/avro';
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { ArrivalsError, type Fact, packBatches, scanEvent } from '@arrivals/core';
import {
  rebuildContext,
  type RebuildOptions,
  type RebuildProgress,
  type RebuildReport,
} from '@arrivals/processor';
import assert from 'node:assert/strict';
import { podCreation, podRead } from '../../support/audit-events.ts';
import { CONTEXT } from '../../support/context.ts';
import { silent } from '../../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary.ts';

const TOPIC = 'raw';
const GROUP = 'rebuilders';
const never = new AbortController().signal;

function recordOf(events: readonly unknown[]): Buffer {
  const valid = events.map((event) => {
    const bytes = Buffer.from(JSON.stringify(event));
    return { bytes, slice: scanEvent(bytes) };
  });
  const [batch] = packBatches('default', 1_795_529_359_123_456, valid).batches;
  return encodeAuditBatch(batch ?? assert.fail());
}

describe('a rebuild of the context', () => {
  let folder: string;
  let embedded: Embedded;
  /** What each call was given. */
  let calls: (readonly Fact[])[];
  let fails: (call: number) => ArrivalsError | undefined;
  let progress: RebuildProgress[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    const topics = { [TOPIC]: { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true } };
    embedded = openEmbedded({
      folder,
      topics,
      claimTtlMs: 60_000,
      ...CONTEXT,
      telemetry: silent,
      now: Date.now,
    });
    calls = [];
    progress = [];
    fails = () => undefined;
  });
  afterEach(async () => {
    await embedded.close();
    await removeFolder(folder);
  });

  const publish = async (...values: readonly Buffer[]): Promise<void> => {
    await embedded.bus.publish(
      values.map((value) => ({ topic: TOPIC, key: null, value, headers: {} })),
      never,
    );
  };

  const rebuild = (more: Partial<RebuildOptions> = {}): Promise<RebuildReport> =>
    rebuildContext({
      bus: embedded.bus,
      state: {
        remember: (facts) => {
          calls.push(facts);
          const error = fails(calls.length);
          return error === undefined ? Promise.resolve([]) : Promise.reject(error);
        },
      },
      topic: TOPIC,
      now: Date.now,
      signal: never,
      onProgress: (each) => {
        progress.push(each);
      },
      onWaiting: () => undefined,
      ...more,
    });

  const ways = [
    ['without a group', {}],
    ['as a group', { group: GROUP }],
  ] as const;

  for (const [how, as] of ways) {
    it(`remembers what all records tell, ${how}`, async () => {
      await publish(...Array.from({ length: 40 }, () => recordOf([podCreation(), podRead()])));
      const report = await rebuild(as);
      assert.deepEqual([report.records, report.events], [40, 80]);
      assert.equal(report.facts, calls.flat().length);
      assert.ok(report.facts >= 40);
      assert.deepEqual([progress.at(0)?.part, progress.at(-1)?.part], [0, 1]);
      const parts = progress.map(({ part }) => part);
      assert.deepEqual(
        parts,
        [...parts].sort((a, b) => a - b),
      );
    });

    it(`ends at once where there is nothing, ${how}`, async () => {
      assert.deepEqual(await rebuild(as), {
        records: 0,
        events: 0,
        facts: 0,
        unreadableRecords: 0,
        unreadableEvents: 0,
      });
      assert.equal(progress.at(-1)?.part, 1);
    });

    it(`leaves out what cannot be read, and counts it, ${how}`, async () => {
      await publish(Buffer.from('no audit batch'), recordOf([podCreation()]), Buffer.alloc(0));
      const report = await rebuild(as);
      assert.deepEqual(report, {
        ...report,
        records: 3,
        events: 1,
        unreadableRecords: 2,
        unreadableEvents: 0,
      });
      assert.ok(report.facts > 0);
    });

    it(`waits for the state, and remembers the same again, ${how}`, async () => {
      await publish(recordOf([podCreation()]));
      fails = (call) => (call <= 2 ? new ArrivalsError('state_unavailable', 'injected') : undefined);
      const waited: string[] = [];
      const report = await rebuild({ ...as, onWaiting: ({ code }) => waited.push(code) });
      assert.deepEqual(waited, ['state_unavailable', 'state_unavailable']);
      assert.deepEqual(calls[2], calls[0]);
      assert.equal(report.records, 1);
    });

    it(`ends with the signal's reason while it waits for the state, ${how}`, async () => {
      await publish(recordOf([podCreation()]));
      const stop = new AbortController();
      fails = () => new ArrivalsError('state_unavailable', 'injected');
      const onWaiting = (): void => {
        stop.abort(new Error('enough'));
      };
      await assert.rejects(rebuild({ ...as, signal: stop.signal, onWaiting }), /enough/);
    });

    it(`ends when the state fails for good, ${how}`, async () => {
      await publish(recordOf([podCreation()]));
      fails = () => new ArrivalsError('store_unusable', 'injected');
      await assert.rejects(rebuild(as), /injected/);
    });
  }

  it('goes on as a group where it was stopped, and begins anew without one', async () => {
    await publish(...Array.from({ length: 40 }, () => recordOf([podCreation()])));
    fails = (call) => (call === 2 ? new ArrivalsError('store_unusable', 'injected') : undefined);
    await assert.rejects(rebuild({ group: GROUP }));
    const kept = (await embedded.bus.committed(TOPIC, GROUP)).get(0) ?? 0;
    assert.ok(kept > 0 && kept < 40);
    progress = [];
    assert.equal((await rebuild({ group: GROUP })).records, 40 - kept);
    assert.equal(progress[0]?.part, kept / 40);
    assert.equal((await rebuild()).records, 40);
  });

  it('leaves no position without a group, so that nothing is kept for it', async () => {
    await publish(recordOf([podCreation()]));
    await rebuild();
    assert.deepEqual(await embedded.bus.committed(TOPIC, GROUP), new Map());
  });

  it('ends where the topic ended when it began, though more comes', async () => {
    await publish(...Array.from({ length: 3 }, () => recordOf([podCreation()])));
    const more = recordOf([podCreation()]);
    let publishing = Promise.resolve();
    fails = () => {
      publishing = publish(more);
      return undefined;
    };
    assert.equal((await rebuild()).records, 3);
    await publishing;
  });
});
