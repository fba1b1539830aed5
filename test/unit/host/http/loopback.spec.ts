/** Who reads from this machine and who does not. */
import { ArrivalsError } from '@arrivals/core';
import { checkLocalReader, isLoopbackPeer, json } from '@arrivals/host';
import assert from 'node:assert/strict';
import { get, withServer } from '../http.ts';

function isLocal(remoteAddress: string | undefined, host: string | undefined): boolean {
  try {
    checkLocalReader({ socket: { remoteAddress }, headers: { host } });
    return true;
  } catch (error) {
    assert.ok(error instanceof ArrivalsError && error.code === 'reader_not_local');
    return false;
  }
}

describe('a reader', () => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1']) {
    it(`is local at ${address}, under a name of loopback alone`, () => {
      for (const host of ['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
        assert.equal(isLocal(address, host), true, host);
      for (const host of [
        'arrivals.example',
        '10.0.0.5:8080',
        'localhost.evil.example',
        '127.999.0.1',
        '',
        undefined,
      ])
        assert.equal(isLocal(address, host), false, String(host));
    });
  }

  for (const address of [
    '10.0.0.5',
    '::ffff:10.0.0.5',
    '::2',
    'fe80::1',
    '::ffff:7f00:1x',
    '::ffff:128.0.0.1',
    '127.0.0.1.example',
    '',
    undefined,
  ]) {
    it(`is not local at ${String(address)}, whatever name it uses`, () => {
      assert.equal(isLoopbackPeer(address), false);
      for (const host of ['localhost', '127.0.0.1:8080']) assert.equal(isLocal(address, host), false);
    });
  }

  it('is judged by its connection, not by what a header claims', async () => {
    const route = get('/', ({ message }) => {
      checkLocalReader(message);
      return Promise.resolve(json('alerts'));
    });
    await withServer({ routes: [route], host: '0.0.0.0' }, async ({ ask }) => {
      assert.equal((await ask('/')).status, 200);
      assert.equal((await ask('/', { headers: { Host: '10.0.0.5' } })).status, 403);
    });
  });
});
