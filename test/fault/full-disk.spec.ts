/**
 * The store cannot grow any more: every batch is answered, 503 while nothing can be written, and what was
 * acknowledged is there afterwards. A limit on file size stands for the full disk, as it needs no rights:
 * writes fail in the same way.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

describe('when the disk is full', function () {
  this.timeout(60_000);

  it('answers 503, lives on, and keeps what it acknowledged', async () => {
    const folder = await temporaryFolder();
    const running = await RunningArrivals.startWith(folder, {}, 'services/arrivals/bin/arrivals.js', ['up'], {
      fileKibMax: 8192,
    });
    const acknowledged: string[] = [];
    let refused = 0;
    for (let i = 0; i < 60 && refused < 5; i++) {
      const uid = randomUUID();
      const response = await running.post(
        eventList([podCreation({ uid }), { ...podRead(), padding: 'x'.repeat(500_000) }]),
      );
      if (response.status === 200) acknowledged.push(uid);
      else {
        assert.deepEqual([response.status, response.headers.get('Retry-After')], [503, '3']);
        refused++;
      }
    }
    assert.equal(refused, 5);
    assert.ok(acknowledged.length > 5, String(acknowledged.length));
    assert.equal((await fetch(`${running.url}/healthz`)).status, 200);
    await running.stop();

    const again = await RunningArrivals.start(folder);
    await eventually('the alerts of all that was acknowledged', async () => {
      const uids = (await again.alerts()).map(({ object }) => object.uid);
      assert.equal(new Set(uids).size, uids.length);
      return acknowledged.every((uid) => uids.includes(uid)) || undefined;
    });
    await again.stop();
    await removeFolder(folder);
  });
});
