// What a storm of creations does to a process on the embedded store: 20,000 pods of controllers, in API
// servers' batches of 400, all posted at once. How long until all are told, how late /healthz is meanwhile,
// and the memory taken; as ratios to the same creations posted one batch after the other, each waited for
// until it is told. That alternative never has more than a batch in hand, so it is what a process that bounds
// nothing would have to be fed with.
//
// npm run bench, or `node bench/storm.mjs [CREATIONS] [--storm-only]`. It starts `arrivals up` with a folder
// of its own.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.mjs';

const BIN = fileURLToPath(new URL('../services/arrivals/bin/arrivals.js', import.meta.url));
const CREATIONS = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 20_000);
const STORM_ONLY = process.argv.includes('--storm-only');
const BATCH = 400;
const ASK_EVERY_MS = 20;
const WAIT_MAX_MS = 300_000;

function creation(i) {
  const namespace = `team-${i % 40}`;
  const set = `service-${i % 400}-7c9d8f`;
  const name = `${set}-${String(i)}`;
  const object = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace,
      uid: randomUUID(),
      labels: { app: `service-${i % 400}`, 'pod-template-hash': '7c9d8f' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: `set-${i % 400}`, controller: true },
      ],
      creationTimestamp: '2026-11-22T14:09:18Z',
    },
    spec: {
      serviceAccountName: `account-${i % 100}`,
      containers: [
        {
          name: 'main',
          image: `registry.example/team/service-${i % 400}:1.${i % 7}`,
          command: ['serve', '--port', '8080'],
          env: [{ name: 'MODE', value: 'x' }],
        },
      ],
      volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    },
  };
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: randomUUID(),
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/${namespace}/pods`,
    verb: 'create',
    user: {
      username: `system:serviceaccount:kube-system:controller-${i % 5}`,
      groups: ['system:serviceaccounts', 'system:authenticated'],
    },
    sourceIPs: [`10.0.${i % 3}.9`],
    userAgent: 'kube-controller-manager/v1.34.0',
    objectRef: { resource: 'pods', namespace, name, apiVersion: 'v1' },
    responseStatus: { code: 201 },
    requestObject: object,
    responseObject: object,
    requestReceivedTimestamp: '2026-11-22T14:09:18.000001Z',
    stageTimestamp: '2026-11-22T14:09:18.100000Z',
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by ClusterRoleBinding "controllers" of ClusterRole "controllers"',
    },
  };
}

const batches = () =>
  Array.from({ length: Math.ceil(CREATIONS / BATCH) }, (_, b) => {
    const items = Array.from({ length: Math.min(BATCH, CREATIONS - b * BATCH) }, (_unused, i) =>
      creation(b * BATCH + i),
    );
    return Buffer.from(JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items }));
  });

class Running {
  static async start() {
    const running = new Running();
    running.folder = mkdtempSync(path.join(tmpdir(), 'arrivals-storm-'));
    running.port = await freePort();
    running.agent = new Agent({ keepAlive: true });
    running.health = new Agent({ keepAlive: true, maxSockets: 1 });
    const env = {
      ...process.env,
      ARRIVALS_DATA_DIR: running.folder,
      ARRIVALS_LISTEN_PORT: String(running.port),
      ARRIVALS_LOG_LEVEL: 'warn',
    };
    running.child = spawn(process.execPath, [BIN, 'up'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    for (const startedMs = performance.now(); performance.now() - startedMs < 30_000; await sleep(50)) {
      if (await running.get('/healthz', running.health).catch(() => undefined)) return running;
    }
    throw new Error('it did not start');
  }

  async ask(options, agent, body) {
    const outgoing = request({ host: '127.0.0.1', port: this.port, agent, ...options });
    outgoing.end(body);
    const [incoming] = await once(outgoing, 'response');
    let text = '';
    for await (const chunk of incoming) text += chunk;
    return { status: incoming.statusCode, text };
  }

  get(name, agent = this.agent) {
    return this.ask({ path: name }, agent);
  }

  /** Until it is taken, as an API server does. */
  async post(body) {
    for (;;) {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
      const { status } = await this.ask(
        { method: 'POST', path: '/v1/clusters/default/audit', headers },
        this.agent,
        body,
      );
      if (status === 200) return;
      if (status !== 503) throw new Error(`answered ${String(status)}`);
      await sleep(200);
    }
  }

  async settled(alerted) {
    for (const startedMs = performance.now(); performance.now() - startedMs < WAIT_MAX_MS; await sleep(100)) {
      const ledger = JSON.parse((await this.get('/v1/ledger')).text);
      if (ledger.alerted >= alerted && ledger.inFlight === 0) return;
    }
    throw new Error('it was not through in time');
  }

  get memoryMib() {
    return (
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(this.child.pid)}/status`, 'utf8'))?.[1]) /
      1024
    );
  }

  /** Of the processor, which others on the machine do not slow down as they do the clock. */
  get processorSeconds() {
    const fields = readFileSync(`/proc/${String(this.child.pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop() {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
    this.agent.destroy();
    this.health.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Asks for /healthz at a steady rate, whether or not the last has been answered: who waits for a late answer
 * asks less often.
 */
function asking(running) {
  const tookMs = [];
  const open = new Set();
  const agent = new Agent({ keepAlive: true });
  const timer = setInterval(() => {
    const startedMs = performance.now();
    const one = running.get('/healthz', agent).then(
      () => tookMs.push(performance.now() - startedMs),
      () => tookMs.push(Number.POSITIVE_INFINITY),
    );
    open.add(one);
    void one.finally(() => open.delete(one));
  }, ASK_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    agent.destroy();
    tookMs.sort((a, b) => a - b);
    const at = (share) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))];
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: tookMs.at(-1) };
  };
}

async function measured(send) {
  const running = await Running.start();
  try {
    const bodies = batches();
    await running.post(Buffer.from('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}'));
    const done = asking(running);
    const startedMs = performance.now();
    await send(running, bodies);
    await running.settled(CREATIONS);
    const seconds = (performance.now() - startedMs) / 1000;
    return {
      seconds,
      ...(await done()),
      memoryMib: running.memoryMib,
      processorSeconds: running.processorSeconds,
    };
  } finally {
    await running.stop();
  }
}

const line = (name, { seconds, processorSeconds, p50Ms, p99Ms, maxMs, memoryMib }) =>
  `${name}: ${seconds.toFixed(1)} s (${processorSeconds.toFixed(1)} s of processor time), /healthz p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, max ${maxMs.toFixed(0)} ms, memory at most ${memoryMib.toFixed(0)} MiB`;

const storm = await measured((running, bodies) => Promise.all(bodies.map((body) => running.post(body))));
console.log(line(`${CREATIONS} creations at once`, storm));
if (!STORM_ONLY) {
  const calm = await measured(async (running, bodies) => {
    for (const [i, body] of bodies.entries()) {
      await running.post(body);
      await running.settled(Math.min(CREATIONS, (i + 1) * BATCH));
    }
  });
  console.log(line('one batch after the other', calm));
  console.log(
    `at once / one after the other: ${(storm.seconds / calm.seconds).toFixed(2)} of the time, ${(storm.p99Ms / calm.p99Ms).toFixed(1)} times the p99 of /healthz, ${(storm.memoryMib / calm.memoryMib).toFixed(2)} of the memory`,
  );
}
