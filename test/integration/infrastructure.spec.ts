/**
 * The Redis servers and avro-tools that other suites stand on do what those suites take for granted, and
 * nothing of it is left after a run.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import type { Alert } from '@arrivals/core';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { fixture, REPOSITORY } from '../support/arrivals.ts';
import { eventually } from '../support/eventually.ts';
import { avroToolsValues } from '../support/infrastructure/avro-tools.ts';
import { loopbackCertificate } from '../support/infrastructure/certificate.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis, startRedis } from '../support/infrastructure/redis.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import { startRedisSentinel } from '../support/infrastructure/redis-sentinel.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const stops: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Whatever is stopped after the test. */
function stopped<T extends { stop(): Promise<void> }>(part: T): T {
  stops.push(() => part.stop());
  return part;
}

function connected(url: string, options: Pick<RedisOptions, 'commandTimeout' | 'tls'> = {}): Redis {
  const client = new Redis(url, { maxRetriesPerRequest: 0, ...options });
  client.on('error', () => undefined);
  stops.push(() => {
    client.disconnect();
  });
  return client;
}

describe('the Redis that all suites share', () => {
  before(async function () {
    this.timeout(STARTING_MS);
    await redis();
  });

  it('answers, and evicts nothing', async () => {
    const client = connected((await redis()).url);
    const key = randomUUID();
    assert.equal(await client.set(key, 'x', 'PX', 60_000), 'OK');
    assert.equal(await client.get(key), 'x');
    assert.match(await client.info('memory'), /maxmemory_policy:noeviction/);
  });
});

describe('Redis servers of a suite’s own', function () {
  this.timeout(STARTING_MS);

  it('have after a kill what they acknowledged', async () => {
    const server = stopped(await startRedis());
    await connected(server.url).set('key', 'value');
    await server.kill();
    await server.restart();
    assert.equal(await connected(server.url).get('key'), 'value');
  });

  it('answer nothing while they are paused', async () => {
    const server = stopped(await startRedis());
    server.pause();
    await assert.rejects(connected(server.url, { commandTimeout: 200 }).ping(), /timed out/);
    server.resume();
    assert.equal(await connected(server.url).ping(), 'PONG');
  });

  it('let in who has the password, over TLS, and nobody else', async () => {
    const tls = await loopbackCertificate();
    const { url } = stopped(await startRedis({ password: 'correct horse "battery"', tls }));
    const ca = readFileSync(tls.caFile);
    assert.equal(await connected(url, { tls: { ca } }).ping(), 'PONG');
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await assert.rejects(connected(wrong.href, { tls: { ca } }).ping());
    await assert.rejects(connected(url).ping());
  });

  it('make a cluster that serves every slot', async () => {
    const { urls } = stopped(await startRedisCluster());
    const cluster = new Cluster([...urls], { redisOptions: { maxRetriesPerRequest: 0 } });
    stops.push(() => {
      cluster.disconnect();
    });
    const keys = Array.from({ length: 100 }, () => randomUUID());
    for (const key of keys) await cluster.set(key, key);
    for (const key of keys) assert.equal(await cluster.get(key), key);
    const sizes = await Promise.all(urls.map((url) => connected(url).dbsize()));
    assert.equal(sizes.length, 3);
    for (const size of sizes) assert.ok(size > 0 && size < keys.length);
  });

  it('have sentinels that make the replica the master when the master is gone', async () => {
    const { sentinels, name, master, replica } = stopped(await startRedisSentinel());
    const addresses = sentinels.map((address) => ({
      host: address.split(':')[0] ?? '',
      port: Number(address.split(':')[1]),
    }));
    const client = new Redis({
      sentinels: addresses,
      name,
      maxRetriesPerRequest: null,
      sentinelRetryStrategy: () => 100,
      retryStrategy: () => 100,
    });
    stops.push(() => {
      client.disconnect();
    });
    client.on('error', () => undefined);
    await client.set('key', 'value');
    await connected(master.url).wait(1, 2000);
    await master.kill();
    await eventually('a master that takes writes', () => client.set('other', 'value'), 30_000);
    assert.match(await connected(replica.url).info('replication'), /role:master/);
    assert.equal(await client.get('key'), 'value');
  });
});

describe('avro-tools', function () {
  this.timeout(STARTING_MS);

  it('reads our alerts, many at once, in Avro’s own JSON', async () => {
    const alert = JSON.parse(readFileSync(fixture('avro', 'alert.3.fastavro.json'), 'utf8')) as Alert;
    const records = Array.from({ length: 200 }, (_unused, i) => encodeAlert({ ...alert, revision: i + 1 }));
    const values = (await avroToolsValues(
      path.join(REPOSITORY, 'schemas/alert.avsc'),
      records,
    )) as readonly Record<string, unknown>[];
    assert.deepEqual(
      values.map(({ revision }) => revision),
      records.map((_unused, i) => i + 1),
    );
    assert.equal(values[0]?.['alertId'], alert.alertId);
    assert.equal(
      values[0]['receivedAt'],
      Date.parse(alert.receivedAt) * 1000 + Number(alert.receivedAt.slice(-4, -1)),
    );
  });

  it('refuses what is no value of the schema', async () => {
    await assert.rejects(
      avroToolsValues(path.join(REPOSITORY, 'schemas/alert.avsc'), [
        Buffer.from('c301000000000000000002', 'hex'),
      ]),
      /avro-tools/,
    );
  });
});

describe('after a run', function () {
  this.timeout(STARTING_MS);

  // Only Linux can tie a program to one that is killed.
  for (const signal of [
    'SIGTERM',
    'SIGINT',
    ...(process.platform === 'linux' ? (['SIGKILL'] as const) : []),
  ] as const) {
    it(`that ended by ${signal}, nothing it started is left, though it was paused`, async () => {
      const script = `
        import { startRedis } from '${path.join(import.meta.dirname, '../support/infrastructure/redis.js')}';
        const server = await startRedis();
        server.pause();
        console.log(server.url);
        setInterval(() => undefined, 1000);`;
      const folder = await temporaryFolder();
      stops.push(() => removeFolder(folder));
      const env = { ...process.env, TMPDIR: folder };
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        cwd: import.meta.dirname,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [url] = (await once(child.stdout, 'data')) as [Buffer];
      child.kill(signal);
      await once(child, 'exit');
      await eventually(
        'a port where nobody listens',
        async () => !(await isListening(Number(new URL(url.toString()).port))),
      );
      if (signal !== 'SIGKILL') assert.deepEqual(await readdir(folder), []);
    });
  }
});

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
