/**
 * Secrets planted in hundreds of forms go through a real process: they stay in the raw events and in dead
 * letters' bytes, which are evidence, and are nowhere else: not in what the context keeps, in alerts, metrics
 * or log lines, nor where dead letters are listed.
 */
import { encodeAuditBatch } from '@arrivals/adapters/avro';
import { packBatches, scanEvent, TOPICS } from '@arrivals/core';
import { openEmbedded } from '@arrivals/adapters/embedded';
import { loadRiskLists, startProcessor } from '@arrivals/processor';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RunningArrivals } from '../support/arrivals.ts';
import { eventList } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { withLmdb } from '../support/lmdb.ts';
import { lookInto, openState } from '../support/redis-state.ts';
import { type SecretForm, secretForms } from '../support/secret-forms.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';
import { planted } from '../unit/core/text/masking/planted.ts';

const FORMS = secretForms(2);
const BODY_EVENTS = 100;
const TOPIC = { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true };

/** Each an object of its own. */
function eventOf(form: SecretForm): object {
  const uid = randomUUID();
  const event = JSON.parse(JSON.stringify(planted(form)), (key, value: unknown) =>
    key === 'uid' ? uid : value,
  ) as object;
  return { ...event, auditID: randomUUID() };
}

const inBodies = (events: readonly object[]): readonly string[] =>
  Array.from({ length: Math.ceil(events.length / BODY_EVENTS) }, (_, i) =>
    eventList(events.slice(i * BODY_EVENTS, (i + 1) * BODY_EVENTS)),
  );

function assertNone(where: string, text: string): void {
  assert.ok(text.length > 0, `${where} is empty`);
  const leaks = FORMS.filter(({ secret }) => text.includes(secret));
  assert.deepEqual(
    leaks.map(({ kind, place }) => `${where}: ${kind}: ${JSON.stringify(place)}`),
    [],
  );
}

describe('a secret that was planted into an event', function () {
  this.timeout(60_000);

  describe('and went through a process on the embedded store', () => {
    let folder: string;
    let running: RunningArrivals;
    let count: number;

    before(async () => {
      folder = await temporaryFolder();
      running = await RunningArrivals.start(folder, { ARRIVALS_LOG_LEVEL: 'debug' });
      const events = FORMS.map(eventOf);
      // No stage: not an audit event, so a dead letter.
      const bad = FORMS.map((form) => ({ ...eventOf(form), stage: 'None' }));
      count = events.length;
      for (const body of [...inBodies(events), ...inBodies(bad)])
        assert.equal((await running.post(body)).status, 200);
      await running.settled();
    });
    after(async () => {
      await running.stop();
      await removeFolder(folder);
    });

    it('is in no alert', async () => {
      const alerts = await running.alerts();
      assert.ok(alerts.length >= count);
      for (const alert of alerts) assertNone('alert', JSON.stringify(alert));
    });

    it('is in no metric and no log line', async () => {
      assertNone('metrics', await (await fetch(`${running.url}/metrics`)).text());
      assertNone('log', running.output);
    });

    it('is not where dead letters are listed', async () => {
      let text = '';
      for (let from = '0'; ;) {
        const page = await running.json<{ readonly deadLetters: readonly unknown[]; readonly next: string }>(
          `/v1/dead-letters?from=${from}`,
        );
        if (page.deadLetters.length === 0) break;
        text += JSON.stringify(page.deadLetters);
        from = page.next;
      }
      assertNone('dead letters', text);
    });

    it('is in nothing that the store keeps but raw events and dead letters', async () => {
      await running.stop();
      const file = path.join(folder, 'kept');
      withLmdb(
        folder,
        `
        const { writeFileSync } = process.getBuiltinModule('node:fs');
        const kept = [];
        for (const name of ['things', 'thing-uses', 'things-by-use', 'claims', 'claim-expiry', 'positions', 'topics'])
          for (const { key, value } of root.openDB({ name, encoding: 'binary', keyEncoding: name === 'claims' ? 'binary' : undefined }).getRange())
            kept.push(name + ' ' + (Buffer.isBuffer(key) ? key.toString('latin1') : JSON.stringify(key)) + ' ' + value.toString('utf8'));
        for (const { key, value } of root.openDB({ name: 'log', encoding: 'binary' }).getRange())
          if (key[0] === ${JSON.stringify(TOPICS.alerts)}) kept.push(value.toString('latin1'));
        writeFileSync(${JSON.stringify(file)}, kept.join('\\n'));`,
      );
      const kept = readFileSync(file, 'utf8');
      assert.match(kept, /^things /m);
      assertNone('store', kept);
    });
  });

  describe('and went through a processor on Redis', () => {
    before(async function () {
      this.timeout(STARTING_MS);
      await redis();
    });

    it('is in no key and no value there', async () => {
      const { url } = await redis();
      const { state, keyPrefix } = openState([url]);
      const folder = await temporaryFolder();
      const topics = { [TOPICS.audit]: TOPIC, [TOPICS.alerts]: TOPIC, [TOPICS.deadLetters]: TOPIC };
      const embedded = openEmbedded({
        folder,
        topics,
        claimTtlMs: 1e9,
        ...CONTEXT,
        telemetry: silent,
        now: Date.now,
      });
      const valid = FORMS.map((form) => {
        const bytes = Buffer.from(JSON.stringify(eventOf(form)));
        return { bytes, slice: scanEvent(bytes) };
      });
      const records = packBatches('default', 1_795_529_359_123_456, valid).batches.map((batch) => ({
        topic: TOPICS.audit,
        key: null,
        value: encodeAuditBatch(batch),
        headers: {},
      }));
      await embedded.bus.publish(records, new AbortController().signal);
      const { bus, attempts } = embedded;
      const options = {
        telemetry: silent,
        topics: TOPICS,
        group: 'g',
        onStateLoss: 'pause',
        stateWaitMs: 0,
        riskLists: loadRiskLists(''),
      } as const;
      const processor = await startProcessor({ bus, state, attempts, ...options, now: Date.now });
      await eventually(
        'all to be read',
        async () => (await bus.committed(TOPICS.audit, 'g')).get(0) === records.length || undefined,
        30_000,
      );
      await processor.close();
      await embedded.close();
      await removeFolder(folder);
      const client = lookInto(url);
      const kept: string[] = [];
      for (const key of await client.keys(`${keyPrefix}*`)) {
        const type = await client.type(key);
        const value: unknown =
          type === 'hash'
            ? await client.hgetall(key)
            : type === 'zset'
              ? await client.zrange(key, '0', '-1')
              : type === 'set'
                ? await client.smembers(key)
                : await client.get(key);
        kept.push(`${key} ${JSON.stringify(value)}`);
      }
      assert.ok(kept.length > FORMS.length);
      assertNone('Redis', kept.join('\n'));
    });
  });
});
