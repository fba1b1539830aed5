/**
 * Alerts told anew on the real store, with faults injected at the ports: each revision once, numbered without
 * a gap, whatever fails when.
 */
import { buildAlert, TOPICS } from '@arrivals/core';
import assert from 'node:assert/strict';
import { podCreation, podRead } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { faultyBus, stateAway } from '../support/faulty.ts';
import {
  bare,
  CONTROLLER,
  deployment,
  type Json,
  pod,
  replicaSet,
  told,
  workload,
} from '../support/late-owners.ts';
import { pipeline } from '../support/pipeline.ts';

/** Of the creations of one name the newest 32 are kept. */
const MORE_THAN_ARE_KEPT = 40;

const micros = (i: number): string => String(i).padStart(6, '0');

/** Of the name of the pod's owner, each made by another user: one user's creations evict only their own. */
function anotherReplicaSet(uid: string, time: string): Json {
  const made = workload('replicasets', 'ReplicaSet', 'web-1', `maker-of-${uid}`, 53);
  const response = made['responseObject'] as { readonly metadata: Json };
  const at = `2026-11-22T${time}Z`;
  const responseObject = { ...response, metadata: { ...response.metadata, uid } };
  return { ...made, auditID: uid, responseObject, requestReceivedTimestamp: at, stageTimestamp: at };
}

describe('alerts that are revised, with faults at the ports', () => {
  const line = pipeline();
  const { post, start, stop, settled, posted, problem, recordsOf, alerts, count, oneByOne, failing } = line;
  const FIRST = 'p1 1 -';
  const SECOND = 'p1 2 dave author.chain author.creator author.templateAuthor author.scaler';

  describe('when a parent comes late', () => {
    beforeEach(async () => {
      await post(pod('p1'));
      await start();
      await settled();
    });

    it('it is revised once more', async () => {
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      const [first, second] = await alerts();
      assert.ok((first?.alertedAt ?? '') < (second?.alertedAt ?? ''));
      assert.deepEqual([first?.alertId, second?.flags], [second?.alertId, []]);
    });

    it('it is revised once although transactions fail', async () => {
      failing(3);
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    for (const lost of [1, 2, 3, 4, 5, 6])
      it(`it is revised once although the answer of the state's call no. ${String(lost)} is lost`, async () => {
        line.faults.context.push(
          ...Array.from({ length: lost - 1 }, () => () => Promise.resolve()),
          stateAway,
        );
        await posted(bare);
        assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      });

    it('copies of the late event revise nothing', async () => {
      await posted(bare, bare);
      await posted(bare);
      await posted([bare, podRead(), bare]);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    for (const [before, after] of [
      [1, 2],
      [2, 1],
      [2, 2],
    ] as const)
      it(`it is revised once by a late event and its copy, of which ${String(before)} were in the batch that failed, and ${String(after)} in a batch then`, async () => {
        failing(1000);
        await post(bare);
        if (before === 2) await stop();
        if (before === 2) await post(bare);
        if (before === 2) await start();
        await problem('bus_unavailable');
        await stop();
        line.faults.transact.length = 0;
        if (before === 1) await post(bare);
        await start(after === 1 ? { bus: oneByOne() } : {});
        await settled();
        assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      });

    it('it is revised once when another processor, with a copy, asks first and dies, and never by the copy', async () => {
      await stop();
      await post(bare, bare);
      // What takes the second record alone, as from another partition, and does not commit.
      failing(1000);
      const other = await startSecond();
      await problem('bus_unavailable');
      await other();
      line.faults.transact.length = 0;
      await start();
      await settled();
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    /** Begins behind the first of the two last records. */
    const startSecond = async (): Promise<() => Promise<void>> => {
      const bus = faultyBus(line.embedded.bus, line.faults);
      await start({
        bus: {
          ...bus,
          subscribe: (options, handle) =>
            bus.subscribe(options, (batch) => handle({ ...batch, records: batch.records.slice(1) })),
        },
      });
      return stop;
    };

    it('later facts do not revise it, although they may have evicted earlier ones', async () => {
      await posted(bare);
      for (let i = 0; i < MORE_THAN_ARE_KEPT; i++)
        await post(anotherReplicaSet(`again-${String(i)}`, `14:10:10.${micros(i)}`));
      await settled();
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    it('an answer is not withdrawn when the context has evicted its facts, and that is counted', async () => {
      await posted(bare);
      await posted(pod('p2'));
      // Made before the pod and known later.
      await posted(
        Array.from({ length: MORE_THAN_ARE_KEPT }, (_unused, i) =>
          anotherReplicaSet(`other-${String(i)}`, `14:08:53.${micros(i)}`),
        ),
      );
      const all = await alerts();
      assert.deepEqual([...new Set(all.slice(1).map(({ author }) => author?.creator?.username))], ['dave']);
      assert.ok(
        line.events.some((event) => event.type === 'revision_missed' && event.reason === 'forgotten'),
      );
    });

    it('it is not revised when its record was deleted, and that is counted', async () => {
      const bus = faultyBus(line.embedded.bus, line.faults);
      await stop();
      await start({ bus: { ...bus, read: () => Promise.resolve([]) } });
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST]);
      assert.deepEqual(
        line.events.filter(({ type }) => type === 'revision_missed'),
        [{ type: 'revision_missed', cluster: 'default', reason: 'gone' }],
      );
    });

    it('a revision that cannot be built affects no other and is counted', async () => {
      await stop();
      await start({
        steps: {
          build: (creation) => {
            if (creation.revision > 1) throw new RangeError('injected');
            return buildAlert(creation);
          },
        },
      });
      await posted([bare, podCreation({ uid: 'p2' })]);
      assert.deepEqual(told(await alerts()), [FIRST, 'p2 1 alice']);
      assert.deepEqual([count('revision_missed'), (await recordsOf(TOPICS.deadLetters)).length], [1, 0]);
    });

    it('what the bus takes no record of harms nobody and is counted', async () => {
      // Less than any alert has.
      line.faults.recordBytesMax.set(TOPICS.alerts, 100);
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST]);
      assert.deepEqual([count('revision_missed'), (await recordsOf(TOPICS.deadLetters)).length], [1, 0]);
    });

    it('a record is read once, however many of its alerts are revised', async () => {
      const uids = Array.from({ length: 20 }, (_unused, i) => `q${String(i)}`);
      await posted(uids.map(pod));
      await stop();
      let reads = 0;
      const bus = faultyBus(line.embedded.bus, line.faults);
      await start({ bus: { ...bus, read: (options) => (reads++, bus.read(options)) } });
      await posted(bare);
      assert.deepEqual([reads, (await alerts()).filter(({ revision }) => revision === 2).length], [2, 21]);
    });
  });

  describe('when two parents come late', () => {
    beforeEach(async () => {
      await post(pod('p1'));
      await start();
      await settled();
    });

    const holds = async (numbers: readonly number[]): Promise<void> => {
      const all = await alerts();
      assert.deepEqual(
        all.map(({ revision }) => revision),
        numbers,
      );
      assert.deepEqual(
        all.at(-1)?.author?.chain.map(({ kind, createdBy }) => `${kind} ${String(createdBy)}`),
        [`ReplicaSet ${CONTROLLER}deployment-controller`, 'Deployment dave'],
      );
      assert.equal(all.at(-1)?.author?.creator?.username, 'dave');
    };

    it('in one batch, they make one revision', async () => {
      await posted([replicaSet, deployment]);
      await holds([1, 2]);
    });
    it('the nearer first, each makes one', async () => {
      await posted(replicaSet);
      await posted(deployment);
      await holds([1, 2, 3]);
    });
    it('the farther first, they make one', async () => {
      await posted(deployment);
      await posted(replicaSet);
      await holds([1, 2]);
    });

    for (const first of [replicaSet, deployment])
      for (const cut of [true, false]) {
        const second = first === deployment ? replicaSet : deployment;
        it(`and the batch of ${first === deployment ? 'the farther' : 'the nearer'} fails, the other joins it${cut ? '' : ' in one batch'}: all numbers are published`, async () => {
          failing(1000);
          await post(first);
          await eventually('a try', () => count('step_retried') > 0 || undefined);
          await stop();
          line.faults.transact.length = 0;
          await post(second);
          await start(cut ? { bus: oneByOne() } : {});
          await settled();
          const numbers = (await alerts()).map(({ revision }) => revision).sort();
          await holds(numbers);
          assert.deepEqual(
            numbers,
            numbers.map((_number, i) => i + 1),
          );
        });
        it(`and the batch of both fails, ${first === deployment ? 'the farther' : 'the nearer'} first, and is${cut ? '' : ' not'} cut then: all numbers are published`, async () => {
          await stop();
          await post(first, second);
          failing(1000);
          await start();
          await problem('bus_unavailable');
          await stop();
          line.faults.transact.length = 0;
          await start(cut ? { bus: oneByOne() } : {});
          await settled();
          const numbers = (await alerts()).map(({ revision }) => revision).sort();
          await holds(numbers);
          assert.deepEqual(
            numbers,
            numbers.map((_number, i) => i + 1),
          );
        });
      }
  });
});
