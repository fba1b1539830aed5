// What "who is behind it" costs an alert, and what the state of it takes. The capture of a real API server is
// multiplied, with namespaces, people, bindings and uids of its own each time, to some 10,000 pods and 1,000
// actors, and goes through the processor's own steps: classified, remembered, asked, built, encoded. The last
// copies go event by event, and each creation twice, one after the other: with the context, and as if there
// were none; their medians make the ratio. In general the processor takes many events in one call: the figure
// for that is the time of the other copies, an alert. Alerts told anew are left out (no event is read again),
// and so are claims.
//
// npm run bench. The state is the embedded one in a new folder, and a Redis of its own, version 7 or later,
// if `redis-server` is on the PATH.
import { encodeAlert, encodeAuditBatch } from '@arrivals/adapters/avro';
import { openEmbedded } from '@arrivals/adapters/embedded';
import { openRedisState } from '@arrivals/adapters/redis';
import { buildAlert, packBatches, scanEvent } from '@arrivals/core';
import { loadRiskLists } from '@arrivals/processor';
import { Redis } from 'ioredis';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Enricher } from '../services/processor/dist/enricher.js';
import { Classifier } from '../services/processor/dist/classify.js';
import { OUTSIDE, posts as readPosts } from './data.mjs';
import { freePort } from './free-port.mjs';

const PODS = 10_000;
const MEASURED_COPIES = 5;
const CLUSTER = 'prod-eu-1';
const NOW_MS = Date.parse('2026-11-26T00:00:00Z');
const SETTINGS = {
  claimTtlMs: 3_600_000,
  contextTtlMs: 30 * 24 * 3_600_000,
  contextSubjectsMax: 200_000,
  awaitMs: 600_000,
};
const never = new globalThis.AbortController().signal;
const riskLists = loadRiskLists('');

const posts = readPosts();
const isPod = ({ verb, objectRef, responseStatus }) =>
  verb === 'create' &&
  objectRef?.resource === 'pods' &&
  objectRef.subresource === undefined &&
  responseStatus?.code === 201;
const podsOfCopy = posts.flat().filter(isPod).length;
if (podsOfCopy === 0) throw new Error(`BENCH_DATA: expected creations of pods in ${OUTSIDE}, found none`);
const COPIES = Math.ceil(PODS / podsOfCopy);

/** Names that are a copy's own: namespaces, people, cluster-wide bindings. */
const own = { namespaces: new Set(), users: new Set(), bindings: new Set(), accounts: new Set() };
for (const { objectRef, user } of posts.flat()) {
  if (objectRef?.namespace !== undefined && !objectRef.namespace.startsWith('kube-'))
    own.namespaces.add(objectRef.namespace);
  if (
    objectRef?.resource === 'namespaces' &&
    objectRef.name !== undefined &&
    !objectRef.name.startsWith('kube-')
  )
    own.namespaces.add(objectRef.name);
  if (objectRef?.resource === 'clusterrolebindings' && objectRef.name !== undefined)
    own.bindings.add(objectRef.name);
  if (!user.username.startsWith('system:')) own.users.add(user.username);
}
for (const { user } of posts.flat())
  if (own.namespaces.has(/^system:serviceaccount:([^:]+):/.exec(user.username)?.[1]))
    own.accounts.add(user.username);
const oneOf = (names) =>
  names.size === 0 ? '((?!))' : `(${[...names].map((name) => name.replaceAll('.', '\\.')).join('|')})`;
const [namespaces, users, bindings] = [own.namespaces, own.users, own.bindings].map(oneOf);
const UID = /\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g;
const NAMES = [
  new RegExp(`("namespace":")${namespaces}(?=")`, 'g'),
  new RegExp(`(/namespaces/)${namespaces}(?=[/?"])`, 'g'),
  new RegExp(`(system:serviceaccounts?:)${namespaces}(?=[:"\\\\])`, 'g'),
  new RegExp(`(\\\\"[^"\\\\/]+/)${namespaces}(?=\\\\")`, 'g'),
  new RegExp(`("username":")${users}(?=")`, 'g'),
  new RegExp(`(User \\\\")${users}(?=\\\\")`, 'g'),
  new RegExp(`("name":")${users}(?=")`, 'g'),
  new RegExp(`((?:ClusterRoleBinding \\\\"|clusterrolebindings/))${bindings}(?=[\\\\?"])`, 'g'),
];
const OBJECT_NAMES = {
  namespaces: new RegExp(`("name":")${namespaces}(?=")`, 'g'),
  clusterrolebindings: new RegExp(`("name":")${bindings}(?=")`, 'g'),
};

function copyOf(event, copy) {
  let text = JSON.stringify(event).replace(
    UID,
    (_uid, first, rest) => ((parseInt(first, 16) + copy * 7919) >>> 0).toString(16).padStart(8, '0') + rest,
  );
  const patterns = [...NAMES, OBJECT_NAMES[event.objectRef?.resource]].filter(
    (pattern) => pattern !== undefined,
  );
  for (const pattern of patterns) text = text.replace(pattern, `$1$2-${String(copy)}`);
  return Buffer.from(text);
}

let offset = 0;
function recordsOf(events) {
  const valid = events.map((bytes) => ({ bytes, slice: scanEvent(bytes) }));
  return packBatches(CLUSTER, NOW_MS * 1000, valid).batches.map((batch) => ({
    topic: 'raw',
    partition: 0,
    offset: offset++,
    key: null,
    value: encodeAuditBatch(batch),
    headers: {},
    timestampMs: NOW_MS,
  }));
}

const built = (candidate, context) => {
  const more = { flags: [], riskLists, alertedAtMicros: NOW_MS * 1000, context, revision: 1, revised: [] };
  return encodeAlert(buildAlert({ ...candidate, ...more }));
};

async function withContext(enricher, records) {
  const classifier = new Classifier({ setFailuresAside: false });
  for (const record of records) await classifier.record(record);
  const { contexts } = await enricher.enrich(classifier.extracted, classifier.candidates, false, never);
  for (const candidate of classifier.candidates) built(candidate, contexts.get(candidate) ?? null);
  return [...contexts.values()];
}

async function withoutContext(records) {
  const classifier = new Classifier({ setFailuresAside: false });
  for (const record of records) await classifier.record(record);
  for (const candidate of classifier.candidates) built(candidate, null);
}

const isKnown = ({ author }) => author.creator.known;
const share = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const ms = (value) => `${value.toFixed(2)} ms`;

/** `used`: bytes of the state, when it is settled. */
async function measure(name, state, used) {
  const telemetry = { emit: () => undefined };
  const bus = { read: () => Promise.resolve([]) };
  const enricher = new Enricher({
    state,
    bus,
    telemetry,
    namespaces: riskLists,
    onStateLoss: 'pause',
    waitMs: 60_000,
    now: () => NOW_MS,
  });
  const before = await used();
  const [full, plain] = [[], []];
  const batches = { alerts: 0, full: 0, plain: 0 };
  let known = 0;
  for (let copy = 1; copy <= COPIES; copy++) {
    const isMeasured = copy > COPIES - MEASURED_COPIES;
    for (const post of posts) {
      const events = post.map((event) => copyOf(event, copy));
      if (!isMeasured) {
        const records = recordsOf(events);
        const start = performance.now();
        const alerts = await withContext(enricher, records);
        const middle = performance.now();
        await withoutContext(records);
        batches.alerts += alerts.length;
        batches.full += middle - start;
        batches.plain += performance.now() - middle;
        known += alerts.filter(isKnown).length;
        continue;
      }
      for (const event of events) {
        const records = recordsOf([event]);
        const start = performance.now();
        const alerts = await withContext(enricher, records);
        const middle = performance.now();
        await withoutContext(records);
        if (alerts.length === 0) continue;
        full.push(middle - start);
        plain.push(performance.now() - middle);
        known += alerts.filter(isKnown).length;
      }
    }
  }
  const bytes = (await used()) - before;
  const pods = podsOfCopy * COPIES;
  const actors = (own.users.size + own.accounts.size) * COPIES;
  const all = full.length + batches.alerts;
  const ratio = (of, to) => `${(of / to).toFixed(1)} x`;
  console.log(`${name}: ${String(all)} alerts, of ${String(known)} of which the author is known`);
  console.log(
    `  one by one, with the context     p50 ${ms(share(full, 0.5))}, p99 ${ms(share(full, 0.99))}  (${String(full.length)} alerts)`,
  );
  console.log(
    `  one by one, without              p50 ${ms(share(plain, 0.5))}, p99 ${ms(share(plain, 0.99))}  ratio of p50 ${ratio(share(full, 0.5), share(plain, 0.5))}`,
  );
  console.log(
    `  in batches, with all their events  ${ms(batches.full / batches.alerts)} an alert with, ${ms(batches.plain / batches.alerts)} without, ${ratio(batches.full, batches.plain)}  (${String(batches.alerts)} alerts)`,
  );
  console.log(
    `  state  ${(bytes / 1e6).toFixed(1)} MB for ${String(pods)} pods and ${String(actors)} actors, their workloads and rights: ${(bytes / pods).toFixed(0)} bytes a pod`,
  );
}

async function onEmbedded() {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-bench-'));
  const embedded = openEmbedded({
    folder,
    topics: {},
    ...SETTINGS,
    telemetry: { emit: () => undefined },
    now: () => NOW_MS,
  });
  const used = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).blocks * 512, 0);
  try {
    await measure('embedded (LMDB)', embedded.state, used);
  } finally {
    await embedded.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onRedis() {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-bench-'));
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
    {
      stdio: 'ignore',
    },
  );
  const redis = new Redis({ port, host: '127.0.0.1' });
  redis.on('error', () => undefined);
  const options = {
    urls: [`redis://127.0.0.1:${String(port)}`],
    mode: 'single',
    keyPrefix: 'arrivals:',
    ...SETTINGS,
  };
  const state = openRedisState({ ...options, telemetry: { emit: () => undefined } });
  const fieldOf = async (section, name) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info(section))?.[1]);
  const used = async () => {
    while ((await fieldOf('persistence', 'aof_buffer_length')) > 0) await redis.ping();
    return fieldOf('memory', 'used_memory');
  };
  try {
    await redis.ping().catch(() => once(redis, 'ready'));
    await measure('Redis, appendonly yes', state, used);
  } finally {
    await state.close();
    redis.disconnect();
    server.kill();
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(
  `the cost of the context, Node ${process.version}, ${String(cpus().length)} × ${cpus()[0]?.model ?? '?'}`,
);
await onEmbedded();
if (spawnSync('redis-server', ['--version']).status === 0) await onRedis();
else console.log('on Redis: not measured, as there is no redis-server on the PATH');
