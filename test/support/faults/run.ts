/**
 * One run of a scenario: services and load are started, the fault is inflicted while alerts flow, and when it
 * is over the run goes on until every acknowledged creation is told or the bound is reached; then the account
 * is taken.
 *
 * Invariant: it measures and judges nothing. A run that cannot be carried out throws, with what the services
 * said.
 */
import type { Distributed } from '../distributed.ts';
import { eventually } from '../eventually.ts';
import type { Retry } from './delivery.ts';
import { type Blow, Fleet, lastWords, type Member, type SpoolPlan } from './fleet.ts';
import { type Account, EmbeddedGround, type Ground, KafkaGround } from './ground.ts';
import { Load } from './load.ts';
import type { Follower } from './observe.ts';
import { RATE } from './times.ts';

export interface Scenario {
  /** As in the table: "b2". */
  readonly id: string;
  readonly title: string;
  /** Where webhooks and processors run; without it everything runs in one process. */
  readonly servers?: { readonly brokers: readonly string[]; readonly redisUrl: string };
  /** Says `run.over()` at the end of each fault. */
  readonly inflict: (run: Run) => Promise<void>;
  readonly webhooks?: number;
  readonly processors?: number;
  /** Of one more processor, which it strikes. */
  readonly blow?: Blow;
  readonly spool?: SpoolPlan;
  /** Of the embedded form: a disk that is full soon. */
  readonly fileKibMax?: number;
  readonly retry?: Retry;
  readonly timesAtOnce?: number;
  readonly eventsPerSecond?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Measured extends Account {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly givenUp: number;
  readonly answers: ReadonlyMap<number, number>;
  readonly missing: readonly string[];
  /** Undefined when something is missing still. */
  readonly recoverySeconds: number | undefined;
  /** The longest time from a creation's acknowledgement to its alert. */
  readonly delaySeconds: number;
  readonly webhookMib: number;
  /** Null where there is none. */
  readonly processorMib: number | null;
  readonly killed: number;
  readonly badExits: readonly string[];
  readonly ledgers: Fleet['ledgers'];
}

/** Alerts of a flow that is under way. */
const FLOW_ALERTS = 30;
const FLOW_MS = 120_000;
/**
 * How long the load may take to be acknowledged, and then what was acknowledged to be told, after the fault.
 */
const ACKNOWLEDGED_MS = 300_000;
const TOLD_MS = 120_000;

export class Run {
  readonly fleet: Fleet;
  readonly load: Load;
  /** The one that a blow strikes. */
  readonly struck: Member | undefined;
  readonly #ground: Ground;
  readonly #follower: Follower;
  readonly #ends: number[] = [];

  constructor(scenario: Scenario, parts: { ground: Ground; fleet: Fleet; struck: Member | undefined }) {
    this.#ground = parts.ground;
    this.fleet = parts.fleet;
    this.struck = parts.struck;
    this.#follower = parts.ground.follow(parts.fleet);
    this.load = new Load({
      targets: () => parts.fleet.targets,
      eventsPerSecond: scenario.eventsPerSecond ?? RATE,
      retry: scenario.retry ?? 'patient',
      timesAtOnce: scenario.timesAtOnce ?? 1,
    });
  }

  get distributed(): Distributed {
    if (this.#ground instanceof KafkaGround) return this.#ground.distributed;
    throw new Error('everything runs in one process');
  }

  /** Resolves when so many more creations were told, as a subscriber sees it. */
  async flow(alerts = FLOW_ALERTS, timeoutMs = FLOW_MS): Promise<void> {
    const { firstSeenMs } = this.#follower;
    const from = firstSeenMs.size;
    await eventually(
      `${String(alerts)} more alerts`,
      () => firstSeenMs.size >= from + alerts || undefined,
      timeoutMs,
    );
  }

  /** To be called whenever a fault ends: what was killed is gone, what was away is started. */
  over(): void {
    this.#ends.push(Date.now());
  }

  /**
   * Resolves with the longest time in seconds from the end of a fault until all that was sent before it was
   * told; undefined when something acknowledged stays away.
   */
  async told(): Promise<number | undefined> {
    const seen = this.#follower.firstSeenMs;
    const everything = (): boolean => this.load.acknowledged.every((uid) => seen.has(uid));
    if (!(await eventually('all acknowledged creations', everything, TOLD_MS).catch(() => false)))
      return undefined;
    const acknowledged = [...this.load.creations].filter(
      ([, { acknowledgedMs }]) => acknowledgedMs !== undefined,
    );
    const recoveries = this.#ends.map((endMs) =>
      acknowledged.reduce(
        (longest, [uid, { sentMs }]) =>
          sentMs > endMs ? longest : Math.max(longest, (seen.get(uid) ?? 0) - endMs),
        0,
      ),
    );
    return Math.max(0, ...recoveries) / 1000;
  }

  get delaySeconds(): number {
    const delaysMs = [...this.#follower.firstSeenMs].map(
      ([uid, seenMs]) => seenMs - (this.load.creations.get(uid)?.acknowledgedMs ?? seenMs),
    );
    return delaysMs.reduce((longest, delayMs) => Math.max(longest, delayMs), 0) / 1000;
  }

  async unfollow(): Promise<void> {
    await this.#follower.stop();
  }
}

export async function perform(scenario: Scenario): Promise<Measured> {
  const beganMs = performance.now();
  const { servers, settings } = scenario;
  const ground =
    servers === undefined
      ? await EmbeddedGround.create(settings)
      : await KafkaGround.create(servers.brokers, servers.redisUrl, settings);
  const fleet = new Fleet(ground, scenario.spool);
  let run: Run | undefined;
  try {
    const struck = await startFleet(fleet, scenario);
    run = new Run(scenario, { ground, fleet, struck });
    await run.flow();
    await scenario.inflict(run);
    await run.flow();
    const { ended } = await run.load.stop(ACKNOWLEDGED_MS);
    if (!ended)
      throw new Error(`batches were not acknowledged within ${String(ACKNOWLEDGED_MS)} ms after the fault`);
    const recoverySeconds = await run.told();
    await ground.settled(fleet);
    await fleet.stopAll();
    const seconds = (performance.now() - beganMs) / 1000;
    return { ...figures(scenario, run, await ground.account()), recoverySeconds, seconds };
  } catch (error) {
    throw new Error(
      `${scenario.id}: ${error instanceof Error ? error.message : String(error)}\n${[...fleet.webhooks, ...fleet.processors].map(lastWords).join('\n')}`,
      { cause: error },
    );
  } finally {
    await run?.load.stop(0);
    await run?.unfollow();
    await fleet.endAll();
    await ground.remove();
  }
}

async function startFleet(
  fleet: Fleet,
  { servers, webhooks = 1, processors = 2, blow, fileKibMax }: Scenario,
): Promise<Member | undefined> {
  if (servers === undefined) {
    await fleet.startWebhook({ fileKibMax });
    return undefined;
  }
  // The first webhook makes the topics.
  for (let i = 0; i < webhooks; i++) await fleet.startWebhook();
  const [struck] = await Promise.all([
    blow === undefined ? undefined : fleet.startProcessor(blow),
    ...Array.from({ length: blow === undefined ? processors : processors - 1 }, () => fleet.startProcessor()),
  ]);
  const shared = (): boolean =>
    fleet.processors.every(
      ({ process }) => ([...process.output.matchAll(/"partitions":\[([\d,]*)\]/g)].at(-1)?.[1] ?? '') !== '',
    );
  await eventually('every processor to have partitions', () => shared() || undefined, 60_000);
  return struck;
}

function figures(
  { id, title, servers }: Scenario,
  { fleet, load, delaySeconds }: Run,
  { committed, uncommitted }: Account,
): Omit<Measured, 'seconds' | 'recoverySeconds'> {
  return {
    ...{ id, title, delaySeconds, committed, uncommitted },
    events: load.events,
    acknowledged: load.acknowledged.length,
    givenUp: load.givenUp,
    answers: load.answers,
    missing: load.acknowledged.filter((uid) => !committed.uids.has(uid)),
    webhookMib: fleet.peakMib('webhook'),
    processorMib: servers === undefined ? null : fleet.peakMib('processor'),
    killed: fleet.killed,
    badExits: fleet.badExits,
    ledgers: fleet.ledgers,
  };
}
