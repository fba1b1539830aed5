// How fast the context takes facts in and gives them back, as a ratio to what everybody would do first, with
// pipelines of commands: to remember, HGET for each fact and HGETALL for who waits, then HSET and PEXPIRE for
// what is newer; to recall, HGETALL for each subject, level by level of links. That alternative is not atomic
// (two that write at once overwrite each other) and bounds nothing. One server, rounds in turn; the median
// ratio is the figure. Then for how long a script keeps Redis from everything else, and what the context
// takes of its memory.
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
const BATCHES = 10;
const FACTS = 400;
const CREATIONS = 50;
const TTL_MS = 30 * 24 * 3_600_000;
const CLUSTER = 'prod-eu-1';
const PODS = 10_000;
const ACTORS = 1000;
const NOW_MS = 1_800_000_000_000;

if (spawnSync('redis-server', ['--version']).status !== 0) {
  console.log('context in Redis: not measured, as there is no redis-server on the PATH');
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
const state = openRedisState({
  urls: [`redis://127.0.0.1:${port}`],
  mode: 'single',
  keyPrefix: 'arrivals:',
  claimTtlMs: 3_600_000,
  contextTtlMs: TTL_MS,
  contextSubjectsMax: 200_000,
  awaitMs: 600_000,
  telemetry: { emit: () => undefined },
});

const kinds = {
  written: { name: 'written', keep: 'newest', max: 16 },
  seen: { name: 'seen', keep: 'oldest', max: 64 },
};
const value = (i) => ({
  verb: 'patch',
  user: `jane.doe.${i % 500}@example.com`,
  at: NOW_MS * 1000 + i,
  auditId: '0f2b7d6c-6a53-4a3e-9c1f-2f1f4b9c7d11',
  level: 'RequestResponse',
});
const fact = (kind, about, i, links = []) => ({
  cluster: CLUSTER,
  about,
  kind,
  id: String(NOW_MS + i),
  order: NOW_MS * 1000 + i,
  value: value(i),
  links,
});

let made = 0;
/**
 * A batch of events as it comes: writes of objects, most seen before, and what their actors were seen with.
 */
function facts(count) {
  return Array.from({ length: count }, (_, i) => {
    const n = made++;
    return i % 2 === 0
      ? fact(kinds.written, `written/apps/replicasets/shop-${n % 300}/web-${n % 7919}`, n, [
          `actor/jane.doe.${n % 500}@example.com`,
        ])
      : fact(kinds.seen, `actor/jane.doe.${n % 500}@example.com`, n);
  });
}

/**
 * Fifty creations, each with its chain of four: the pod's set, its deployment, who wrote it, by what binding.
 */
async function chains(prefix) {
  const links = ['set', 'deployment', 'actor', 'binding'].map(
    (name) => (i) => `${name}/${prefix}/shop-${i}/web-${i}`,
  );
  const all = [];
  for (let i = 0; i < CREATIONS; i++) {
    for (const [depth, of] of links.entries()) {
      for (let n = 0; n < 3; n++)
        all.push(fact(kinds.written, of(i), made++, depth < 3 && n === 0 ? [links[depth + 1](i)] : []));
    }
  }
  await state.remember(all, NOW_MS);
  const pipeline = redis.pipeline();
  for (const each of all) put(pipeline, each);
  await pipeline.exec();
  return Array.from({ length: CREATIONS }, (_, i) => ({ cluster: CLUSTER, about: links[0](i) }));
}

const keyOf = (about) => `plain:{${CLUSTER}}${about}`;
function put(pipeline, { about, kind, id, order, value, links }) {
  pipeline.hset(keyOf(about), `${kind.name} ${id}`, JSON.stringify({ order, value, links }));
  pipeline.pexpire(keyOf(about), TTL_MS);
}

const REMEMBER = 'remember';
const RECALL = 'recall';
const ways = {
  [`${REMEMBER}, Arrivals`]: (batch) => state.remember(batch, NOW_MS + made * 10),
  [`${REMEMBER}, HGET, HGETALL, HSET, PEXPIRE`]: async (batch) => {
    const reading = redis.pipeline();
    for (const { about, kind, id } of batch) {
      reading.hget(keyOf(about), `${kind.name} ${id}`);
      reading.hgetall(`${keyOf(about)}w`);
    }
    const found = await reading.exec();
    const writing = redis.pipeline();
    for (const [i, each] of batch.entries()) {
      const [, present] = found[2 * i];
      if (present === null || JSON.parse(present).order < each.order) put(writing, each);
    }
    await writing.exec();
  },
  [`${RECALL}, Arrivals`]: (asked) => state.recall(asked, NOW_MS + made * 10),
  [`${RECALL}, HGETALL a subject`]: async (asked) => {
    const found = new Map();
    let level = asked.map(({ about }) => about);
    for (let depth = 0; depth <= 4 && level.length > 0; depth++) {
      const pipeline = redis.pipeline();
      for (const about of level) pipeline.hgetall(keyOf(about));
      const next = new Set();
      for (const [i, [, fields]] of (await pipeline.exec()).entries()) {
        const here = Object.entries(fields).map(([name, text]) => ({ name, ...JSON.parse(text) }));
        found.set(level[i], here);
        for (const { links } of here) for (const link of links) if (!found.has(link)) next.add(link);
      }
      level = [...next];
    }
  },
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const fieldOf = async (section, name) =>
  Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(await redis.info(section))?.[1]);
const redisCpuSeconds = async () =>
  (await fieldOf('cpu', 'used_cpu_user')) + (await fieldOf('cpu', 'used_cpu_sys'));
/** What Redis was busy with a call of a script, in ms. */
async function scriptTimes(work) {
  await redis.config('SET', 'slowlog-log-slower-than', '0');
  await redis.config('SET', 'slowlog-max-len', '100000');
  await redis.call('SLOWLOG', 'RESET');
  await work();
  const entries = await redis.call('SLOWLOG', 'GET', '-1');
  await redis.config('SET', 'slowlog-log-slower-than', '-1');
  const times = entries
    .filter(([, , , [name]]) => /^evalsha$/i.test(name))
    .map(([, , micros]) => micros / 1000);
  return { calls: times.length, median: median(times), min: Math.min(...times) };
}

try {
  await redis.ping().catch(() => once(redis, 'ready'));
  await redis.config('SET', 'slowlog-log-slower-than', '-1');
  const measured = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    const asked = await chains(`r${round}`);
    for (const [name, way] of Object.entries(ways)) {
      const batches = Array.from({ length: BATCHES }, () =>
        name.startsWith(REMEMBER) ? facts(FACTS) : asked,
      );
      const redisCpu = await redisCpuSeconds();
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (const batch of batches) await way(batch);
      const seconds = (performance.now() - start) / 1000 / BATCHES;
      const { user, system } = process.cpuUsage(cpu);
      const redisSeconds = ((await redisCpuSeconds()) - redisCpu) / BATCHES;
      if (round >= 0)
        measured[name].push({ seconds, cpuSeconds: (user + system) / 1e6 / BATCHES, redisSeconds });
    }
  }
  console.log(
    `context in Redis, appendonly yes; remember ${FACTS} facts, recall ${CREATIONS} chains of four; median of ${ROUNDS} rounds; ratio to the other of its kind`,
  );
  for (const [name, rounds] of Object.entries(measured)) {
    const other = Object.entries(measured).find(
      ([another]) => another !== name && another.split(',')[0] === name.split(',')[0],
    )[1];
    const ms = (median(rounds.map(({ seconds }) => seconds)) * 1000).toFixed(2).padStart(6);
    const ratio = median(rounds.map(({ seconds }, i) => other[i].seconds / seconds)).toFixed(2);
    const cpu = (median(rounds.map(({ cpuSeconds }) => cpuSeconds)) * 1000).toFixed(2).padStart(6);
    const ofRedis = (median(rounds.map(({ redisSeconds }) => redisSeconds)) * 1000).toFixed(2).padStart(6);
    console.log(
      `${name.padEnd(40)} ${ms} ms a batch  ${ratio.padStart(5)} x  ${cpu} ms of Node's CPU ${ofRedis} of Redis'`,
    );
  }

  const asked = await chains('times');
  const remembering = await scriptTimes(() => state.remember(facts(4000), NOW_MS));
  const recalling = await scriptTimes(async () => {
    for (let i = 0; i < 20; i++) await state.recall(asked, NOW_MS + i * 1e8);
  });
  for (const [name, { calls, median: ms, min }] of Object.entries({
    remember: remembering,
    recall: recalling,
  })) {
    console.log(
      `${ms.toFixed(2)} ms of Redis for a script call of ${name} (median of ${calls}; ${min.toFixed(2)} ms at best)`,
    );
  }

  await redis.flushall();
  const usedBefore = await fieldOf('memory', 'used_memory');
  const all = [];
  for (let pod = 0; pod < PODS; pod++) {
    for (const subject of ['pod', 'written/pods', 'written/apps/replicasets', 'token']) {
      const about = `${subject}/shop-${pod % 300}/web-7d9c5b8f6-${String(pod).padStart(5, '0')}`;
      for (let n = 0; n < 2; n++)
        all.push(
          fact(kinds.written, about, made++, n === 0 ? [`actor/jane.doe.${pod % ACTORS}@example.com`] : []),
        );
    }
  }
  for (let actor = 0; actor < ACTORS; actor++) {
    for (let n = 0; n < 20; n++) all.push(fact(kinds.seen, `actor/jane.doe.${actor}@example.com`, made++));
  }
  for (let i = 0; i < all.length; i += 4000) await state.remember(all.slice(i, i + 4000), NOW_MS);
  while ((await fieldOf('persistence', 'aof_buffer_length')) > 0) await redis.ping();
  const used = (await fieldOf('memory', 'used_memory')) - usedBefore;
  const subjects = PODS * 4 + ACTORS;
  const json = all.reduce((sum, each) => sum + JSON.stringify(each.value).length, 0);
  console.log(
    `${(used / 1e6).toFixed(0)} MB of Redis' memory for ${PODS} pods (4 subjects each, 2 facts) and ${ACTORS} actors (20 facts): ` +
      `${(used / subjects).toFixed(0)} bytes a subject, ${(used / all.length).toFixed(0)} a fact, of which ${(json / all.length).toFixed(0)} are its value`,
  );
  const waiting = all.slice(0, 10_000).map(({ about }, i) => ({
    cluster: CLUSTER,
    about,
    identity: createHash('sha256').update(String(i)).digest(),
    value: value(i),
  }));
  const before = await fieldOf('memory', 'used_memory');
  await state.await(waiting, NOW_MS);
  console.log(
    `${(((await fieldOf('memory', 'used_memory')) - before) / waiting.length).toFixed(0)} bytes for each that waits`,
  );
} finally {
  await state.close();
  redis.disconnect();
  server.kill();
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
