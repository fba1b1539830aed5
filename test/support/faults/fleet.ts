/**
 * The services of a run as processes: webhooks on ports that stay theirs over restarts, processors that come
 * and go. Of the embedded form the one process counts as the webhook.
 *
 * Invariant: of each process the peak of its memory is known, however it ended, and its last ledger unless it
 * was killed.
 */
import type { LedgerReport } from '@arrivals/core';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY, type RunningArrivals } from '../arrivals.ts';
import { eventually } from '../eventually.ts';
import { steadyPorts } from '../ports.ts';
import { removeFolder, temporaryFolder } from '../temporary.ts';
import type { Ground, Settings } from './ground.ts';

export type Step = 'claimed' | 'produced' | 'before-commit' | 'committed';

/** The signal that a processor sends itself when it reaches a step for the `after`th time. */
export interface Blow {
  readonly step: Step;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly after: number;
}

/** Webhooks have a spool each, on a disk that may be small. */
export interface SpoolPlan {
  readonly diskKib?: number;
}

export interface Member {
  readonly service: 'webhook' | 'processor';
  readonly process: RunningArrivals;
}

const SAMPLE_MS = 250;
const READY_MS = 30_000;
const LINES_SHOWN = 12;
const KILL_AT = pathToFileURL(path.join(REPOSITORY, 'test/support/faults/kill-at.mjs')).href;

export class Fleet {
  readonly #ground: Ground;
  readonly #members = new Set<Member>();
  readonly #peakKib = new Map<Member['service'], number>();
  readonly #sampling: NodeJS.Timeout;
  readonly #webhooks: string[] = [];
  readonly #spool: SpoolPlan | undefined;
  readonly #left = new Set<string>();
  /** By the port of its webhook, over restarts. */
  readonly #spoolFolders = new Map<string, string>();
  readonly ledgers: LedgerReport[] = [];
  /** Of processes that were asked to end and did so with another code than 0: what they said last. */
  readonly badExits: string[] = [];
  killed = 0;

  constructor(ground: Ground, spool?: SpoolPlan) {
    this.#ground = ground;
    this.#spool = spool;
    this.#sampling = setInterval(() => {
      this.#sample();
    }, SAMPLE_MS);
  }

  /** Addresses of the webhooks, also of one that is down at present, unless it had said that it leaves. */
  get targets(): readonly string[] {
    return this.#webhooks.filter((url) => !this.#left.has(url));
  }

  get processors(): readonly Member[] {
    return [...this.#members].filter(({ service }) => service === 'processor');
  }

  get webhooks(): readonly Member[] {
    return [...this.#members].filter(({ service }) => service === 'webhook');
  }

  /** `url`: takes the place of one that is gone. */
  async startWebhook({
    url,
    fileKibMax,
  }: { readonly url?: string; readonly fileKibMax?: number | undefined } = {}): Promise<Member> {
    const [free = 0] = url === undefined ? await steadyPorts(1) : [];
    const port = url === undefined ? String(free) : new URL(url).port;
    const settings = { ARRIVALS_LISTEN_PORT: port, ...(await this.#spoolSettings(port)) };
    const member = this.#add(
      'webhook',
      await this.#ground.start('webhook', settings, { fileKibMax: fileKibMax ?? this.#spool?.diskKib }),
    );
    if (url === undefined) this.#webhooks.push(member.process.url);
    return member;
  }

  async startProcessor(blow?: Blow): Promise<Member> {
    const nodeArgs =
      blow === undefined
        ? []
        : ['--import', `${KILL_AT}?step=${blow.step}&signal=${blow.signal}&after=${String(blow.after)}`];
    return this.#add('processor', await this.#ground.start('processor', {}, { nodeArgs }));
  }

  /** Restarts it as a rolling update does behind a load balancer, which sends nothing to who is not ready. */
  async roll(webhook: Member): Promise<void> {
    const { url } = webhook.process;
    const stopping = this.stop(webhook);
    await eventually(
      'the webhook to say that it leaves',
      async () => !(await isReady(url)) || undefined,
      READY_MS,
    );
    this.#left.add(url);
    await stopping;
    await this.startWebhook({ url });
    await eventually('the webhook to be ready', async () => (await isReady(url)) || undefined, READY_MS);
    this.#left.delete(url);
  }

  async kill(member: Member): Promise<void> {
    await member.process.stop('SIGKILL');
    this.gone(member);
  }

  /** It was killed, or killed itself. */
  gone(member: Member): void {
    this.killed++;
    this.#members.delete(member);
  }

  async stop(member: Member): Promise<void> {
    this.#members.delete(member);
    this.#sampleOf(member);
    const code = await member.process.stop('SIGTERM');
    if (code !== 0)
      this.badExits.push(`a ${member.service} ended with ${String(code)}:\n${lastWords(member)}`);
    const ledger = lastLedger(member.process.output);
    if (ledger !== undefined) this.ledgers.push(ledger);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#members].map((member) => this.stop(member)));
    clearInterval(this.#sampling);
  }

  /** After a failure: whatever state they are in. */
  async endAll(): Promise<void> {
    clearInterval(this.#sampling);
    await Promise.all([...this.#members].map(({ process }) => process.stop('SIGKILL')));
    await Promise.all([...this.#spoolFolders.values()].map(removeFolder));
  }

  peakMib(service: Member['service']): number {
    return Math.round((this.#peakKib.get(service) ?? 0) / 1024);
  }

  async #spoolSettings(port: string): Promise<Settings> {
    if (this.#spool === undefined) return {};
    const folder = this.#spoolFolders.get(port) ?? (await temporaryFolder());
    this.#spoolFolders.set(port, folder);
    return { ARRIVALS_SPOOL_DIR: folder };
  }

  #add(service: Member['service'], process: RunningArrivals): Member {
    const member = { service, process };
    this.#members.add(member);
    return member;
  }

  #sample(): void {
    for (const member of this.#members) this.#sampleOf(member);
  }

  #sampleOf({ service, process: { child } }: Member): void {
    const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(statusOf(child.pid))?.[1] ?? 0);
    this.#peakKib.set(service, Math.max(this.#peakKib.get(service) ?? 0, kib));
  }
}

/** Resolves when the process stands still after SIGSTOP. */
export async function stopped({ process: { child } }: Member, timeoutMs: number): Promise<void> {
  await eventually(
    'the process to stand still',
    () => /^State:\s+T/m.test(statusOf(child.pid)) || undefined,
    timeoutMs,
  );
}

/** Resolves when the process is gone. */
export async function gone({ process: { child } }: Member, timeoutMs: number): Promise<void> {
  await eventually(
    'the process to end',
    () => child.exitCode !== null || child.signalCode !== null || undefined,
    timeoutMs,
  );
}

export function lastWords({ service, process: { child, output } }: Member): string {
  return `${service} ${String(child.pid)}:\n${output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n')}`;
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** A service that ends logs its account. */
function lastLedger(output: string): LedgerReport | undefined {
  const line = output
    .split('\n')
    .findLast((text) => text.startsWith('{') && text.includes('"message":"down"'));
  return line === undefined ? undefined : (JSON.parse(line) as { readonly ledger: LedgerReport }).ledger;
}
