/** How the state reaches Redis: passwords, TLS, and what it says of how Redis is set up. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { loopbackCertificate } from '../support/infrastructure/certificate.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { redis, startRedis } from '../support/infrastructure/redis.ts';
import { closeOpened, lookInto, openState, requests, unavailable } from '../support/redis-state.ts';

const PASSWORD = 'p@ss: word/%{}';
const CLAIMED = { outcome: 'claimed' } as const;
const never = new AbortController().signal;
const without = (url: string): string => url.replace(/\/\/.*@/, '//');

describe('a Redis with a password', () => {
  let server: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    server = await startRedis({ password: PASSWORD });
    const client = lookInto(server.url);
    await client.acl(
      'SETUSER',
      'arrivals',
      'on',
      `>${PASSWORD}-2`,
      '~test-*',
      '+get',
      '+set',
      '+eval',
      '+evalsha',
      '+ping',
    );
    await closeOpened();
  });
  after(() => server.stop());
  afterEach(closeOpened);

  it('is reached with that in the URL, or beside it', async () => {
    for (const { state } of [
      openState([server.url]),
      openState([without(server.url)], { password: PASSWORD }),
    ]) {
      assert.deepEqual(await state.claim(requests(1), 0), [CLAIMED]);
    }
  });

  it('refuses another, or none, and no message holds it', async () => {
    const wrong = 'not-the-password';
    for (const [password, words] of [
      [wrong, /WRONGPASS/],
      ['', /NOAUTH/],
    ] as const) {
      const { state, warned } = openState([without(server.url)], { password });
      await assert.rejects(state.claim(requests(1), 0), unavailable(words));
      await assert.rejects(
        state.claim(requests(1), 0),
        (error: unknown) => !JSON.stringify(error).includes(wrong) && (error as Error).cause === undefined,
      );
      assert.doesNotMatch((await warned('unreachable')).detail, new RegExp(wrong));
    }
  });

  it('accepts a user with the minimal permissions, and reports that it cannot read the settings', async () => {
    const { warn } = console;
    // ioredis says there that it may not ask either.
    console.warn = () => undefined;
    try {
      const { state, warned } = openState([without(server.url)], {
        username: 'arrivals',
        password: `${PASSWORD}-2`,
      });
      assert.deepEqual(await state.claim(requests(1), 0), [CLAIMED]);
      await warned('settings_hidden');
    } finally {
      console.warn = warn;
    }
  });
});

describe('a Redis with TLS', () => {
  let server: RedisServer;
  let ca: string;

  before(async function () {
    this.timeout(STARTING_MS);
    const files = await loopbackCertificate();
    ca = await readFile(files.caFile, 'utf8');
    server = await startRedis({ tls: files, password: PASSWORD });
  });
  after(async () => {
    await server.stop();
  });
  afterEach(closeOpened);

  it('is reached by rediss:// with its CA', async () => {
    const { state } = openState([server.url], { tls: { ca } });
    assert.deepEqual(await state.claim(requests(700), 0), Array(700).fill(CLAIMED));
  });

  it('is not trusted with another CA, nor with those that Node trusts', async () => {
    const { caFile } = await loopbackCertificate();
    for (const options of [{ tls: { ca: await readFile(caFile, 'utf8') } }, {}]) {
      const { state, warned } = openState([server.url], options);
      await assert.rejects(state.claim(requests(1), 0), unavailable(/certificate/));
      assert.match((await warned('unreachable')).detail, /certificate/);
    }
  });

  it('is not reached without TLS', async () => {
    const { state } = openState([server.url.replace('rediss:', 'redis:')]);
    await assert.rejects(state.claim(requests(1), 0), unavailable());
  });
});

describe('how Redis is set up', () => {
  let server: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    server = await startRedis({ config: { 'maxmemory-policy': 'allkeys-lru', appendonly: 'no' } });
  });
  after(() => server.stop());
  afterEach(closeOpened);

  it('is no matter for a warning when claims are safe', async () => {
    const { state, warnings } = openState([(await redis()).url]);
    for (let i = 0; i < 10; i++) await state.check(never);
    assert.deepEqual(warnings, []);
  });

  it('is warned of when claims can be evicted or forgotten, at every new connection', async () => {
    const { state, warned } = openState([server.url]);
    await state.claim(requests(1), 0);
    assert.match((await warned('may_evict')).detail, /allkeys-lru/);
    assert.match((await warned('not_persistent')).detail, /appendonly/);
    const client = lookInto(server.url);
    await client.config('SET', 'maxmemory-policy', 'volatile-ttl');
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    assert.match((await warned('may_evict', 2)).detail, /volatile-ttl/);
    await state.claim(requests(1), 0);
  });
});
