/**
 * What a run of a scenario stands on: webhooks and processors on a real Kafka and Redis, or everything in one
 * process.
 *
 * Invariant: both tell the same of a run: how its processes start, what subscribers see, when nothing more
 * comes, and what there is at the end. They judge nothing.
 */
import { Kafka, logLevel } from 'kafkajs';
import { RunningArrivals, type StartOptions } from '../arrivals.ts';
import { Distributed } from '../distributed.ts';
import { eventually } from '../eventually.ts';
import { removeFolder, temporaryFolder } from '../temporary.ts';
import {
  type Follower,
  hasOpenTransactions,
  type Holdings,
  holdings,
  ProcessFollower,
  topicHoldings,
  TopicFollower,
} from './observe.ts';

export type Settings = Readonly<Record<string, string>>;

export interface Account {
  readonly committed: Holdings;
  /** Null where there is no such thing. */
  readonly uncommitted: Holdings | null;
}

/** What a ground asks of the fleet that runs on it. */
export interface FleetMembers {
  readonly targets: readonly string[];
  readonly webhooks: readonly { readonly process: RunningArrivals }[];
}

export interface Ground {
  /** A webhook, or a processor; of the embedded form the one process is its webhook. */
  start(
    service: 'webhook' | 'processor',
    settings: Settings,
    options: StartOptions,
  ): Promise<RunningArrivals>;
  /** The fleet has started. */
  follow(fleet: FleetMembers): Follower;
  /** Resolves when nothing more comes of what was acknowledged. */
  settled(fleet: FleetMembers): Promise<void>;
  /** After the fleet has stopped. */
  account(): Promise<Account>;
  remove(): Promise<void>;
}

const SETTLED_MS = 60_000;

export class KafkaGround implements Ground {
  readonly distributed: Distributed;
  readonly #brokers: readonly string[];

  private constructor(distributed: Distributed, brokers: readonly string[]) {
    this.distributed = distributed;
    this.#brokers = brokers;
  }

  static async create(
    brokers: readonly string[],
    redisUrl: string,
    settings: Settings = {},
  ): Promise<KafkaGround> {
    return new KafkaGround(await Distributed.create(settings, brokers, redisUrl), brokers);
  }

  start(
    service: 'webhook' | 'processor',
    settings: Settings,
    options: StartOptions,
  ): Promise<RunningArrivals> {
    return this.distributed.start(service, settings, options);
  }

  follow(): Follower {
    return new TopicFollower(this.#brokers, this.#alertsTopic);
  }

  /** Spools are empty, and the group has processed all that is on the raw topic. */
  async settled(fleet: FleetMembers): Promise<void> {
    await nothingInFlight(fleet);
    const { settings } = this.distributed;
    const topic = settings['ARRIVALS_AUDIT_TOPIC'] ?? '';
    const admin = new Kafka({ brokers: [...this.#brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const behind = async (): Promise<number> => {
      const ends = await admin.fetchTopicOffsets(topic);
      const [group] = await admin.fetchOffsets({
        groupId: settings['ARRIVALS_GROUP'] ?? '',
        topics: [topic],
      });
      const at = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.reduce(
        (sum, { partition, high }) => sum + Math.max(0, Number(high) - Math.max(0, at.get(partition) ?? 0)),
        0,
      );
    };
    try {
      await eventually(
        'the group to have read everything',
        async () => (await behind()) === 0 || undefined,
        SETTLED_MS,
      );
    } finally {
      await admin.disconnect();
    }
  }

  async account(): Promise<Account> {
    // What a killed processor left open ends by the brokers' clock; readers at read_committed wait for that.
    await eventually(
      'the last transaction to end',
      async () => !(await hasOpenTransactions(this.#brokers, this.#alertsTopic)) || undefined,
      SETTLED_MS,
    );
    return {
      committed: await topicHoldings(this.#brokers, this.#alertsTopic, 'read_committed'),
      uncommitted: await topicHoldings(this.#brokers, this.#alertsTopic, 'read_uncommitted'),
    };
  }

  /** Topics and keys go with the servers of the run. */
  remove(): Promise<void> {
    return Promise.resolve();
  }

  get #alertsTopic(): string {
    return this.distributed.settings['ARRIVALS_ALERTS_JSON_TOPIC'] ?? '';
  }
}

export class EmbeddedGround implements Ground {
  readonly #folder: string;
  readonly #settings: Settings;

  private constructor(folder: string, settings: Settings) {
    this.#folder = folder;
    this.#settings = settings;
  }

  static async create(settings: Settings = {}): Promise<EmbeddedGround> {
    return new EmbeddedGround(await temporaryFolder(), settings);
  }

  start(
    _service: 'webhook' | 'processor',
    settings: Settings,
    options: StartOptions,
  ): Promise<RunningArrivals> {
    return RunningArrivals.startWith(
      this.#folder,
      { ...this.#settings, ...settings },
      'services/arrivals/bin/arrivals.js',
      ['up'],
      options,
    );
  }

  follow({ targets: [url = ''] }: FleetMembers): Follower {
    return new ProcessFollower(url);
  }

  settled(fleet: FleetMembers): Promise<void> {
    return nothingInFlight(fleet);
  }

  /** As a process reads it that found the folder. */
  async account(): Promise<Account> {
    const running = await this.start('webhook', {}, {});
    try {
      const texts = (await running.alerts()).map((alert) => JSON.stringify(alert));
      return { committed: holdings(texts), uncommitted: null };
    } finally {
      await running.stop();
    }
  }

  remove(): Promise<void> {
    return removeFolder(this.#folder);
  }
}

async function nothingInFlight(fleet: FleetMembers): Promise<void> {
  const inFlight = async (): Promise<number> => {
    const ledgers = await Promise.all(fleet.webhooks.map(({ process }) => process.ledger()));
    return ledgers.reduce((sum, ledger) => sum + ledger.inFlight, 0);
  };
  await eventually(
    'what was acknowledged to have been passed on',
    async () => (await inFlight()) === 0 || undefined,
    SETTLED_MS,
  );
}
