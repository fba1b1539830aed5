/**
 * `arrivals dead-letters` against a running process: what operators see of what was set aside, and how they
 * put it back.
 */
import { openEmbedded } from '@arrivals/adapters/embedded';
import { deadLetterRecord } from '@arrivals/adapters/avro';
import { deadLetter, type DeadLetterReason, identityOf, TOPICS } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { arrivals, type Finished, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

type Json = Readonly<Record<string, unknown>>;

const never = new AbortController().signal;
const TOPIC = { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true };
const linesOf = (text: string): readonly Json[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('arrivals dead-letters, of a running process', function () {
  this.timeout(60_000);
  let folder: string;
  let running: RunningArrivals;

  const command = (...args: readonly string[]): Promise<Finished> =>
    arrivals(['dead-letters', ...args, '--url', running.url]);
  const listed = async (...args: readonly string[]): Promise<readonly Json[]> =>
    linesOf((await command('list', '--json', ...args)).stdout);
  const replayed = async (...args: readonly string[]): Promise<readonly (readonly unknown[])[]> =>
    linesOf((await command('replay', '--json', ...args)).stdout).map(({ id, outcome, why }) => [
      id,
      outcome,
      why,
    ]);

  describe('after bad items', () => {
    const UGLY = '{"stage":"\u001b[31mred\u0007 \u009b2J \u202egnp","ü":"✓"}';
    const RAW = Buffer.from(`"\u001b[2J raw \u009b31m \u202e bytes"`);

    before(async () => {
      folder = await temporaryFolder();
      running = await RunningArrivals.start(folder, { ARRIVALS_CLUSTERS: 'default,other' });
      const body = (items: string): string =>
        `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${items}]}`;
      assert.equal(
        (await running.post(body(`42,{"stage":"Never"},${JSON.stringify(podRead())}`))).status,
        200,
      );
      assert.equal((await running.post(body('42,{"stage":"Never"}'), { cluster: 'other' })).status, 200);
      assert.equal((await running.post(body(JSON.stringify(`x${'y'.repeat(950_000)}`)))).status, 200);
      assert.equal(
        (await running.post(body(UGLY.replace('\u001b', '\\u001b').replace('\u0007', '\\u0007')))).status,
        200,
      );
      assert.equal((await running.post(body(RAW.toString().replace('\u001b', '\\u001b')))).status, 200);
    });
    after(async () => {
      await running.stop();
      await removeFolder(folder);
    });

    it('lists them oldest first, as JSON lines where no terminal is, with or without the word', async () => {
      const letters = await listed();
      assert.deepEqual(
        letters.map(({ partition, offset, reason, cluster }) => [partition, offset, reason, cluster]),
        [
          [0, 0, 'not_an_object', 'default'],
          [0, 1, 'stage_unknown', 'default'],
          [0, 2, 'not_an_object', 'other'],
          [0, 3, 'stage_unknown', 'other'],
          [0, 4, 'not_an_object', 'default'],
          [0, 5, 'stage_unknown', 'default'],
          [0, 6, 'not_an_object', 'default'],
        ],
      );
      assert.deepEqual(linesOf((await command()).stdout), letters);
      assert.deepEqual(linesOf((await command('list')).stdout), letters);
      assert.ok(letters.every(({ base64 }) => base64 === null));
      for (const { base64, sha256: digest, length } of (await listed('--raw')).filter(
        ({ length: bytes }) => Number(bytes) < 900_000,
      ))
        assert.deepEqual(
          [
            createHash('sha256')
              .update(Buffer.from(String(base64), 'base64'))
              .digest('hex'),
            Buffer.from(String(base64), 'base64').length,
          ],
          [digest, length],
        );
    });

    it('lists the last ones, those of a reason, those of a cluster, and the last ones of these', async () => {
      const offsets = async (...args: readonly string[]): Promise<readonly unknown[]> =>
        (await listed(...args)).map(({ offset }) => offset);
      assert.deepEqual(await offsets('--last', '2'), [5, 6]);
      assert.deepEqual(await offsets('--last', '0'), []);
      assert.deepEqual(await offsets('--reason', 'stage_unknown'), [1, 3, 5]);
      assert.deepEqual(await offsets('--cluster', 'other'), [2, 3]);
      assert.deepEqual(
        await offsets('--reason', 'stage_unknown', '--cluster', 'default', '--last', '1'),
        [5],
      );
      assert.deepEqual(await offsets('--reason', 'alert_failed'), []);
    });

    it('lists them as a table: when, where, why, how long and whence', async () => {
      const { stdout } = await command('list', '--format', 'table', '--cluster', 'other');
      const [head, first, second, ...more] = stdout.trimEnd().split('\n');
      assert.match(head ?? '', /^ID +RECEIVED +CLUSTER +REASON +FORM +BYTES +SHA-256 +FROM$/);
      assert.match(
        first ?? '',
        new RegExp(
          `^0:2 +\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z +other +not_an_object +2 +${sha256('42').slice(0, 12)} +POST [0-9a-f-]{36}, item 0$`,
        ),
      );
      assert.match(second ?? '', /^0:3 .* stage_unknown +unknown .*, item 1$/);
      assert.equal(more.length, 0);
    });

    it('shows one whole by its place, or by the beginning of its digest', async () => {
      const digest = sha256(RAW.toString().replace('\u001b', '\\u001b'));
      for (const id of ['0:6', digest, digest.slice(0, 8), digest.slice(0, 8).toUpperCase()]) {
        const { stdout, code } = await command('show', id);
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`^SHA-256 +${digest}$`, 'm'));
        assert.match(stdout, /^Reason +not_an_object$/m);
      }
    });

    it('never prints control characters or marks of direction as they are', async () => {
      for (const args of [
        ['show', '0:5'],
        ['show', '0:6'],
        ['show', '0:6', '--json'],
        ['list', '--json'],
        ['list', '--format', 'table'],
      ]) {
        const { stdout } = await command(...args);
        assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      }
      assert.match((await command('show', '0:6')).stdout, /\\u009b31m \\u202e bytes/);
      const [letter] = linesOf((await command('show', '0:6', '--json', '--raw')).stdout);
      assert.equal(letter?.['text'], Buffer.from(String(letter?.['base64']), 'base64').toString());
    });

    it('masks what may be a secret in what was set aside, unless it is asked for raw', async () => {
      const body = JSON.stringify({
        stage: 'Nowhere',
        requestObject: { password: 'hunter2', env: [{ name: 'A', value: 'hunter2' }] },
        note: 'API_KEY=hunter2',
      });
      await running.post(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${body}]}`);
      for (const args of [
        ['list', '--last', '1'],
        ['list', '--last', '1', '--format', 'table'],
      ])
        assert.ok(!(await command(...args)).stdout.includes('hunter2'));
      const [letter] = await listed('--last', '1');
      const id = `${String(letter?.['partition'])}:${String(letter?.['offset'])}`;
      for (const args of [
        ['show', id],
        ['show', id, '--json'],
      ])
        assert.ok(!(await command(...args)).stdout.includes('hunter2'));
      const answer = await (await fetch(`${running.url}/v1/dead-letters`)).text();
      assert.ok(!answer.includes('hunter2') && !answer.includes(Buffer.from(body).toString('base64')));
      assert.ok((await command('show', id, '--raw')).stdout.includes('hunter2'));
    });

    it('reports an ID that is invalid, unknown or ambiguous', async () => {
      for (const [id, code, words] of [
        ['0:99', 1, /dead_letter_unknown/],
        ['1:0', 1, /dead_letter_unknown/],
        ['0123456789ab', 1, /dead_letter_unknown/],
        [sha256('42').slice(0, 12), 1, /0:0 .*, 0:2 .*\n.*dead_letter_ambiguous/],
        ['abc', 64, /expected an ID/],
        ['0:-1', 64, /expected an ID/],
        ['not hex', 64, /expected an ID/],
        ['', 64, /expected an ID/],
      ] as const)
        for (const action of ['show', 'replay']) {
          const finished = await command(action, id);
          assert.equal(finished.code, code, `${action} ${id}: ${finished.stderr}`);
          assert.match(finished.stderr, words);
          assert.equal(finished.stdout, '');
        }
    });

    it('leaves those that are no events, with the reason and exit code 2', async () => {
      const finished = await command('replay', '--all');
      assert.equal(finished.code, 2);
      assert.match(finished.stderr, /^0 redriven, 8 left$/m);
      assert.match(finished.stdout, /^0:1 .* left: stage_unknown: expected stage .*, found "Never"$/m);
      assert.match(finished.stdout, /^0:4 .* left: only 900000 of its 950003 bytes were kept$/m);
      assert.equal((await listed()).length, 8);
      assert.deepEqual(
        (await replayed('0:0', sha256('42').slice(0, 10), '0:0').catch(() => [])).length,
        0,
        'an ambiguous one among them leaves all',
      );
      assert.deepEqual(
        (await replayed('--reason', 'stage_unknown')).map(([id]) => id),
        ['0:1', '0:3', '0:5', '0:7'],
      );
    });

    it('refuses command lines that it does not understand', async () => {
      for (const [args, words] of [
        [['replay'], /found none of them/],
        [['replay', '--all', '0:1'], /found several/],
        [['replay', '--all', '--reason', 'alert_failed'], /found several/],
        [['replay', '--reason', 'nope'], /--reason: expected/],
        [['show'], /expected one ID, found 0/],
        [['show', '0:1', '0:2'], /expected one ID, found 2/],
        [['list', 'more'], /more/],
        [['list', '--last', '-1'], /last/],
        [['list', '--last', '1e3'], /--last/],
        [['list', '--cluster', 'No Name'], /--cluster/],
        [['list', '--format', 'xml'], /--format/],
        [['list', '--format', 'table', '--json'], /found both/],
        [['list', '--kafka'], /--url or --kafka, found both/],
        [['frobnicate'], /expected list, show, replay or drop/],
        [['list', '--unknown'], /--unknown/],
      ] as const) {
        const finished = await command(...args);
        assert.equal(finished.code, 64, `${args.join(' ')}: ${finished.stderr}`);
        assert.match(finished.stderr, words);
      }
      assert.match(
        (await arrivals(['dead-letters', 'list', '--kafka', '--ca-file', 'x'])).stderr,
        /ARRIVALS_KAFKA_TLS_CA_FILE/,
      );
      assert.equal((await arrivals(['dead-letters', 'list', '--url', 'http://127.0.0.1:9'])).code, 1);
      for (const action of ['list', 'show', 'replay'])
        assert.match(
          (await arrivals(['dead-letters', action, '--help'])).stdout,
          /^Usage: arrivals dead-letters .*\n[^]*Example: /,
        );
    });

    describe('POST /v1/dead-letters/replay', () => {
      const post = async (
        body: string,
        headers: Record<string, string> = { 'Content-Type': 'application/json' },
      ): Promise<readonly [number, string]> => {
        const response = await fetch(`${running.url}/v1/dead-letters/replay`, {
          method: 'POST',
          headers,
          body,
        });
        const answer = (await response.json()) as { readonly error?: { readonly code: string } };
        return [response.status, answer.error?.code ?? ''];
      };

      it('takes JSON alone, as a web page’s simple post has another type', async () => {
        const body = '{"ids":["0:0"]}';
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
          assert.deepEqual(
            await post(body, { 'Content-Type': type }),
            [415, 'content_type_unsupported'],
            type,
          );
        assert.deepEqual(await post(body), [200, '']);
      });

      it('answers for loopback’s names only', async () => {
        const { hostname, port } = new URL(running.url);
        const socket = createConnection(Number(port), hostname);
        socket.end(
          'POST /v1/dead-letters/replay HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{"ids":["0:0"]}',
        );
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.match(answer.toString(), /^HTTP\/1\.1 421 /);
      });

      it('refuses other methods and other bodies', async () => {
        assert.equal((await fetch(`${running.url}/v1/dead-letters/replay`)).status, 405);
        assert.deepEqual(await post('{'), [400, 'body_not_json']);
        const ids = Array.from({ length: 501 }, (_unused, i) => `0:${String(i)}`);
        for (const body of [
          {},
          [],
          null,
          { ids: [] },
          { ids: ['1:0'] },
          { ids: [0] },
          { ids: ['0:x'] },
          { ids: 'all' },
          { ids: ['0:0'], dryRun: 'no' },
          { ids },
        ])
          assert.deepEqual(
            await post(JSON.stringify(body)),
            [400, 'body_invalid'],
            JSON.stringify(body).slice(0, 50),
          );
        assert.deepEqual(await post(JSON.stringify({ ids: ['0:0'], more: 'x'.repeat(100_000) })), [
          413,
          'body_too_large',
        ]);
      });

      it('names those that do not exist', async () => {
        const response = await fetch(`${running.url}/v1/dead-letters/replay`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{"ids":["0:500","0:0","0:501"]}',
        });
        const { results } = (await response.json()) as { readonly results: readonly Json[] };
        assert.deepEqual(
          results.map(({ id, outcome, sha256: digest }) => [id, outcome, digest === null]),
          [
            ['0:500', 'left', true],
            ['0:0', 'left', false],
            ['0:501', 'left', true],
          ],
        );
      });
    });
  });

  describe('of what the processor had set aside', () => {
    const claimed = podCreation({ name: 'claimed' });
    const told = podCreation({ name: 'told-by-another' });

    beforeEach(async () => {
      folder = await temporaryFolder();
      const topics = { [TOPICS.audit]: TOPIC, [TOPICS.alerts]: TOPIC, [TOPICS.deadLetters]: TOPIC };
      const embedded = openEmbedded({
        folder,
        topics,
        claimTtlMs: 1e9,
        ...CONTEXT,
        telemetry: silent,
        now: Date.now,
      });
      const { bus, state } = embedded;
      const at = (offset: number) => ({ topic: TOPICS.audit, partition: 0, offset, index: 3 });
      const letter = (event: unknown, reason: DeadLetterReason, offset: number) =>
        deadLetterRecord(
          deadLetter(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)), {
            cluster: 'default',
            receivedAtMicros: 1_795_529_359_123_456,
            reason,
            detail: 'of a test',
            form: null,
            request: null,
            record: at(offset),
          }),
          TOPICS.deadLetters,
        );
      await bus.publish(
        [
          letter(claimed, 'alert_failed', 7),
          letter(told, 'processing_failed', 8),
          letter('no avro', 'record_undecodable', 9),
          letter('no json', 'event_not_json', 10),
        ],
        never,
      );
      // What stood at 7 had claimed its identity before its alert failed; what stood at 8 had been told by 6.
      await state.claim(
        [{ identity: identityOf('default', readAuditEvent(claimed)), by: at(7) }],
        Date.now(),
      );
      await state.claim([{ identity: identityOf('default', readAuditEvent(told)), by: at(6) }], Date.now());
      await embedded.close();
      running = await RunningArrivals.start(folder);
    });
    afterEach(async () => {
      await running.stop();
      await removeFolder(folder);
    });

    it('shows what it would redrive, and changes nothing, on a dry run', async () => {
      const { stdout, stderr, code } = await command('replay', '--all', '--dry-run');
      assert.equal(code, 2);
      assert.match(stderr, /^3 would be redriven, 1 left$/m);
      assert.match(stdout, /^0:0 .* alert_failed: would be redriven$/m);
      assert.match(stdout, /^0:3 .* event_not_json: left: no event can be made of it: /m);
      assert.deepEqual(
        [(await running.ledger()).accepted, (await running.alerts()).length, (await listed()).length],
        [0, 0, 4],
      );
    });

    it('alerts once what had claimed its identity before its alert failed, at its original position, however often it is redriven', async () => {
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await replayed('0:0'), [['0:0', 'redriven', null]]);
        await running.settled();
      }
      assert.equal((await command('replay', '--reason', 'alert_failed')).code, 0);
      await running.post(eventList([claimed]));
      await running.settled();
      const [alert, ...more] = await running.alerts();
      assert.deepEqual([alert?.object.name, more.length], ['claimed', 0]);
      const { topic, partition, offset, index } = alert?.provenance ?? {};
      assert.deepEqual([topic, partition, offset, index], [TOPICS.audit, 0, 7, 3]);
      const { accepted, alerted, duplicate, balanced } = await running.ledger();
      assert.deepEqual([accepted, alerted, duplicate, balanced], [5, 1, 4, true]);
    });

    it('does not alert again what another one has alerted', async () => {
      await replayed('0:1');
      await running.settled();
      assert.deepEqual([(await running.alerts()).length, (await running.ledger()).duplicate], [0, 1]);
    });

    it('puts back whole records as they were, which are set aside again when nothing has changed', async () => {
      await replayed('--reason', 'record_undecodable');
      await running.settled();
      const letters = await eventually('the second dead letter', async () => {
        const all = await listed('--reason', 'record_undecodable');
        return all.length === 2 ? all : undefined;
      });
      assert.deepEqual(
        letters.map(({ text }) => text),
        ['no avro', 'no avro'],
      );
    });

    it('redrives each once that existed at its start, even if all are set aside again', async () => {
      assert.deepEqual(
        (await replayed('--all')).map(([id, outcome]) => [id, outcome]),
        [
          ['0:0', 'redriven'],
          ['0:1', 'redriven'],
          ['0:2', 'redriven'],
          ['0:3', 'left'],
        ],
      );
      await running.settled();
      assert.equal((await running.alerts()).length, 1);
      assert.equal((await running.ledger()).balanced, true);
    });
  });
});
