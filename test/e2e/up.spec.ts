/** `arrivals up`, the real process: what API servers, subscribers and operators see of it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { alertsIn, arrivals, fixture, REPOSITORY, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTROL_PLANE_LOG, controlPlaneTruth } from '../support/expected.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

describe('arrivals up', function () {
  this.timeout(60_000);
  let folder: string;
  let running: RunningArrivals;

  before(async () => {
    folder = await temporaryFolder();
    running = await RunningArrivals.start(folder, {
      ARRIVALS_CLUSTERS: 'default,other',
      ARRIVALS_BODY_BYTES_MAX: '2000000',
    });
  });
  after(async () => {
    await running.stop();
    await removeFolder(folder);
  });

  const refusal = async (response: Response): Promise<readonly [number, string]> => [
    response.status,
    ((await response.json()) as ErrorBody).error.code,
  ];

  describe('the webhook', () => {
    it('answers 200 and publishes one alert for one creation', async () => {
      const uid = randomUUID();
      const response = await running.post(eventList([podCreation({ uid }), podRead()]));
      assert.deepEqual([response.status, await response.json()], [200, { accepted: 2, deadLettered: 0 }]);
      await running.settled();
      const [alert, ...more] = (await running.alerts()).filter(({ object }) => object.uid === uid);
      assert.equal(more.length, 0);
      assert.deepEqual(
        [alert?.title, alert?.cluster, alert?.actor.peerAddress, alert?.grant?.binding?.name],
        ['New K8s Pod', 'default', '198.51.100.9', 'dev'],
      );
    });

    it('makes one alert each of a batch that comes five times, at once and in turn', async () => {
      const uids: string[] = Array.from({ length: 20 }, () => randomUUID());
      const body = eventList(uids.map((uid) => podCreation({ uid })));
      await Promise.all([running.post(body), running.post(body), running.post(body)]);
      await running.post(body);
      await running.settled();
      await running.post(body);
      await running.settled();
      const seen = (await running.alerts())
        .map(({ object }) => object.uid)
        .filter((uid) => uid !== null && uids.includes(uid));
      assert.deepEqual([...seen].sort(), [...uids].sort());
    });

    it('makes a thousand alerts of a thousand pods that carry one Audit-ID', async () => {
      const uids: string[] = Array.from({ length: 1000 }, () => randomUUID());
      const events = uids.map((uid) => podCreation({ uid, auditId: 'chosen-by-the-client' }));
      for (let i = 0; i < events.length; i += 400)
        assert.equal((await running.post(eventList(events.slice(i, i + 400)))).status, 200);
      await running.settled();
      const seen = (await running.alerts())
        .map(({ object }) => object.uid)
        .filter((uid) => uid !== null && uids.includes(uid));
      assert.equal(new Set(seen).size, 1000);
      assert.equal(seen.length, 1000);
    });

    it('sees two copies in one batch', async () => {
      const event = podCreation();
      await running.post(eventList([event, podRead(), event]));
      await running.settled();
      const uid = (event['responseObject'] as { readonly metadata: { readonly uid: string } }).metadata.uid;
      assert.equal((await running.alerts()).filter(({ object }) => object.uid === uid).length, 1);
    });

    it('keeps the same uid of two clusters apart', async () => {
      const uid = randomUUID();
      for (const cluster of ['default', 'other'])
        await running.post(eventList([podCreation({ uid })]), { cluster });
      await running.settled();
      const clusters = (await running.alerts())
        .filter(({ object }) => object.uid === uid)
        .map(({ cluster }) => cluster);
      assert.deepEqual(clusters.sort(), ['default', 'other']);
    });

    it('sets bad items aside and takes the good ones of the same batch', async () => {
      const before = await running.settled();
      const uid = randomUUID();
      const response = await running.post(
        eventList([
          42,
          null,
          {},
          { ...podRead(), stage: 'Never' },
          { ...podRead(), kind: 'AdmissionReview' },
          podCreation({ uid }),
        ]),
      );
      assert.deepEqual([response.status, await response.json()], [200, { accepted: 6, deadLettered: 5 }]);
      const after = await running.settled();
      const added = (reason: keyof typeof after.deadLettered): number =>
        (after.deadLettered[reason] ?? 0) - (before.deadLettered[reason] ?? 0);
      assert.deepEqual(
        [added('not_an_object'), added('stage_unknown'), added('form_unsupported')],
        [2, 2, 1],
      );
      assert.equal((await running.alerts()).filter(({ object }) => object.uid === uid).length, 1);
    });

    it('takes an empty list', async () => {
      assert.equal((await running.post(eventList([]))).status, 200);
      assert.equal(
        (await running.post('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":null}'))
          .status,
        200,
      );
    });

    it('carries an event that is larger than a record, and names what was truncated', async () => {
      const uid = randomUUID();
      const event = podCreation({ uid });
      const answer = event['responseObject'] as { readonly metadata: Record<string, unknown> };
      answer.metadata['annotations'] = { padding: 'x'.repeat(1_200_000) };
      assert.equal((await running.post(eventList([podRead(), event]))).status, 200);
      await running.settled();
      const alert = (await running.alerts()).find(({ object }) => object.uid === uid);
      assert.equal(alert?.provenance.truncated, true);
      assert.equal(alert.object.containers?.[0]?.image?.reference, 'registry.example/app:1.0');
    });

    it('refuses what is no JSON or no EventList with 400, with the place and the reason', async () => {
      assert.deepEqual(await refusal(await running.post('{"kind":"EventList",')), [400, 'body_not_json']);
      assert.deepEqual(await refusal(await running.post('[]')), [400, 'body_not_event_list']);
      assert.deepEqual(
        await refusal(await running.post('{"kind":"Event","apiVersion":"audit.k8s.io/v1","items":[]}')),
        [400, 'body_not_event_list'],
      );
      assert.deepEqual(await refusal(await running.post('')), [400, 'body_not_json']);
      const { error } = (await (await running.post('{"kind":"EventList",')).json()) as ErrorBody;
      assert.match(error.message, /byte 20/);
      assert.match(error.remedy, /EventList/);
    });

    it('takes gzip, and platforms’ logs, and reports the entries it leaves out', async () => {
      const event = JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...podRead() });
      const logEvents = [{ id: '1', timestamp: 1, message: event }];
      const data = { messageType: 'DATA_MESSAGE', logGroup: '/aws/eks/prod/cluster', logEvents };
      const bodies = [
        { ...data, logStream: 'kube-apiserver-audit-1' },
        { ...data, logStream: 'authenticator-1' },
      ].map((value) => gzipSync(JSON.stringify(value)));
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
      const answers = await Promise.all(
        bodies.map(async (body) => (await running.post(body, { headers })).json()),
      );
      assert.deepEqual(answers, [
        { accepted: 1, deadLettered: 0 },
        { accepted: 0, deadLettered: 0 },
      ]);
      const metrics = await (await fetch(`${running.url}/metrics`)).text();
      assert.match(metrics, /^arrivals_log_entries_ignored_total\{cluster="default",platform="EKS"\} 1$/m);
    });

    it('refuses another Content-Type, and another compression than gzip, with 415', async () => {
      const body = eventList([]);
      assert.deepEqual(
        await refusal(await running.post(body, { headers: { 'Content-Type': 'text/plain' } })),
        [415, 'content_type_unsupported'],
      );
      assert.deepEqual(
        await refusal(
          await running.post(body, {
            headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'br' },
          }),
        ),
        [415, 'content_type_unsupported'],
      );
      assert.equal(
        (await running.post(body, { headers: { 'Content-Type': 'Application/JSON; charset=utf-8' } })).status,
        200,
      );
    });

    it('refuses a body over the limit with 413, declared or not', async () => {
      const large = Buffer.alloc(2_000_001, ' ');
      assert.deepEqual(await refusal(await running.post(large)), [413, 'body_too_large']);
      const chunks = async function* (): AsyncGenerator<Buffer> {
        for (let i = 0; i < 40; i++) yield await Promise.resolve(Buffer.alloc(100_000, ' '));
      };
      const streamed = {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: chunks(),
        duplex: 'half',
      } as const;
      // The refusal may come before all of the body is sent: then the client sees the connection end.
      const answer = await fetch(
        `${running.url}/v1/clusters/default/audit`,
        streamed as unknown as RequestInit,
      ).then(
        (response) => response.status,
        () => 413,
      );
      assert.equal(answer, 413);
    });

    it('refuses an unknown cluster, path and method', async () => {
      assert.deepEqual(await refusal(await running.post(eventList([]), { cluster: 'nobody' })), [
        404,
        'cluster_unknown',
      ]);
      assert.deepEqual(await refusal(await running.post(eventList([]), { cluster: 'No%20Name' })), [
        400,
        'cluster_name_invalid',
      ]);
      assert.deepEqual(await refusal(await fetch(`${running.url}/audit`, { method: 'POST' })), [
        404,
        'route_unknown',
      ]);
      const wrong = await fetch(`${running.url}/v1/clusters/default/audit`);
      assert.equal(wrong.headers.get('Allow'), 'POST');
      assert.deepEqual(await refusal(wrong), [405, 'method_not_allowed']);
    });

    it('continues after a connection that broke in the middle of a body', async () => {
      const { hostname, port } = new URL(running.url);
      const socket = createConnection(Number(port), hostname);
      socket.write(
        'POST /v1/clusters/default/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":',
      );
      await once(socket, 'connect');
      socket.destroy();
      assert.equal((await running.post(eventList([podRead()]))).status, 200);
    });
  });

  describe('for operators', () => {
    it('reports that it serves and is ready', async () => {
      assert.deepEqual(await running.json('/healthz'), { status: 'ok' });
      assert.deepEqual(await running.json('/readyz'), { status: 'ready' });
    });

    it('keeps a ledger that balances, also while events are coming in', async () => {
      const posts = Promise.all(
        Array.from({ length: 20 }, () => running.post(eventList([podCreation(), podRead(), {}]))),
      );
      for (let i = 0; i < 20; i++) assert.equal((await running.ledger()).balanced, true);
      await posts;
      const ledger = await running.settled();
      assert.equal(ledger.balanced, true);
    });

    it('shows the ledger in the metrics, with labels of closed sets only', async () => {
      await running.settled();
      const text = await (await fetch(`${running.url}/metrics`)).text();
      assert.match(text, /^arrivals_ledger_balanced 1$/m);
      assert.match(text, /^arrivals_events_in_flight 0$/m);
      assert.match(text, /^arrivals_alerts_total\{cluster="default",kind="Pod"\} \d+$/m);
      assert.match(text, /^arrivals_requests_refused_total\{code="cluster_unknown"\} \d+$/m);
      assert.doesNotMatch(text, /nobody|chosen-by-the-client|alice/);
    });

    it('writes JSON lines only, one a batch at most, into its log', async () => {
      await Promise.all(Array.from({ length: 40 }, () => running.post(eventList([podRead()]))));
      assert.doesNotMatch(running.output, /Warning/);
      const lines = running.output.split('\n').filter((line) => line.startsWith('{'));
      assert.ok(lines.length > 0);
      for (const line of lines) JSON.parse(line);
      const before = lines.length;
      await running.post(eventList(Array.from({ length: 100 }, () => podCreation())));
      await running.settled();
      assert.ok(running.output.split('\n').filter((line) => line.startsWith('{')).length - before <= 2);
    });

    it('answers for loopback’s names only, so that no web page reads alerts through a browser', async () => {
      const { hostname, port } = new URL(running.url);
      const socket = createConnection(Number(port), hostname);
      socket.end('GET /v1/alerts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 421 /);
    });
  });

  it('shows operators what was set aside, with its bytes and the reason', async () => {
    await running.post(eventList([podRead(), { strange: 'thing' }]));
    const { stdout, code } = await arrivals(['dead-letters', '--url', running.url, '--last', '1', '--raw']);
    const [letter] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(code, 0);
    assert.deepEqual(
      [letter?.['reason'], letter?.['text'], letter?.['cluster']],
      ['stage_unknown', '{"strange":"thing"}', 'default'],
    );
    assert.equal(Buffer.from(String(letter?.['base64']), 'base64').toString(), '{"strange":"thing"}');
  });

  describe('arrivals alerts', () => {
    it('prints what is there as JSON lines, the last ones on request', async () => {
      const all = await running.alerts();
      const { stdout, code } = await arrivals(['alerts', '--url', running.url, '--last', '5']);
      assert.equal(code, 0);
      assert.deepEqual(alertsIn(stdout), all.slice(-5));
      assert.deepEqual(
        alertsIn((await arrivals(['alerts', '--url', running.url, '--last', '100000'])).stdout),
        all,
      );
    });

    it('refuses a query it does not understand', async () => {
      assert.deepEqual(await refusal(await fetch(`${running.url}/v1/alerts?last=many`)), [
        400,
        'query_invalid',
      ]);
    });

    it('reports that nothing runs there', async () => {
      const { code, stderr } = await arrivals(['alerts', '--url', 'http://127.0.0.1:9']);
      assert.equal(code, 1);
      assert.match(stderr, /server_unreachable/);
    });
  });

  it('prints a line that shows a first alert at once', async () => {
    const line =
      /First alert\s+(\S+arrivals replay .* && \S+arrivals alerts .*)$/m.exec(running.output)?.[1] ?? '';
    const [replay = '', alerts = ''] = line.split(' && ');
    assert.equal((await arrivals(replay.split(' ').slice(1))).code, 0);
    await running.settled();
    assert.match(
      (await arrivals([...alerts.split(' ').slice(1), '--format', 'table'])).stdout,
      /New K8s Pod .* audited\/root-shell /,
    );
  });
});

describe('replay --to a running Arrivals', function () {
  this.timeout(60_000);

  it('brings the whole of a real control plane’s log through', async () => {
    const folder = await temporaryFolder();
    const running = await RunningArrivals.start(folder);
    const { code, stderr } = await arrivals(['replay', '--to', running.url, CONTROL_PLANE_LOG]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^1191 events sent in 3 batches, 0 tried again, 0 set aside, 0 too large$/m);
    await running.settled();
    const { pods, namespaces } = controlPlaneTruth();
    assert.deepEqual(
      (await running.alerts()).map(({ object }) => object.uid).sort(),
      [...pods, ...namespaces].map(({ uid }) => uid).sort(),
    );
    await running.stop();
    await removeFolder(folder);
  });

  it('gives up after its tries when nobody answers, with exit code 1', async () => {
    const { code, stderr } = await arrivals([
      'replay',
      '--to',
      'http://127.0.0.1:9',
      '--wait',
      '--backoff-ms',
      '10',
      fixture('audit', 'control-plane.jsonl'),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /delivery_failed/);
    assert.match(stderr, /in 5 tries/);
  });
});

describe('what wires an API server', () => {
  it('is printed whole or part by part, each flag with its reason', async () => {
    const args = ['webhook-config', '--cluster', 'prod', '--url', 'http://10.0.0.5:8080'];
    const { stdout: kubeconfig } = await arrivals([...args, '--part', 'kubeconfig']);
    assert.match(kubeconfig, /server: "http:\/\/10\.0\.0\.5:8080\/v1\/clusters\/prod\/audit"/);
    const { stdout: flags } = await arrivals([...args, '--part', 'flags']);
    const lines = flags.trimEnd().split('\n');
    assert.ok(lines.every((line, i) => line.startsWith(i % 2 === 0 ? '# ' : '--audit-')));
    for (const flag of ['--audit-webhook-batch-max-wait=1s', '--audit-webhook-truncate-enabled=true'])
      assert.ok(lines.includes(flag), flag);
    const { stdout: policy } = await arrivals([...args, '--part', 'policy']);
    assert.equal(policy, readFileSync(path.join(REPOSITORY, 'deploy/audit-policy.yaml'), 'utf8'));
    const { stdout: all } = await arrivals(args);
    for (const part of [kubeconfig, flags, policy]) assert.ok(all.includes(part));
    const { stdout: fixed } = await arrivals([...args, '--part', 'policy', '--fixed-server']);
    assert.equal(
      fixed,
      readFileSync(path.join(REPOSITORY, 'deploy/audit-policy-fixed-servers.yaml'), 'utf8'),
    );
  });

  it('needs a cluster and a URL', async () => {
    assert.equal((await arrivals(['webhook-config'])).code, 64);
    assert.equal((await arrivals(['webhook-config', '--cluster', 'a'])).code, 64);
  });
});

describe('the command line', () => {
  it('lists its commands, prints its version, and refuses others', async () => {
    const { stdout, code } = await arrivals(['--help']);
    assert.equal(code, 0);
    for (const name of ['up', 'replay', 'alerts', 'dead-letters', 'webhook-config']) {
      assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
      const help = await arrivals([name, '--help']);
      assert.equal(help.code, 0);
      assert.match(help.stdout, /Examples?: /);
    }
    assert.match((await arrivals(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal((await arrivals([])).code, 64);
    assert.equal((await arrivals(['frobnicate'])).code, 64);
  });
}).timeout(30_000);
