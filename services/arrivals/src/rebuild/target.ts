/**
 * The bus and state of a rebuild: Kafka and Redis, or the store of `arrivals up` while that is not running.
 *
 * Invariant: it creates no topic and publishes nothing. The embedded store retains what a group has not read,
 * so no offset is kept there: a stopped rebuild starts from the beginning.
 */
import { openEmbedded } from '@arrivals/adapters/embedded';
import { forgetGroup, openKafkaBus } from '@arrivals/adapters/kafka';
import { openRedisState } from '@arrivals/adapters/redis';
import type { Bus, State } from '@arrivals/core';
import { ArrivalsError, TOPICS } from '@arrivals/core/light';
import {
  contextOptions,
  kafkaOptions,
  readConfig,
  redisOptions,
  SETTINGS,
  topicNames,
} from '@arrivals/host/command';
import { existsSync } from 'node:fs';
import type { Environment as CommandEnvironment } from '../command.ts';
import { topicSettings } from '../embedded-service.ts';
import { kafkaStartRetry } from '../kafka-start.ts';

export interface RebuildTarget {
  readonly bus: Bus;
  readonly state: State;
  readonly topic: string;
  /** Absent if no offset is kept. */
  readonly group?: string;
  /** Deletes the offsets, so that the next rebuild starts from the beginning. */
  readonly forget: () => Promise<void>;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const TELEMETRY = { emit: (): void => undefined };
const GROUP_TEXT = /^[A-Za-z0-9._-]{1,200}$/;

/** @throws ArrivalsError usage, config_invalid */
export function distributedTarget(environment: CommandEnvironment, given: string | undefined): RebuildTarget {
  const config = readConfig(environment.env, 'processor');
  const group = given ?? `${config.group}-rebuild`;
  if (!GROUP_TEXT.test(group))
    throw new ArrivalsError(
      'usage',
      `--group: expected up to 200 of A-Z, a-z, 0-9, ".", "_" and "-", found ${JSON.stringify(group)}`,
    );
  if (group === config.group)
    throw new ArrivalsError(
      'usage',
      `--group: expected another group than the processors' (${group}), whose position is theirs`,
    );
  const connection = kafkaOptions(config);
  // There are no outputs, so no transactions either.
  const startRetry = kafkaStartRetry(config, environment);
  const bus = openKafkaBus({ connection, telemetry: TELEMETRY, delivery: 'at-least-once', startRetry });
  const state = openRedisState({ ...redisOptions(config), telemetry: TELEMETRY });
  return {
    bus,
    state,
    topic: topicNames(config).audit,
    group,
    forget: () => forgetGroup(connection, group, startRetry),
    close: async () => {
      await bus.close();
      await state.close();
    },
  };
}

/**
 * @throws ArrivalsError config_invalid, input_unreadable, store_locked, store_format_unknown, store_unusable
 */
export function embeddedTarget(env: Environment, dataDir: string | undefined): RebuildTarget {
  const config = readConfig(dataDir === undefined ? env : { ...env, [SETTINGS.dataDir.env]: dataDir });
  const { dataDir: folder, claimTtlMs } = config;
  // A misspelt folder would be created, and be empty.
  if (!existsSync(folder))
    throw new ArrivalsError('input_unreadable', `${folder}: there is no such data directory`);
  const exclusive = config.storeExclusive === 'on';
  const embedded = openStopped({
    folder,
    exclusive,
    topics: topicSettings(config),
    claimTtlMs,
    ...contextOptions(config),
    telemetry: TELEMETRY,
    now: Date.now,
  });
  return { ...embedded, topic: TOPICS.audit, forget: () => Promise.resolve() };
}

function openStopped(options: Parameters<typeof openEmbedded>[0]): ReturnType<typeof openEmbedded> {
  try {
    return openEmbedded(options);
  } catch (error) {
    if (!(error instanceof ArrivalsError) || error.code !== 'store_locked') throw error;
    throw new ArrivalsError(
      'store_locked',
      `${error.message}: stop \`arrivals up\`, rebuild, and start it again`,
      { cause: error },
    );
  }
}
