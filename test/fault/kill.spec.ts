/**
 * The process is killed, with SIGKILL and at moments nobody chose, while events come in: what was
 * acknowledged comes out once, and nothing comes out twice.
 */
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, RunningArrivals } from '../support/arrivals.ts';
import { podCreation, podRead } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const KILLS = 20;
/** A process takes so many before it is killed, on however slow a machine. */
const EVENTS_BETWEEN_KILLS = 30;
/** One of so many events is a creation. */
const CREATION_EVERY = 4;

describe('kill -9', function () {
  this.timeout(180_000);

  it(`${String(KILLS)} times while an audit log is sent: every creation makes one alert`, async () => {
    const folder = await temporaryFolder();
    const port = String(await freePort());
    const start = (): Promise<RunningArrivals> =>
      RunningArrivals.start(folder, { ARRIVALS_LISTEN_PORT: port });
    let running = await start();
    const replay = launch([
      'replay',
      '--to',
      running.url,
      '--batch-events',
      '10',
      '--backoff-ms',
      '50',
      '--tries',
      '1000',
      '-',
    ]);

    // Feeds the log for as long as there is killing to be done.
    const uids: string[] = [];
    const killing = new AbortController();
    const feeding = (async () => {
      for (let i = 0; !killing.signal.aborted; i++) {
        const uid = randomUUID();
        const isCreation = i % CREATION_EVERY === 0;
        if (isCreation) uids.push(uid);
        if (!replay.child.stdin.write(`${JSON.stringify(isCreation ? podCreation({ uid }) : podRead())}\n`))
          await once(replay.child.stdin, 'drain');
      }
      replay.child.stdin.end();
    })();

    for (let kill = 0; kill < KILLS; kill++) {
      await eventually(
        'events at work',
        async () => (await running.ledger()).accepted >= EVENTS_BETWEEN_KILLS || undefined,
      );
      await sleep(randomInt(0, 100));
      await running.stop('SIGKILL');
      running = await start();
    }
    killing.abort();
    await feeding;
    const { code, stderr } = await replay.finished;
    assert.equal(code, 0, stderr);
    assert.ok(uids.length > 100, `only ${String(uids.length)} creations were sent`);

    const alerts = await eventually(
      'all alerts',
      async () => {
        const all = await running.alerts();
        return all.length >= uids.length && (await running.ledger()).inFlight === 0 ? all : undefined;
      },
      60_000,
    );
    assert.deepEqual(alerts.map(({ object }) => object.uid).sort(), [...uids].sort());
    assert.equal(
      new Set(alerts.map(({ alertId, revision }) => `${alertId} ${String(revision)}`)).size,
      alerts.length,
    );
    assert.equal((await running.ledger()).balanced, true);
    await running.stop();
    await removeFolder(folder);
  });
});
