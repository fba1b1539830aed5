/**
 * The topics on Kafka as commands read them: by the settings of `arrivals topics`, without a group. Its
 * library takes its time to load.
 */
import { openKafkaBus } from '@arrivals/adapters/kafka';
import type { Bus, KafkaOptions, Telemetry, TopicNames } from '@arrivals/core';
import { kafkaOptions, readConfig, topicNames } from '@arrivals/host/command';
import type { Environment } from './command.ts';
import { kafkaStartRetry } from './kafka-start.ts';

export interface KafkaTopics {
  readonly bus: Bus;
  readonly topics: TopicNames;
  readonly connection: KafkaOptions;
}

/** @throws ArrivalsError config_invalid */
export function openKafkaTopics(environment: Environment): KafkaTopics {
  const config = readConfig(environment.env, 'topics');
  const connection = kafkaOptions(config);
  const bus = openKafkaBus({
    connection,
    telemetry: toPerson(environment.stderr),
    startRetry: kafkaStartRetry(config, environment),
  });
  return { bus, topics: topicNames(config), connection };
}

/** What a person has to know of what is left out. */
function toPerson(stderr: Environment['stderr']): Telemetry {
  return {
    emit: (event) => {
      if (event.type === 'dependency_warning' && event.what === 'batch_unreadable')
        stderr.write(`left out: ${event.detail}\n`);
    },
  };
}
