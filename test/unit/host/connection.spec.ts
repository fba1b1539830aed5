/** Whom a connection counts for. */
import { networkOf } from '@arrivals/host';
import assert from 'node:assert/strict';

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
