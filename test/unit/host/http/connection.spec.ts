/** What a connection is at, and whom it counts for. */
import { json, networkOf } from '@arrivals/host';
import assert from 'node:assert/strict';
import { connected, get, withServer } from '../http.ts';

describe('what a connection is at', () => {
  it('is working while a request without a body is answered, and waiting afterwards', async () => {
    const counts: (() => Readonly<Record<string, number>>)[] = [];
    const told = get('/', () => Promise.resolve(json(counts[0]?.())));
    await withServer({ routes: [told] }, async ({ server, ask, port }) => {
      counts.push(() => server.connections());
      const waiting = await connected(port);
      waiting.on('error', () => undefined);
      const {
        working,
        body,
        waiting: idle,
      } = JSON.parse((await ask('/')).body) as Readonly<Record<string, number>>;
      assert.deepEqual([working, body, idle], [1, 0, 1]);
      waiting.destroy();
    });
  });
});

describe('the network of an address', () => {
  for (const [address, network] of [
    ['10.0.0.9', '10.0.0.9'],
    ['::ffff:10.0.0.9', '10.0.0.9'],
    ['::1', '::1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, ''],
  ] as const) {
    it(`of ${String(address)} is ${JSON.stringify(network)}`, () => {
      assert.equal(networkOf(address), network);
    });
  }
});
