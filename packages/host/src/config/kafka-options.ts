/** Settings of Kafka and Redis as their adapters take them: certificates read, topics described. */
import type { KafkaOptions, TopicNames, TopicSpec } from '@arrivals/core';
import { ArrivalsError, messageOf, TOPIC_RECORD_BYTES_MAX } from '@arrivals/core/light';
import { readFileSync } from 'node:fs';
import { AUDIT_SEGMENT_MS, type Config } from './config.ts';
import { SETTINGS } from './settings.ts';

/** @throws ArrivalsError config_invalid when a certificate cannot be read */
export function kafkaOptions(config: Config): KafkaOptions {
  const { kafkaSaslMechanism: mechanism } = config;
  return {
    brokers: config.kafkaBrokers.split(',').map((broker) => broker.trim()),
    ...(config.kafkaTls === 'off'
      ? {}
      : {
          tls: {
            ...pem(config, 'ca', 'kafkaTlsCaFile'),
            ...pem(config, 'cert', 'kafkaTlsCertFile'),
            ...pem(config, 'key', 'kafkaTlsKeyFile'),
          },
        }),
    ...(mechanism === 'none'
      ? {}
      : { sasl: { mechanism, username: config.kafkaSaslUsername, password: config.kafkaSaslPassword } }),
  };
}

export function topicNames(config: Config): TopicNames {
  const { auditTopic: audit, alertsTopic: alerts, alertsJsonTopic, deadLettersTopic: deadLetters } = config;
  return { audit, alerts, alertsJson: config.alertsJson === 'on' ? alertsJsonTopic : null, deadLetters };
}

export function topicSpecs(config: Config): readonly TopicSpec[] {
  const { topicPartitions: partitions, topicReplication: replication } = config;
  const { audit, alerts, alertsJson, deadLetters } = topicNames(config);
  const spec = (name: string, retentionMs: number): TopicSpec => ({
    name,
    partitions,
    replication,
    retentionMs,
    recordBytesMax: TOPIC_RECORD_BYTES_MAX,
  });
  return [
    { ...spec(audit, config.auditRetentionMs), segmentMs: AUDIT_SEGMENT_MS },
    spec(alerts, config.alertRetentionMs),
    ...(alertsJson === null ? [] : [spec(alertsJson, config.alertRetentionMs)]),
    spec(deadLetters, config.deadLetterRetentionMs),
  ];
}

function pem<K extends string>(
  config: Config,
  name: K,
  key: 'kafkaTlsCaFile' | 'kafkaTlsCertFile' | 'kafkaTlsKeyFile',
): Partial<Record<K, string>> {
  const file = config[key];
  return file === '' ? {} : ({ [name]: readPem(SETTINGS[key].env, file) } as Partial<Record<K, string>>);
}

/** @throws ArrivalsError config_invalid */
export function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ArrivalsError('config_invalid', `${setting}: cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
