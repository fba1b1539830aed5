/**
 * One run of a scenario: services and load are started, the fault is inflicted while alerts flow, and when it is over the
 * run goes on until every acknowledged creation is told or the bound is reached; then kcat's account is taken.
 *
 * Invariant: it measures and judges nothing. A run that cannot be carried out throws, with what the services said.
 */
import { Kafka, logLevel } from 'kafkajs';
import { Distributed } from '../distributed.ts';
import { eventually } from '../eventually.ts';
import type { Retry } from './delivery.ts';
import { type Blow, Fleet, type Member, type SpoolPlan } from './fleet.ts';
import { Load } from './load.ts';
import { Follower, hasOpenTransactions, type Holdings, holdings } from './observe.ts';
import { RATE } from './times.ts';

export interface Scenario {
  /** As in the table: "b2". */
  readonly id: string;
  readonly title: string;
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  /** Says `run.over()` at the end of each fault. */
  readonly inflict: (run: Run) => Promise<void>;
  readonly webhooks?: number;
  readonly processors?: number;
  /** Of one more processor, which it strikes. */
  readonly blow?: Blow;
  readonly spool?: SpoolPlan;
  readonly retry?: Retry;
  readonly timesAtOnce?: number;
  readonly eventsPerSecond?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly givenUp: number;
  readonly answers: ReadonlyMap<number, number>;
  readonly missing: readonly string[];
  readonly committed: Holdings;
  readonly uncommitted: Holdings;
  /** Undefined when something is missing still. */
  readonly recoverySeconds: number | undefined;
  /** The longest time from a creation's acknowledgement to its alert. */
  readonly delaySeconds: number;
  readonly webhookMib: number;
  readonly processorMib: number;
  readonly killed: number;
  readonly badExits: readonly (number | null)[];
  readonly ledgers: Fleet['ledgers'];
}

/** Alerts of a flow that is under way. */
const FLOW_ALERTS = 30;
const FLOW_MS = 120_000;
/** How long the load may take to be acknowledged, and then what was acknowledged to be told, after the fault. */
const ACKNOWLEDGED_MS = 300_000;
const TOLD_MS = 120_000;
const SETTLED_MS = 60_000;

export class Run {
  readonly distributed: Distributed;
  readonly brokers: readonly string[];
  readonly fleet: Fleet;
  readonly load: Load;
  readonly #follower: Follower;
  readonly #ends: number[] = [];
  /** The one that a blow strikes. */
  readonly struck: Member | undefined;

  constructor(scenario: Scenario, parts: { distributed: Distributed; fleet: Fleet; struck: Member | undefined }) {
    this.distributed = parts.distributed;
    this.brokers = scenario.brokers;
    this.fleet = parts.fleet;
    this.struck = parts.struck;
    this.#follower = new Follower(scenario.brokers, parts.distributed.settings['ARRIVALS_ALERTS_JSON_TOPIC'] ?? '');
    this.load = new Load({
      targets: () => parts.fleet.targets,
      eventsPerSecond: scenario.eventsPerSecond ?? RATE,
      retry: scenario.retry ?? 'patient',
      timesAtOnce: scenario.timesAtOnce ?? 1,
    });
  }

  /** Resolves when so many more creations were told, as a subscriber sees it. */
  async flow(alerts = FLOW_ALERTS, timeoutMs = FLOW_MS): Promise<void> {
    const from = this.#follower.alerts;
    await eventually(`${String(alerts)} more alerts`, () => this.#follower.alerts >= from + alerts || undefined, timeoutMs);
  }

  /** To be called whenever a fault ends: what was killed is gone, what was away is started. */
  over(): void {
    this.#ends.push(Date.now());
  }

  /**
   * Resolves with the longest time in seconds from the end of a fault until all that was sent before it was told;
   * undefined when something acknowledged stays away.
   */
  async told(): Promise<number | undefined> {
    const seen = this.#follower.firstSeenMs;
    const everything = (): boolean => this.load.acknowledged.every((uid) => seen.has(uid));
    if (!(await eventually('all acknowledged creations', everything, TOLD_MS).catch(() => false))) return undefined;
    const acknowledged = [...this.load.creations].filter(([, { acknowledgedMs }]) => acknowledgedMs !== undefined);
    const recoveries = this.#ends.map((endMs) =>
      acknowledged.reduce((longest, [uid, { sentMs }]) => (sentMs > endMs ? longest : Math.max(longest, (seen.get(uid) ?? 0) - endMs)), 0),
    );
    return Math.max(0, ...recoveries) / 1000;
  }

  get delaySeconds(): number {
    const delaysMs = [...this.#follower.firstSeenMs].map(([uid, seenMs]) => seenMs - (this.load.creations.get(uid)?.acknowledgedMs ?? seenMs));
    return delaysMs.reduce((longest, delayMs) => Math.max(longest, delayMs), 0) / 1000;
  }

  async unfollow(): Promise<void> {
    await this.#follower.stop();
  }
}

export async function perform(scenario: Scenario): Promise<Measured> {
  const beganMs = performance.now();
  const distributed = await Distributed.create(scenario.settings, scenario.brokers, scenario.redisUrl);
  const fleet = new Fleet(distributed, scenario.spool);
  let run: Run | undefined;
  try {
    const struck = await startFleet(fleet, scenario);
    run = new Run(scenario, { distributed, fleet, struck });
    await run.flow();
    await scenario.inflict(run);
    await run.flow();
    const { ended } = await run.load.stop(ACKNOWLEDGED_MS);
    if (!ended) throw new Error(`batches were not acknowledged within ${String(ACKNOWLEDGED_MS)} ms after the fault`);
    const recoverySeconds = await run.told();
    await settled(distributed, scenario.brokers, fleet);
    await fleet.stopAll();
    return await account(scenario, run, { recoverySeconds, seconds: (performance.now() - beganMs) / 1000 });
  } catch (error) {
    throw new Error(`${scenario.id}: ${error instanceof Error ? error.message : String(error)}\n${lastWords(fleet)}`, { cause: error });
  } finally {
    await run?.load.stop(0);
    await run?.unfollow();
    await fleet.endAll();
  }
}

async function startFleet(fleet: Fleet, { webhooks = 1, processors = 2, blow }: Scenario): Promise<Member | undefined> {
  // The first webhook makes the topics.
  for (let i = 0; i < webhooks; i++) await fleet.startWebhook();
  const [struck] = await Promise.all([
    blow === undefined ? undefined : fleet.startProcessor(blow),
    ...Array.from({ length: blow === undefined ? processors : processors - 1 }, () => fleet.startProcessor()),
  ]);
  const shared = (): boolean => fleet.processors.every(({ process }) => ([...process.output.matchAll(/"partitions":\[([\d,]*)\]/g)].at(-1)?.[1] ?? '') !== '');
  await eventually('every processor to have partitions', () => shared() || undefined, 60_000);
  return struck;
}

/** Nothing more comes: spools are empty, and the group has processed all that is on the raw topic. */
async function settled({ settings }: Distributed, brokers: readonly string[], fleet: Fleet): Promise<void> {
  const inFlight = async (): Promise<number> => {
    const ledgers = await Promise.all(fleet.webhooks.map(({ process }) => process.ledger()));
    return ledgers.reduce((sum, ledger) => sum + ledger.inFlight, 0);
  };
  await eventually('the webhooks to have sent on what they acknowledged', async () => (await inFlight()) === 0 || undefined, SETTLED_MS);
  const topic = settings['ARRIVALS_AUDIT_TOPIC'] ?? '';
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const behind = async (): Promise<number> => {
    const ends = await admin.fetchTopicOffsets(topic);
    const [group] = await admin.fetchOffsets({ groupId: settings['ARRIVALS_GROUP'] ?? '', topics: [topic] });
    const at = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends.reduce((sum, { partition, high }) => sum + Math.max(0, Number(high) - Math.max(0, at.get(partition) ?? 0)), 0);
  };
  try {
    await eventually('the group to have read everything', async () => (await behind()) === 0 || undefined, SETTLED_MS);
  } finally {
    await admin.disconnect();
  }
}

async function account(
  { id, title, brokers }: Scenario,
  { distributed, fleet, load, delaySeconds }: Run,
  { recoverySeconds, seconds }: { readonly recoverySeconds: number | undefined; readonly seconds: number },
): Promise<Measured> {
  const topic = distributed.settings['ARRIVALS_ALERTS_JSON_TOPIC'] ?? '';
  // What a killed processor left open ends by the brokers' clock; readers at read_committed wait for that.
  await eventually('the last transaction to end', async () => !(await hasOpenTransactions(brokers, topic)) || undefined, SETTLED_MS);
  const committed = await holdings(brokers, topic, 'read_committed');
  const uncommitted = await holdings(brokers, topic, 'read_uncommitted');
  return {
    ...{ id, title, seconds, recoverySeconds, delaySeconds, committed, uncommitted },
    events: load.events,
    acknowledged: load.acknowledged.length,
    givenUp: load.givenUp,
    answers: load.answers,
    missing: load.acknowledged.filter((uid) => !committed.uids.has(uid)),
    webhookMib: fleet.peakMib('webhook'),
    processorMib: fleet.peakMib('processor'),
    killed: fleet.killed,
    badExits: fleet.badExits,
    ledgers: fleet.ledgers,
  };
}

const LINES_SHOWN = 12;

function lastWords(fleet: Fleet): string {
  return [...fleet.webhooks, ...fleet.processors]
    .map(({ service, process }) => `${service} ${String(process.child.pid)}:\n${process.output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n')}`)
    .join('\n');
}
