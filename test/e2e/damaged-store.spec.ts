/**
 * A process on a store of which one alert is damaged: fewer alerts than there were are never told without a
 * word.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { arrivals, alertsIn, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

/** From the beginning of a record’s head to somewhere in its value. */
const INTO_VALUE_BYTES = 500;

describe('a process on a store with a damaged alert', function () {
  this.timeout(60_000);
  let folder: string;
  let running: RunningArrivals | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await running?.stop();
    await removeFolder(folder);
  });

  it('is reported in log, metrics, readiness and responses; the others are returned, and nothing new is accepted', async () => {
    running = await RunningArrivals.start(folder);
    await running.post(eventList([podCreation(), podCreation()]));
    await running.settled();
    const [first, second] = await running.alerts();
    assert.ok(first !== undefined && second !== undefined);
    await running.interrupt();
    damage(first.alertId);

    running = await RunningArrivals.start(folder, { ARRIVALS_LOG_FORMAT: 'json' });
    const { alerts, damage: told } = await running.json<{
      readonly alerts: readonly { readonly alertId: string }[];
      readonly damage?: string;
    }>('/v1/alerts');
    assert.deepEqual(
      alerts.map(({ alertId }) => alertId),
      [second.alertId],
    );
    assert.match(told ?? '', /is damaged: store\/data\.mdb: k8s\.alerts, offset 0: .*; to start empty: mv /);
    const printed = await arrivals(['alerts', '--url', running.url, '--json']);
    assert.equal(alertsIn(printed.stdout).length, 1);
    assert.match(printed.stderr, /^alerts may be missing: the data directory .* is damaged/);
    const explained = await arrivals(['explain', first.alertId, '--url', running.url]);
    assert.match(explained.stderr, /has no alert .*is damaged/);
    assert.equal((await fetch(`${running.url}/readyz`)).status, 503);
    const posted = await running.post(eventList([podCreation()]));
    assert.deepEqual([posted.status, posted.headers.get('retry-after') !== null], [503, true]);
    assert.match(await posted.text(), /"store_damaged"/);
    assert.match(
      await (await fetch(`${running.url}/metrics`)).text(),
      /arrivals_dependency_warnings_total\{of="store",what="damaged"\} 1\n/,
    );
    assert.equal(running.output.match(/"message":"the store is damaged"/g)?.length, 1);
  });

  function damage(alertId: string): void {
    const file = path.join(folder, 'store', 'data.mdb');
    const bytes = readFileSync(file);
    const head = `{"key":"${alertId}"`;
    let found = 0;
    // Older copies of the page may still be there.
    for (let at = bytes.indexOf(head); at >= 0; at = bytes.indexOf(head, at + 1), found++)
      bytes[at + INTO_VALUE_BYTES] = (bytes[at + INTO_VALUE_BYTES] ?? 0) ^ 1;
    assert.ok(found > 0);
    writeFileSync(file, bytes);
  }
});
