/** Starting, stopping and starting again: `npm start` and `arrivals up` as processes. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { alertsIn, arrivals, launch, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { boundMs } from '../support/pace.ts';
import { freePort } from '../support/ports.ts';
import { eventually } from '../support/eventually.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

describe('the life of arrivals up', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  it('continues where it stopped: alerts stay, creations are still deduplicated', async () => {
    const uid = randomUUID();
    const body = eventList([podCreation({ uid })]);
    const first = await RunningArrivals.start(folder);
    await first.post(body);
    await first.settled();
    const before = await first.alerts();
    assert.equal(await first.stop(), 0);
    const second = await RunningArrivals.start(folder);
    assert.deepEqual(await second.alerts(), before);
    await second.post(body);
    assert.equal((await second.settled()).duplicate, 1);
    assert.equal((await second.alerts()).length, 1);
    assert.equal(await second.stop(), 0);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains at ${signal}: every request that was begun is answered, and exits with 0`, async () => {
      const running = await RunningArrivals.start(folder);
      const uids = Array.from({ length: 40 }, () => randomUUID());
      const posts = uids.map((uid) =>
        running.post(eventList([podCreation({ uid })])).then(
          ({ status }) => ({ uid, status }),
          () => ({ uid, status: 0 }),
        ),
      );
      await Promise.race(posts);
      assert.equal(await running.stop(signal), 0);
      const acknowledged = (await Promise.all(posts))
        .filter(({ status }) => status === 200)
        .map(({ uid }) => uid);
      assert.ok(acknowledged.length > 0);
      const again = await RunningArrivals.start(folder);
      const alerts = await eventually('the alerts of all that was acknowledged', async () => {
        const present = new Set((await again.alerts()).map(({ object }) => object.uid));
        return acknowledged.every((uid) => present.has(uid)) || undefined;
      });
      assert.equal(alerts, true);
      await again.stop();
    });
  }

  it('ends in time although a subscriber is waiting for alerts', async () => {
    const running = await RunningArrivals.start(folder);
    const waiting = fetch(`${running.url}/v1/alerts?from=0&waitMs=25000`);
    await eventually(
      'the waiting request',
      async () => (await running.json<{ status: string }>('/healthz')).status === 'ok' || undefined,
    );
    const startedMs = performance.now();
    assert.equal(await running.stop(), 0);
    assert.ok(performance.now() - startedMs < boundMs(5000));
    assert.equal((await waiting).status, 200);
  });

  it('ends in time although a request never comes to its end', async () => {
    const running = await RunningArrivals.start(folder);
    const { hostname, port } = new URL(running.url);
    const socket = createConnection(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      'POST /v1/clusters/default/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":',
    );
    await once(socket, 'connect');
    await running.post(eventList([podCreation()]));
    const startedMs = performance.now();
    assert.equal(await running.stop(), 0);
    assert.ok(performance.now() - startedMs < boundMs(5000));
  });

  it('is followed over a restart', async () => {
    const port = String(await freePort());
    const start = (): Promise<RunningArrivals> =>
      RunningArrivals.start(folder, { ARRIVALS_LISTEN_PORT: port });
    const first = await start();
    await first.post(eventList([podCreation()]));
    const following = launch(['alerts', '--follow', '--url', first.url]);
    await eventually('the first alert', () => following.stdout().includes('\n') || undefined);
    await first.stop();
    const second = await start();
    const uid = randomUUID();
    await second.post(eventList([podCreation({ uid })]));
    await eventually(
      'the second alert',
      () => alertsIn(following.stdout())[1]?.object.uid === uid || undefined,
      20_000,
    );
    following.child.kill('SIGINT');
    assert.equal((await following.finished).code, 0);
    await second.stop();
  });

  it('follows alerts as they come', async () => {
    const running = await RunningArrivals.start(folder);
    const uid = randomUUID();
    await running.post(eventList([podCreation()]));
    const following = launch(['alerts', '--follow', '--url', running.url]);
    await eventually('the alert from before', () => following.stdout().includes('\n') || undefined);
    await running.post(eventList([podCreation({ uid })]));
    await eventually('the new alert', () => alertsIn(following.stdout())[1]?.object.uid === uid || undefined);
    following.child.kill('SIGINT');
    assert.equal((await following.finished).code, 0);
    await running.stop();
  });

  for (const [how, end] of [
    ['SIGTERM', (running: RunningArrivals) => running.stop('SIGTERM')],
    ['Ctrl-C', (running: RunningArrivals) => running.interrupt()],
  ] as const) {
    it(`can be started through npm and drains at ${how}`, async () => {
      const running = await RunningArrivals.start(folder, {}, ['npm', 'start']);
      assert.equal((await running.post(eventList([podCreation()]))).status, 200);
      await end(running);
      await eventually('the last word', () => running.output.includes('"message":"down"') || undefined);
      // The store is free again: the process itself has ended, not only npm.
      const again = await eventually('the data directory', () => RunningArrivals.start(folder));
      assert.equal((await again.alerts()).length, 1);
      await again.stop();
    });
  }

  it('refuses to share its data directory, in words and with exit code 1', async () => {
    const running = await RunningArrivals.start(folder);
    const { code, stderr } = await arrivals(['up'], {
      settings: { ARRIVALS_DATA_DIR: folder, ARRIVALS_LISTEN_PORT: '0' },
    });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`in use by process ${String(running.child.pid)}`));
    assert.match(stderr, /store_locked/);
    await running.stop();
  });

  it('names the port that is taken', async () => {
    const running = await RunningArrivals.start(folder);
    const other = await temporaryFolder();
    const { code, stderr } = await arrivals(['up'], {
      settings: { ARRIVALS_DATA_DIR: other, ARRIVALS_LISTEN_PORT: new URL(running.url).port },
    });
    assert.equal(code, 1);
    assert.match(stderr, /listen_failed/);
    await running.stop();
    await removeFolder(other);
  });

  it('reports every bad setting at once', async () => {
    const { code, stderr } = await arrivals(['up'], {
      settings: {
        ARRIVALS_LISTEN_PORT: '99999',
        ARRIVALS_CLUSTERS: 'UPPER',
        ARRIVALS_TYPO: 'x',
        ARRIVALS_LISTEN_HOST: '0.0.0.0',
      },
    });
    assert.equal(code, 1);
    for (const name of ['ARRIVALS_LISTEN_PORT', 'ARRIVALS_CLUSTERS', 'ARRIVALS_TYPO', 'ARRIVALS_LISTEN_HOST'])
      assert.match(stderr, new RegExp(`${name}: `));
  });
});
