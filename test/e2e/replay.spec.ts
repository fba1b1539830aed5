/** `arrivals replay` on real captures, compared with what was really created. */
import type { Alert, LedgerReport } from '@arrivals/core';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { alertsIn, arrivals, fixture, launch } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTROL_PLANE_LOG, controlPlaneTruth, publicAuditTruth } from '../support/expected.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

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

  async function ledgerOf(
    ...args: readonly string[]
  ): Promise<{ readonly ledger: LedgerReport; readonly alerts: readonly Alert[]; readonly code: number | null; readonly stderr: string }> {
    const file = path.join(folder, 'ledger.json');
    const { code, stdout, stderr } = await arrivals(['replay', '--ledger', file, ...args]);
    assert.ok(existsSync(file), stderr);
    return { ledger: JSON.parse(readFileSync(file, 'utf8')) as LedgerReport, alerts: alertsIn(stdout), code, stderr };
  }

  it('finds every pod and namespace of a real control plane’s log, uid by uid with its user, and none more', async () => {
    const truth = controlPlaneTruth();
    const { ledger, alerts, code } = await ledgerOf(CONTROL_PLANE_LOG);
    assert.equal(code, 0);
    const rows = (list: readonly (readonly unknown[])[]): readonly string[] => list.map((row) => JSON.stringify(row)).sort();
    const seen = (kind: string): readonly string[] =>
      rows(
        alerts
          .filter(({ object }) => object.kind === kind)
          .map(({ object, actor }) => [object.uid, object.namespace, object.name, actor.username, actor.impersonatedUsername]),
      );
    const wanted = (objects: typeof truth.pods): readonly string[] =>
      rows(objects.map((object) => [object.uid, object.namespace, object.name, object.user, object.impersonatedUser]));
    assert.deepEqual(seen('Pod'), wanted(truth.pods));
    assert.deepEqual(seen('Namespace'), wanted(truth.namespaces));
    assert.equal(new Set(alerts.map(({ alertId }) => alertId)).size, truth.pods.length + truth.namespaces.length);
    assert.equal(ledger.accepted, 1191);
    assert.equal(ledger.accepted, ledger.alerted + total(ledger.filtered) + ledger.duplicate + total(ledger.deadLettered));
    assert.deepEqual([ledger.inFlight, ledger.balanced, ledger.duplicate], [0, true, 0]);
  });

  describe('on public audit logs of other platforms', () => {
    for (const [name, expected] of Object.entries(publicAuditTruth())) {
      it(`agrees with the oracle on ${name}`, async () => {
        const plain = fixture('public-audit', name);
        const { ledger, alerts, code } = await ledgerOf(existsSync(plain) ? plain : `${plain}.gz`);
        const ours = expected.alert.filter(({ form }) => form === 'v1' || form === 'v1beta1' || form.startsWith('no-typemeta'));
        const row = (...cells: readonly unknown[]): string => JSON.stringify(cells);
        assert.deepEqual(
          alerts
            .map(({ provenance, object, actor }) => row(provenance.auditId, object.kind === 'Pod' ? 'pods' : 'namespaces', object.name, actor.username))
            .sort(),
          ours.map(({ auditID, resource, name: objectName, user }) => row(auditID, resource, objectName, user)).sort(),
        );
        assert.equal(ledger.balanced && ledger.inFlight === 0, true);
        const foreign = ['aks', 'gke', 'admissionreview'].some((form) => (expected.forms[form] ?? 0) > 0);
        if (foreign) assert.ok((ledger.deadLettered.form_unsupported ?? 0) > 0, JSON.stringify(ledger.deadLettered));
        assert.equal(code, total(ledger.deadLettered) > 0 ? 2 : 0);
      });
    }
  });

  it('reads EventList documents, over several lines too, one after the other', async () => {
    const lists = [JSON.stringify(JSON.parse(eventList([podCreation(), podRead()])), null, 2), eventList([podCreation()]), eventList([podCreation()])];
    const { alerts, ledger } = await ledgerOf(await write('lists.json', lists.join('\n')));
    assert.equal(alerts.length, 3);
    assert.equal(ledger.accepted, 4);
  });

  it('reads gzip, whatever the name says, and standard input', async () => {
    const lines = [podCreation(), podCreation()].map((event) => JSON.stringify(event)).join('\n');
    assert.equal((await ledgerOf(await write('log', gzipSync(lines)))).alerts.length, 2);
    const { stdout, code } = await arrivals(['replay', '-'], { input: gzipSync(lines) });
    assert.deepEqual([alertsIn(stdout).length, code], [2, 0]);
  });

  it('sets a line aside that is no JSON, says where it stood, and goes on', async () => {
    const lines = [JSON.stringify(podCreation()), '{"kind":"Event","stage":"Resp', '', JSON.stringify(podCreation()), '\u0000\u0001binary'];
    const { alerts, ledger, code, stderr } = await ledgerOf(await write('broken.jsonl', lines.join('\n')));
    assert.equal(alerts.length, 2);
    assert.deepEqual(ledger.deadLettered, { not_an_object: 2 });
    assert.equal(code, 2);
    assert.match(stderr, /broken\.jsonl:2: expected JSON/);
    assert.match(stderr, /broken\.jsonl:5: expected JSON/);
  });

  it('goes on when the very first line is cut off, as in a log that was rotated', async () => {
    const lines = ['ponseStatus":{"code":201}}', JSON.stringify(podCreation())];
    const { alerts, ledger } = await ledgerOf(await write('rotated.jsonl', lines.join('\n')));
    assert.equal(alerts.length, 1);
    assert.deepEqual(ledger.deadLettered, { not_an_object: 1 });
  });

  it('takes a byte order mark for what it is', async () => {
    const { alerts, ledger } = await ledgerOf(await write('bom.jsonl', `\ufeff${JSON.stringify(podCreation())}\n${JSON.stringify(podCreation())}\n`));
    assert.deepEqual([alerts.length, ledger.deadLettered], [2, {}]);
  });

  it('leaves out one event that is too large for the webhook, says so, and sends the others', async () => {
    const large = { ...podRead(), padding: 'x'.repeat(17_000_000) };
    const lines = [podCreation(), large, podCreation()].map((event) => JSON.stringify(event));
    const { alerts, code, stderr } = await ledgerOf(await write('large.jsonl', lines.join('\n')));
    assert.deepEqual([alerts.length, code], [2, 2]);
    assert.match(stderr, /an event of 17\d+ bytes was refused: 413/);
  });

  it('takes a reader that has had enough for no failure, and leaves nothing behind', async () => {
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

  it('carries the name of the cluster', async () => {
    const { alerts } = await ledgerOf('--cluster', 'prod.eu-1', await write('one.jsonl', JSON.stringify(podCreation())));
    assert.equal(alerts[0]?.cluster, 'prod.eu-1');
  });

  it('prints a table for people', async () => {
    const { stdout } = await arrivals(['replay', '--format', 'table', await write('one.jsonl', JSON.stringify(podCreation({ name: 'web-1' })))]);
    assert.match(stdout, /^OCCURRED .*\n2026-11-22T14:08:59Z {2}New K8s Pod .* shop\/web-1 .* alice /);
  });

  it('takes an empty file', async () => {
    const { ledger, code } = await ledgerOf(await write('empty.jsonl', ''));
    assert.deepEqual([ledger.accepted, code], [0, 0]);
  });

  it('says what is wrong with the command line, with exit code 64', async () => {
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

  it('says which file cannot be read, with exit code 1', async () => {
    const { code, stderr } = await arrivals(['replay', path.join(folder, 'missing.jsonl')]);
    assert.equal(code, 1);
    assert.match(stderr, /missing\.jsonl: ENOENT/);
    assert.match(stderr, /input_unreadable/);
  });
});
