/**
 * Thousands of hostile connections of each kind against the real process over https: a known sender is
 * answered as before, memory stays within bounds, and all is given back when they have gone.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { arrivals, REPOSITORY, RunningArrivals } from '../support/arrivals.ts';
import { type Kind, KINDS, TOKEN } from '../support/attacks/attackers.ts';
import { type Answered, GoodClient, together } from '../support/attacks/good-client.ts';
import { eventList, podRead } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { FORM, HOSTILE_CONNECTIONS, HOSTILE_MS } from '../support/faults/times.ts';
import { ask } from '../support/https.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const ATTACKERS = path.join(REPOSITORY, 'test/dist/support/attacks/attackers.js');
const BACK_MS = 30_000;
/** Of sockets, TLS states and what is waiting to be read, for 1,000 connections of an address. */
const MEMORY_MIB_MAX = 250;
const LATENCY_FACTOR_MAX = 2;
/**
 * A smaller difference says more of the machine than of the server: attackers and client are on the same
 * processors.
 */
const LATENCY_MORE_MS = 50;
/** What a connection that was just used may still hold. */
const FDS_SLACK = 5;

interface Row {
  readonly kind: Kind;
  /** Without them, before and after: what else the machine does meanwhile is in all of the figures. */
  readonly without: Answered;
  /** While they come, on the same processors: handshakes cost both ends. */
  readonly arriving: Answered;
  /** While they are there. */
  readonly during: Answered;
  readonly memoryMib: readonly [number, number];
  readonly fds: readonly [number, number];
  readonly backMs: number;
}

describe(`${String(HOSTILE_CONNECTIONS)} hostile connections`, function () {
  this.timeout(240_000);
  let folder: string;
  let running: RunningArrivals;
  let client: GoodClient;
  const rows: Row[] = [];
  const port = () => Number(new URL(running.url).port);
  const pem = (name: string) => readFileSync(path.join(folder, 'certs', name), 'utf8');
  const procFile = (name: string) => `/proc/${String(running.child.pid)}/${name}`;
  const fds = () => readdirSync(procFile('fd')).length;
  const memoryMib = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(procFile('status'), 'utf8'))?.[1]) / 1024;
  const postFor = (ms: number) => client.post(AbortSignal.timeout(ms));

  before(async () => {
    folder = await temporaryFolder();
    const certs = path.join(folder, 'certs');
    const { code, stderr } = await arrivals([
      'certs',
      'init',
      '--cluster',
      'prod',
      '--host',
      '127.0.0.1',
      '--out',
      certs,
    ]);
    assert.equal(code, 0, stderr);
    appendFileSync(
      path.join(certs, 'senders'),
      `prod token-sha256:${createHash('sha256').update(TOKEN).digest('hex')}\n`,
    );
    running = await RunningArrivals.start(path.join(folder, 'data'), {
      ARRIVALS_TLS_CERT_FILE: path.join(certs, 'server.crt'),
      ARRIVALS_TLS_KEY_FILE: path.join(certs, 'server.key'),
      ARRIVALS_TLS_CLIENT_CA_FILE: path.join(certs, 'ca.crt'),
      ARRIVALS_TLS_CRL_FILE: path.join(certs, 'crl.pem'),
      ARRIVALS_SENDERS_FILE: path.join(certs, 'senders'),
    });
    const body = eventList(Array.from({ length: 10 }, () => podRead()));
    client = new GoodClient(
      { port: port(), ca: pem('ca.crt'), cert: pem('sender-prod.crt'), key: pem('sender-prod.key') },
      body,
    );
    await postFor(HOSTILE_MS);
  });
  after(async () => {
    client.close();
    await running.stop();
    await removeFolder(folder);
    if (FORM === 'full') process.stdout.write(tableOf(rows));
  });

  for (const kind of KINDS) {
    it(`that are ${kind} block no other client, and leave nothing open`, async () => {
      const before = await postFor(HOSTILE_MS);
      const [fdsBefore, memoryBefore] = [fds(), memoryMib()];
      const peak = { fds: 0, memory: 0 };
      const watching = setInterval(() => {
        peak.fds = Math.max(peak.fds, fds());
        peak.memory = Math.max(peak.memory, memoryMib());
      }, 200);
      const attackers = spawn(
        process.execPath,
        [ATTACKERS, kind, String(port()), String(HOSTILE_CONNECTIONS)],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      let backMs: number;
      let arriving: Answered;
      let during: Answered;
      try {
        arriving = await untilOpen(attackers, client);
        during = await postFor(HOSTILE_MS);
        assert.equal(
          (await ask(`${running.url}/healthz`, { ca: pem('ca.crt'), servername: 'localhost' })).status,
          200,
        );
      } finally {
        attackers.kill('SIGKILL');
        const leftMs = performance.now();
        await eventually('all to be as before', () => fds() <= fdsBefore + FDS_SLACK || undefined, BACK_MS);
        backMs = performance.now() - leftMs;
        clearInterval(watching);
      }
      const without = together(before, await postFor(HOSTILE_MS));
      rows.push({
        kind,
        without,
        arriving,
        during,
        memoryMib: [memoryBefore, peak.memory],
        fds: [fdsBefore, peak.fds],
        backMs,
      });
      assert.deepEqual([without.failed, arriving.failed, during.failed], [[], [], []]);
      assert.ok(
        peak.memory - memoryBefore < MEMORY_MIB_MAX,
        `${String(peak.memory)} MiB after ${String(memoryBefore)}`,
      );
      // With all tests beside it, and the attackers on the same processors, the short form says nothing of
      // time.
      if (FORM !== 'full') return;
      const p99MsMax = Math.max(LATENCY_FACTOR_MAX * without.p99Ms, without.p99Ms + LATENCY_MORE_MS);
      assert.ok(Math.max(arriving.p99Ms, during.p99Ms) <= p99MsMax, tableOf(rows));
    });
  }
});

/** Posts while the attackers come. */
async function untilOpen(attackers: ChildProcess, client: GoodClient): Promise<Answered> {
  const done = new AbortController();
  const posting = client.post(done.signal);
  if (attackers.stdout !== null) await once(attackers.stdout, 'data');
  done.abort();
  return posting;
}

function tableOf(rows: readonly Row[]): string {
  const ms = (value: number) => value.toFixed(1);
  const lines = rows.map(({ kind, without, arriving, during, memoryMib, fds, backMs }) =>
    [
      kind,
      `${ms(without.p50Ms)} / ${ms(without.p99Ms)}`,
      `${ms(arriving.p50Ms)} / ${ms(arriving.p99Ms)}`,
      `${ms(during.p50Ms)} / ${ms(during.p99Ms)}`,
      `${String(arriving.requests + during.requests)}, ${String(arriving.failed.length + during.failed.length)}`,
      memoryMib.map((value) => value.toFixed(0)).join(' → '),
      fds.join(' → '),
      (backMs / 1000).toFixed(1),
    ].join(' | '),
  );
  const head =
    'kind | p50 / p99 ms without them | while they come | while they are there | requests, failed | RSS MiB | descriptors | back after s';
  return `\n${[head, head.replace(/[^|]+/g, ' --- '), ...lines].join('\n')}\n`;
}
