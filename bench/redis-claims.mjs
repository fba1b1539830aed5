// How fast claims are made in Redis, 400 at a time, as a ratio to what everybody would do first: SET NX GET
// for each of them, sent one by one or in a pipeline. One server, rounds in turn; the median ratio is the
// figure. Then what a claim takes of Redis' memory, and for how long a script keeps Redis from everything
// else.
//
// npm run bench. It starts its own Redis, of version 7 or later, from `redis-server` on the PATH; without one
// it says so and ends.
import { openRedisState } from '@arrivals/adapters/redis';
import { Redis } from 'ioredis';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { freePort } from './free-port.mjs';

const ROUNDS = 9;
const BATCH = 400;
const BATCHES = 10;
const CLAIM_TTL_MS = 3_600_000;
const CLAIMS_FOR_MEMORY = 100_000;

if (spawnSync('redis-server', ['--version']).status !== 0) {
  console.log('claims in Redis: not measured, as there is no redis-server on the PATH');
  process.exit(0);
}

const port = await freePort();
const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-bench-'));
const server = spawn(
  'redis-server',
  ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
  {
    stdio: 'ignore',
  },
);
const redis = new Redis({ port, host: '127.0.0.1' });
redis.on('error', () => undefined);
const warnings = [];
const state = openRedisState({
  urls: [`redis://127.0.0.1:${port}`],
  mode: 'single',
  keyPrefix: 'arrivals:',
  claimTtlMs: CLAIM_TTL_MS,
  telemetry: {
    emit: (event) => {
      // That claims are gone after FLUSHALL is what it is told.
      if (event.type === 'dependency_warning') warnings.push(event.what);
    },
  },
});

let made = 0;
/** Creations that nobody claimed yet. */
const requests = (count) =>
  Array.from({ length: count }, (_, index) => ({
    identity: createHash('sha256').update(`${made++}`).digest(),
    by: { topic: 'k8s.audit.events', partition: 3, offset: 1_234_567 + Math.floor(made / BATCH), index },
  }));
const set = (client, { identity, by }) =>
  client.set(
    Buffer.concat([Buffer.from('arrivals:'), identity.subarray(0, 16)]),
    `${by.partition} ${by.offset} ${by.index} ${by.topic}`,
    'PX',
    CLAIM_TTL_MS,
    'NX',
    'GET',
  );

const ways = {
  'one script call a batch (Arrivals)': (batch) => state.claim(batch, 0),
  'SET NX GET, in a pipeline': async (batch) => {
    const pipeline = redis.pipeline();
    for (const request of batch) set(pipeline, request);
    await pipeline.exec();
  },
  'SET NX GET, all at once': (batch) => Promise.all(batch.map((request) => set(redis, request))),
  'SET NX GET, one after the other': async (batch) => {
    for (const request of batch) await set(redis, request);
  },
};
const BASELINE = 'SET NX GET, in a pipeline';

try {
  await redis.ping().catch(() => once(redis, 'ready'));
  const measured = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const batches = Array.from({ length: BATCHES }, () => requests(BATCH));
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (const batch of batches) await way(batch);
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      if (round >= 0) measured[name].push({ seconds, cpuSeconds: (user + system) / 1e6 });
    }
  }
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const claims = BATCH * BATCHES;
  console.log(
    `claims in Redis, appendonly yes, ${BATCH} at a time; median of ${ROUNDS} rounds; ratio to "${BASELINE}"`,
  );
  for (const [name, rounds] of Object.entries(measured)) {
    const rate = (claims / median(rounds.map(({ seconds }) => seconds)) / 1000).toFixed(1).padStart(6);
    const ratio = median(rounds.map(({ seconds }, i) => measured[BASELINE][i].seconds / seconds)).toFixed(2);
    const cpu = ((median(rounds.map(({ cpuSeconds }) => cpuSeconds)) / claims) * 1e6).toFixed(1).padStart(6);
    console.log(
      `${name.padEnd(40)} ${rate} k claims/s  ${ratio.padStart(6)} x  ${cpu} µs of Node's CPU a claim`,
    );
  }

  const field = async (section, name) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info(section))?.[1]);
  await redis.flushall();
  await redis.config('RESETSTAT');
  const usedBefore = await field('memory', 'used_memory');
  const sample = requests(CLAIMS_FOR_MEMORY);
  for (let i = 0; i < sample.length; i += 5000) await state.claim(sample.slice(i, i + 5000), 0);
  // What waits to be written to the append-only file is no part of a claim.
  while ((await field('persistence', 'aof_buffer_length')) > 0) await redis.ping();
  const bytes = ((await field('memory', 'used_memory')) - usedBefore) / CLAIMS_FOR_MEMORY;
  const of = await redis.call('MEMORY', 'USAGE', await redis.randomkeyBuffer());
  const script = /cmdstat_evalsha:calls=(\d+),usec=(\d+),usec_per_call=([\d.]+)/.exec(
    await redis.info('commandstats'),
  );
  console.log(
    `${bytes.toFixed(0)} bytes of Redis' memory a claim, over ${CLAIMS_FOR_MEMORY} (MEMORY USAGE of one: ${of})`,
  );
  console.log(
    `${(Number(script[3]) / 1000).toFixed(2)} ms of Redis for a script call (${(CLAIMS_FOR_MEMORY / Number(script[1])).toFixed(0)} claims)`,
  );
} finally {
  await state.close();
  redis.disconnect();
  server.kill();
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
  if (warnings.some((what) => what !== 'unreachable' && what !== 'reconnected'))
    console.log(`warnings: ${warnings.join(', ')}`);
}
