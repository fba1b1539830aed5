/**
 * Webhooks and processors as processes of their own, on the real Kafka and Redis of the run, with topics and
 * keys of their own.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import type { Alert, LedgerReport } from '@arrivals/core';
import { randomUUID } from 'node:crypto';
import { RunningArrivals, type StartOptions } from './arrivals.ts';
import { eventually } from './eventually.ts';
import { kafka } from './infrastructure/kafka.ts';
import { type KcatRecord, readTopic } from './infrastructure/kcat.ts';
import { redis } from './infrastructure/redis.ts';

type Settings = Readonly<Record<string, string>>;

export class Distributed {
  readonly settings: Settings;
  readonly #brokers: readonly string[];
  readonly #running: RunningArrivals[] = [];

  private constructor(brokers: readonly string[], settings: Settings) {
    this.#brokers = brokers;
    this.settings = settings;
  }

  static async create(
    more: Settings = {},
    brokers?: readonly string[],
    redisUrl?: string,
  ): Promise<Distributed> {
    const run = randomUUID().slice(0, 8);
    const servers = brokers ?? (await kafka()).brokers;
    return new Distributed(servers, {
      ARRIVALS_KAFKA_BROKERS: servers.join(','),
      ARRIVALS_REDIS_URL: redisUrl ?? (await redis()).url,
      ARRIVALS_REDIS_KEY_PREFIX: `test-${run}:`,
      ARRIVALS_GROUP: `processors-${run}`,
      ARRIVALS_AUDIT_TOPIC: `audit-${run}`,
      ARRIVALS_ALERTS_TOPIC: `alerts-${run}`,
      ARRIVALS_ALERTS_JSON_TOPIC: `alerts-json-${run}`,
      ARRIVALS_DEAD_LETTERS_TOPIC: `dead-letters-${run}`,
      ARRIVALS_TOPIC_PARTITIONS: '4',
      ARRIVALS_HEALTH_PORT: '0',
      // There is no load balancer to learn of it, but where a test is one.
      ARRIVALS_LEAVE_MS: '0',
      ...more,
    });
  }

  async start(
    service: 'webhook' | 'processor',
    more: Settings = {},
    options: StartOptions = {},
  ): Promise<RunningArrivals> {
    const running = await RunningArrivals.startWith(
      '',
      { ...this.settings, ...more },
      `services/${service}/dist/main.js`,
      [],
      options,
    );
    this.#running.push(running);
    return running;
  }

  /** The records of one of our topics, read by kcat. */
  read(
    topic: 'AUDIT' | 'ALERTS' | 'ALERTS_JSON' | 'DEAD_LETTERS',
    isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
  ): Promise<readonly KcatRecord[]> {
    return readTopic({
      brokers: this.#brokers,
      topic: this.settings[`ARRIVALS_${topic}_TOPIC`] ?? '',
      isolation,
    });
  }

  /** The alerts that kcat reads from the Avro topic. */
  async alerts(): Promise<readonly Alert[]> {
    return (await this.read('ALERTS')).map(({ value }) => decodeAlert(value));
  }

  /**
   * Resolves with the sum of these processors' ledgers when they have seen as many events, each with its
   * outcome.
   */
  async settled(
    processors: readonly RunningArrivals[],
    events: number,
    timeoutMs = 30_000,
  ): Promise<LedgerReport[]> {
    return eventually(
      `${String(events)} events to have their outcome`,
      async () => {
        const ledgers = await Promise.all(processors.map((processor) => processor.ledger()));
        const done =
          ledgers.every(({ inFlight }) => inFlight === 0) &&
          ledgers.reduce((sum, { accepted }) => sum + accepted, 0) >= events;
        return done ? ledgers : undefined;
      },
      timeoutMs,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.stop()));
  }
}
