/** Addresses and networks, held against Node's own parser and block list. */
import { contains, isPublic, parseAddress, parseNetwork } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { SEED } from '../../samples.ts';

const publicOf = (text: string) => isPublic(parseAddress(text) ?? assert.fail(text));

describe('an address', () => {
  it('is one when Node accepts it, and nothing else is', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
      fc
        .array(fc.constantFrom('0', '1', 'ffff', '::', ':', '10.0.0.1', '00001', '256', '01', 'g'), {
          maxLength: 9,
        })
        .map((parts) => parts.join(':')),
    );
    fc.assert(
      fc.property(text, (address) => {
        assert.equal(parseAddress(address) !== undefined, isIP(address) !== 0, address);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  for (const text of [
    '',
    ' ',
    '10.0.0',
    '10.0.0.0.0',
    '010.0.0.1',
    '1.2.3.256',
    '1.2.3.-4',
    '::1::',
    '1:2:3',
    ':::',
    '12345::',
    '::10.0.0.300',
    'localhost',
    '::1%',
    '1.2.3.4/8',
  ])
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseAddress(text), undefined);
    });

  it('is the same in every spelling', () => {
    for (const [a, b] of [
      ['::ffff:10.0.0.1', '10.0.0.1'],
      ['::ffff:a00:1', '10.0.0.1'],
      ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
      ['fe80::1%eth0', 'fe80::1'],
    ] as const)
      assert.deepEqual(parseAddress(a), parseAddress(b));
  });
});

describe('an address of the public internet', () => {
  for (const address of [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
  ])
    it(`is ${address}`, () => {
      assert.ok(publicOf(address));
    });
  for (const address of [
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
    '2002:101:101::1',
  ])
    it(`is ${address}`, () => {
      assert.ok(publicOf(address));
    });
  for (const address of [
    '10.0.0.7',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ])
    it(`is not ${address}`, () => {
      assert.ok(!publicOf(address));
    });
  for (const address of [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.7',
    '198.18.0.1',
    '2001:db8::1',
    '3fff::1',
    'fd00::1',
    'fe80::1',
    '::1',
    '::',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '100::1',
  ])
    it(`is not ${address}`, () => {
      assert.ok(!publicOf(address));
    });
});

describe('a network', () => {
  it('holds what Node’s block list holds', () => {
    const inside = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4());
    fc.assert(
      fc.property(inside, ([base, prefix, address]) => {
        const list = new BlockList();
        list.addSubnet(base, prefix);
        const network = parseNetwork(`${base}/${String(prefix)}`) ?? assert.fail(base);
        assert.equal(
          contains(network, parseAddress(address) ?? assert.fail(address)),
          list.check(address),
          `${base}/${String(prefix)} ${address}`,
        );
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('of one IP version holds no address of the other, and an address is a network of one', () => {
    const all = parseNetwork('0.0.0.0/0') ?? assert.fail();
    assert.ok(!contains(all, parseAddress('2606:4700::1') ?? assert.fail()));
    const one = parseNetwork('2001:db8::1') ?? assert.fail();
    assert.ok(contains(one, parseAddress('2001:db8::1') ?? assert.fail()));
    assert.ok(!contains(one, parseAddress('2001:db8::2') ?? assert.fail()));
  });

  for (const text of [
    '',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'x/8',
    '10.0.0.0/ 8',
  ])
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseNetwork(text), undefined);
    });
});
