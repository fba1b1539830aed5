/** `arrivals replay` on real captures, compared with what was really created. */
import type { Alert, LedgerReport } from '@arrivals/core';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { alertsIn, arrivals, launch } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import {
  CONTROL_PLANE_LOG,
  controlPlaneTruth,
  formFile,
  type FormFile,
  formsTruth,
} from '../support/expected.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('arrivals replay', function () {
  this.timeout(30_000);
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  };

  async function ledgerOf(...args: readonly string[]): Promise<{
    readonly ledger: LedgerReport;
    readonly alerts: readonly Alert[];
    readonly code: number | null;
    readonly stderr: string;
  }> {
    const file = path.join(folder, 'ledger.json');
    const { code, stdout, stderr } = await arrivals(['replay', '--ledger', file, ...args]);
    assert.ok(existsSync(file), stderr);
    return {
      ledger: JSON.parse(readFileSync(file, 'utf8')) as LedgerReport,
      alerts: alertsIn(stdout),
      code,
      stderr,
    };
  }

  it('finds every pod and namespace of a real control plane’s log, uid by uid with its user, and none more', async () => {
    const truth = controlPlaneTruth();
    const { ledger, alerts, code } = await ledgerOf(CONTROL_PLANE_LOG);
    assert.equal(code, 0);
    const rows = (list: readonly (readonly unknown[])[]): readonly string[] =>
      list.map((row) => JSON.stringify(row)).sort();
    const seen = (kind: string): readonly string[] =>
      rows(
        alerts
          .filter(({ object }) => object.kind === kind)
          .map(({ object, actor }) => [
            object.uid,
            object.namespace,
            object.name,
            actor.username,
            actor.impersonatedUsername,
          ]),
      );
    const wanted = (objects: typeof truth.pods): readonly string[] =>
      rows(
        objects.map((object) => [
          object.uid,
          object.namespace,
          object.name,
          object.user,
          object.impersonatedUser,
        ]),
      );
    assert.deepEqual(seen('Pod'), wanted(truth.pods));
    assert.deepEqual(seen('Namespace'), wanted(truth.namespaces));
    assert.equal(
      new Set(alerts.map(({ alertId }) => alertId)).size,
      truth.pods.length + truth.namespaces.length,
    );
    assert.equal(ledger.accepted, 1191);
    assert.equal(
      ledger.accepted,
      ledger.alerted + total(ledger.filtered) + ledger.duplicate + total(ledger.deadLettered),
    );
    assert.deepEqual([ledger.inFlight, ledger.balanced, ledger.duplicate], [0, true, 0]);
  });

  describe('on each form in which platforms and stores hold a log', () => {
    const row = (...cells: readonly unknown[]): string => JSON.stringify(cells);
    const kindOf = ({ object }: Alert): string => (object.kind === 'Pod' ? 'pods' : 'namespaces');
    // Where the log has no audit ID, the entry's digest stands for it.
    const auditIdOf = ({ provenance: { auditId } }: Alert): string | null =>
      auditId?.startsWith('sha256:') === true ? null : auditId;
    const said = (alerts: readonly Alert[]): readonly string[] =>
      alerts
        .map((alert) =>
          row(
            auditIdOf(alert),
            kindOf(alert),
            alert.object.namespace,
            alert.object.name,
            alert.object.uid,
            alert.actor.username,
          ),
        )
        .sort();
    const wanted = ({ alert }: FormFile): readonly string[] =>
      alert
        .map(({ auditID, resource, namespace, name, uid, user }) =>
          row(auditID, resource, namespace, name, uid, user),
        )
        .sort();
    const files = Object.entries(formsTruth());
    const old = files.filter(([name]) => name.startsWith('v1beta1/'));

    for (const [name, expected] of files.filter((entry) => !old.includes(entry))) {
      it(`alerts what was really created of ${name}`, async () => {
        const { ledger, alerts, code, stderr } = await ledgerOf(formFile(name));
        assert.deepEqual(said(alerts), wanted(expected));
        assert.equal(ledger.balanced && ledger.inFlight === 0, true);
        assert.equal(ledger.deadLettered.form_unsupported ?? 0, expected.forms['admissionreview'] ?? 0);
        assert.equal(code, total(ledger.deadLettered) > 0 ? 2 : 0);
        for (const [form, platform] of [
          ['aks', 'AKS'],
          ['gke', 'GKE'],
        ] as const)
          if (expected.forms[form] !== undefined)
            assert.match(stderr, new RegExp(`^${String(expected.forms[form])} ${platform} records?: `, 'm'));
      });
    }

    describe('of an old API server, a request a file', () => {
      let all: Awaited<ReturnType<typeof ledgerOf>>;

      before(async () => {
        folder = await temporaryFolder();
        all = await ledgerOf(...old.map(([name]) => formFile(name)));
        await removeFolder(folder);
      });

      for (const [name, expected] of old) {
        it(`alerts what was really created of ${name}`, () => {
          const { auditID } = JSON.parse(readFileSync(formFile(name), 'utf8')) as {
            readonly auditID?: string;
          };
          assert.deepEqual(
            said(all.alerts.filter(({ provenance }) => provenance.auditId === auditID)),
            wanted(expected),
          );
        });
      }

      it('sets aside what is no event, and alerts nothing else', () => {
        assert.deepEqual(said(all.alerts), old.flatMap(([, expected]) => wanted(expected)).sort());
        assert.deepEqual(
          [all.ledger.accepted, total(all.ledger.deadLettered), all.ledger.balanced, all.code],
          [old.length, 1, true, 2],
        );
      });
    });
  });

  describe('on one creation, as each platform delivers it', () => {
    const event = (): string =>
      JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...podCreation({ name: 'web-1' }) });
    const data = (): Record<string, unknown> => ({
      messageType: 'DATA_MESSAGE',
      logGroup: '/aws/eks/prod/cluster',
      logStream: 'kube-apiserver-audit-1',
      logEvents: [{ id: '1', timestamp: 1, message: event() }],
    });
    const control = {
      messageType: 'CONTROL_MESSAGE',
      logGroup: '',
      logStream: '',
      logEvents: [{ id: '', timestamp: 1, message: 'CWL CONTROL MESSAGE' }],
    };
    const azure = (): Record<string, unknown> => ({
      category: 'kube-audit',
      resourceId: '/SUBSCRIPTIONS/S',
      properties: { log: `${event()}\n` },
    });
    const json = JSON.stringify;
    const base64 = (value: unknown): string => gzipSync(json(value)).toString('base64');

    const deliveries: readonly (readonly [what: string, content: () => string | Buffer, says: RegExp])[] = [
      [
        'Event Hubs messages, one a line',
        () => `${json({ records: [azure()] })}\n${json({ records: [{ ...azure(), category: 'guard' }] })}\n`,
        /^2 AKS records: 1 event, 1 of other logs left out$/m,
      ],
      ['a storage account’s lines', () => `${json(azure())}\n`, /^1 AKS record: 1 event$/m],
      [
        'Firehose’s objects, without ends of line',
        () => `${json(control)}${json(data())}`,
        /^2 EKS records: 1 event, 1 of other logs left out$/m,
      ],
      [
        'them gzipped, each alone',
        () => Buffer.concat([gzipSync(json(control)), gzipSync(json(data()))]),
        /^2 EKS records: 1 event/m,
      ],
      [
        'them gzipped a second time',
        () => gzipSync(Buffer.concat([gzipSync(json(control)), gzipSync(json(data()))])),
        /^2 EKS records: 1 event/m,
      ],
      [
        'Kinesis’ records in base64, one a line',
        () => `${base64(control)}\n${base64(data())}\n`,
        /^2 EKS records: 1 event/m,
      ],
      [
        'what `aws kinesis get-records` prints',
        () => json({ Records: [{ Data: base64(data()) }] }, null, 4),
        /^1 EKS record: 1 event$/m,
      ],
      [
        'what `aws logs filter-log-events` prints',
        () =>
          json(
            { events: [{ logStreamName: 'kube-apiserver-audit-1', timestamp: 1, message: event() }] },
            null,
            4,
          ),
        /^1 EKS record: 1 event$/m,
      ],
      [
        'OpenShift’s records, one a line',
        () =>
          `${json({ ...podCreation({ name: 'web-1' }), log_type: 'audit', log_source: 'kubeAPI', openshift: {} })}\n`,
        /^1 OpenShift record: 1 event$/m,
      ],
    ];
    for (const [what, content, says] of deliveries) {
      it(`finds it in ${what}`, async () => {
        const { alerts, ledger, code, stderr } = await ledgerOf(await write('log', content()));
        assert.deepEqual([alerts.map(({ object }) => object.name), ledger.accepted, code], [['web-1'], 1, 0]);
        assert.match(stderr, says);
      });
    }

    it('finds GKE’s, printed as a list, and lists in the alert what that log lacks', async () => {
      const entry = readFileSync(formFile('gke/pod-of-controller.json'), 'utf8');
      const { timestamp, protoPayload } = JSON.parse(entry) as {
        readonly timestamp: string;
        readonly protoPayload: { readonly response: { readonly metadata: { readonly uid: string } } };
      };
      const list = JSON.stringify([JSON.parse(entry), JSON.parse(entry)], null, 2);
      const { alerts, ledger, code, stderr } = await ledgerOf(await write('entries.json', list));
      assert.match(stderr, /^2 GKE records: 2 events$/m);
      assert.deepEqual([alerts.length, ledger.duplicate, code], [1, 1, 0]);
      assert.deepEqual(
        [alerts[0]?.object.uid, alerts[0]?.occurredAt],
        [protoPayload.response.metadata.uid, timestamp],
      );
      assert.match(
        alerts[0]?.unknown.find(({ path: at }) => at === 'provenance')?.detail ?? '',
        /^GKE’s log has neither stage nor response code/,
      );
    });

    it('sets aside what holds none, and takes the others', async () => {
      const lines = [
        json(azure()),
        json({ ...azure(), properties: { log: 'cut' } }),
        json({ awslogs: { data: 'garbage' } }),
        json(data()),
      ];
      const { alerts, ledger, code, stderr } = await ledgerOf(await write('mixed.jsonl', lines.join('\n')));
      assert.deepEqual([alerts.length, total(ledger.deadLettered), code], [2, 2, 2]);
      assert.match(stderr, /^2 AKS records: 1 event, 1 without one$/m);
    });
  });

  it('sends what it has when its input pauses', async () => {
    const replay = launch(['replay', '-']);
    replay.child.stdin.write(`${JSON.stringify(podCreation({ name: 'web-1' }))}\n`);
    await eventually('its alert', () => (alertsIn(replay.stdout()).length === 1 ? true : undefined));
    replay.child.stdin.end();
    assert.equal((await replay.finished).code, 0);
  });

  it('reads EventList documents, over several lines too, one after the other', async () => {
    const lists = [
      JSON.stringify(JSON.parse(eventList([podCreation(), podRead()])), null, 2),
      eventList([podCreation()]),
      eventList([podCreation()]),
    ];
    const { alerts, ledger } = await ledgerOf(await write('lists.json', lists.join('\n')));
    assert.equal(alerts.length, 3);
    assert.equal(ledger.accepted, 4);
  });

  it('reads gzip, whatever the file name, and standard input', async () => {
    const lines = [podCreation(), podCreation()].map((event) => JSON.stringify(event)).join('\n');
    assert.equal((await ledgerOf(await write('log', gzipSync(lines)))).alerts.length, 2);
    const { stdout, code } = await arrivals(['replay', '-'], { input: gzipSync(lines) });
    assert.deepEqual([alertsIn(stdout).length, code], [2, 0]);
  });

  it('sets a line aside that is no JSON, reports its position, and continues', async () => {
    const lines = [
      JSON.stringify(podCreation()),
      '{"kind":"Event","stage":"Resp',
      '',
      JSON.stringify(podCreation()),
      '\u0000\u0001binary',
    ];
    const { alerts, ledger, code, stderr } = await ledgerOf(await write('broken.jsonl', lines.join('\n')));
    assert.equal(alerts.length, 2);
    assert.deepEqual(ledger.deadLettered, { not_an_object: 2 });
    assert.equal(code, 2);
    assert.match(stderr, /broken\.jsonl:2: expected JSON/);
    assert.match(stderr, /broken\.jsonl:5: expected JSON/);
  });

  it('continues when the first line is truncated, as in a log that was rotated', async () => {
    const lines = ['ponseStatus":{"code":201}}', JSON.stringify(podCreation())];
    const { alerts, ledger } = await ledgerOf(await write('rotated.jsonl', lines.join('\n')));
    assert.equal(alerts.length, 1);
    assert.deepEqual(ledger.deadLettered, { not_an_object: 1 });
  });

  it('takes a byte order mark for what it is', async () => {
    const { alerts, ledger } = await ledgerOf(
      await write('bom.jsonl', `\ufeff${JSON.stringify(podCreation())}\n${JSON.stringify(podCreation())}\n`),
    );
    assert.deepEqual([alerts.length, ledger.deadLettered], [2, {}]);
  });

  it('leaves out one event that is too large for the webhook, reports it, and sends the others', async () => {
    const large = { ...podRead(), padding: 'x'.repeat(17_000_000) };
    const lines = [podCreation(), large, podCreation()].map((event) => JSON.stringify(event));
    const { alerts, code, stderr } = await ledgerOf(await write('large.jsonl', lines.join('\n')));
    assert.deepEqual([alerts.length, code], [2, 2]);
    assert.match(stderr, /an event of 17\d+ bytes was refused: 413/);
  });

  it('does not fail when its reader stops early, and leaves no files', async () => {
    const events = Array.from({ length: 300 }, () => JSON.stringify(podCreation()));
    const file = await write('many.jsonl', events.join('\n'));
    const { child, finished } = launch(['replay', file], { settings: { TMPDIR: folder } });
    // At the very first of some 2 MB, which no pipe holds.
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, stderr } = await finished;
    assert.equal(code, 0);
    // The account may have been written before the reader was missed.
    assert.doesNotMatch(stderr, /arrivals: |EPIPE/);
    assert.deepEqual(await readdir(folder), ['many.jsonl']);
  });

  it('counts each event once on a disk that takes longer than a webhook waits for it, and logs no error at its end', async () => {
    const slow = await write(
      'slow.mjs',
      `const { openEmbedded } = await import(${JSON.stringify(import.meta.resolve('@arrivals/adapters/embedded'))});
       const folder = ${JSON.stringify(path.join(folder, 'other'))};
       const settings = ${JSON.stringify({ topics: {}, claimTtlMs: 1e9, ...CONTEXT })};
       const embedded = openEmbedded({ folder, ...settings, telemetry: { emit: () => undefined }, now: Date.now });
       const bus = Object.getPrototypeOf(embedded.bus);
       await embedded.close();
       const { publish } = bus;
       bus.publish = function (...args) {
         return new Promise((resolve) => setTimeout(resolve, 2500)).then(() => publish.apply(this, args));
       };
       process.stderr.write('the disk is slow\\n');`,
    );
    const ledgerFile = path.join(folder, 'slow.json');
    const events = Array.from({ length: 4 }, () => JSON.stringify(podCreation())).join('\n');
    const { code, stderr } = await arrivals(
      ['replay', '--ledger', ledgerFile, '--backoff-ms', '10ms', await write('four.jsonl', events)],
      {
        settings: { NODE_OPTIONS: `--import ${slow}` },
      },
    );
    assert.match(stderr, /the disk is slow/);
    const { accepted, alerted, duplicate, balanced } = JSON.parse(
      readFileSync(ledgerFile, 'utf8'),
    ) as LedgerReport;
    assert.deepEqual([code, accepted, alerted, duplicate, balanced], [0, 4, 4, 0, true], stderr);
    assert.doesNotMatch(stderr, /"level":"error"|again/);
  });

  it('carries the name of the cluster', async () => {
    const { alerts } = await ledgerOf(
      '--cluster',
      'prod.eu-1',
      await write('one.jsonl', JSON.stringify(podCreation())),
    );
    assert.equal(alerts[0]?.cluster, 'prod.eu-1');
  });

  it('prints a table for people', async () => {
    const { stdout } = await arrivals([
      'replay',
      '--format',
      'table',
      await write('one.jsonl', JSON.stringify(podCreation({ name: 'web-1' }))),
    ]);
    assert.match(
      stdout,
      /^OCCURRED .*\n2026-11-22T14:08:59Z {2}[0-9a-f]{8} {2}New K8s Pod .* shop\/web-1 .* alice /,
    );
  });

  it('takes an empty file', async () => {
    const { ledger, code } = await ledgerOf(await write('empty.jsonl', ''));
    assert.deepEqual([ledger.accepted, code], [0, 0]);
  });

  it('reports what is wrong with the command line, with exit code 64', async () => {
    for (const [args, message] of [
      [[], /expected at least one file/],
      [['--format', 'xml', 'x'], /--format: expected json or table, found "xml"/],
      [['--cluster', 'Not Valid', 'x'], /--cluster: expected/],
      [['--to', 'nonsense', 'x'], /--to: expected a URL/],
      [['--unheard-of', 'x'], /--unheard-of/],
    ] as const) {
      const { code, stderr } = await arrivals(['replay', ...args]);
      assert.equal(code, 64, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });

  it('names the file that cannot be read, with exit code 1', async () => {
    const { code, stderr } = await arrivals(['replay', path.join(folder, 'missing.jsonl')]);
    assert.equal(code, 1);
    assert.match(stderr, /missing\.jsonl: ENOENT/);
    assert.match(stderr, /input_unreadable/);
  });
});
