/** Settings of Kafka and Redis as their adapters take them. */
import type { ArrivalsError } from '@arrivals/core';
import { kafkaOptions, readConfig, redisOptions, topicNames, topicSpecs } from '@arrivals/host';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

type Env = Readonly<Record<string, string>>;

const processor = (env: Env = {}) => readConfig(env, 'processor');

const problemsOf = (env: Env): readonly string[] => {
  try {
    processor(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
};

describe('settings of Kafka', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'arrivals-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it('name the brokers, without TLS and without a login unless they say so', () => {
    assert.deepEqual(kafkaOptions(processor({ ARRIVALS_KAFKA_BROKERS: 'a:9092, b.example:9093' })), {
      brokers: ['a:9092', 'b.example:9093'],
    });
  });

  it('give certificates as text and a login as it is', () => {
    const config = processor({
      ARRIVALS_KAFKA_TLS: 'on',
      ARRIVALS_KAFKA_TLS_CA_FILE: file('ca.pem', 'CA'),
      ARRIVALS_KAFKA_TLS_CERT_FILE: file('cert.pem', 'CERT'),
      ARRIVALS_KAFKA_TLS_KEY_FILE: file('key.pem', 'KEY'),
      ARRIVALS_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      ARRIVALS_KAFKA_SASL_USERNAME: 'app',
      ARRIVALS_KAFKA_SASL_PASSWORD: 'x y',
    });
    const { tls, sasl } = kafkaOptions(config);
    assert.deepEqual(tls, { ca: 'CA', cert: 'CERT', key: 'KEY' });
    assert.deepEqual(sasl, { mechanism: 'scram-sha-512', username: 'app', password: 'x y' });
  });

  it('say which file cannot be read', () => {
    const config = processor({
      ARRIVALS_KAFKA_TLS: 'on',
      ARRIVALS_KAFKA_TLS_CA_FILE: path.join(folder, 'none.pem'),
    });
    assert.throws(
      () => kafkaOptions(config),
      (error: unknown) =>
        (error as ArrivalsError).code === 'config_invalid' &&
        (error as Error).message.startsWith('ARRIVALS_KAFKA_TLS_CA_FILE'),
    );
  });

  for (const [why, env, variable] of [
    [
      'a certificate without its key',
      { ARRIVALS_KAFKA_TLS: 'on', ARRIVALS_KAFKA_TLS_CERT_FILE: 'c' },
      'ARRIVALS_KAFKA_TLS_CERT_FILE and',
    ],
    ['certificates where TLS is off', { ARRIVALS_KAFKA_TLS_CA_FILE: 'c' }, 'ARRIVALS_KAFKA_TLS:'],
    [
      'a password without a mechanism',
      { ARRIVALS_KAFKA_SASL_PASSWORD: 'p' },
      'ARRIVALS_KAFKA_SASL_MECHANISM',
    ],
    [
      'a mechanism without a password',
      { ARRIVALS_KAFKA_SASL_MECHANISM: 'plain', ARRIVALS_KAFKA_SASL_USERNAME: 'u' },
      'ARRIVALS_KAFKA_SASL_USERNAME and',
    ],
    ['one topic for two things', { ARRIVALS_ALERTS_TOPIC: 'k8s.alerts.json' }, 'ARRIVALS_ALERTS_JSON_TOPIC'],
    ['a broker without a port', { ARRIVALS_KAFKA_BROKERS: 'kafka' }, 'ARRIVALS_KAFKA_BROKERS'],
    ['a topic name that Kafka refuses', { ARRIVALS_AUDIT_TOPIC: 'a/b' }, 'ARRIVALS_AUDIT_TOPIC'],
    [
      'claims that end before raw events do, with the segment they are in',
      { ARRIVALS_AUDIT_RETENTION_MS: '601200001' },
      'ARRIVALS_CLAIM_TTL_MS',
    ],
  ] as const) {
    it(`refuse ${why}`, () => {
      const problems = problemsOf(env);
      assert.deepEqual([problems.length, problems[0]?.startsWith(variable)], [1, true], problems.join('\n'));
    });
  }

  it('never print a password', () => {
    const [problem = ''] = problemsOf({ ARRIVALS_REDIS_URL: 'http://user:hunter2@redis' });
    assert.match(problem, /^ARRIVALS_REDIS_URL: .*found \[redacted\]$/);
  });

  it('take a secret from a file, without the line feed at its end', () => {
    const { redisPassword } = processor({ ARRIVALS_REDIS_PASSWORD_FILE: file('password', 'p \n') });
    assert.equal(redisPassword, 'p ');
  });

  it('refuse a secret that is given twice, and a file that cannot be read', () => {
    const password = file('password', 'p');
    assert.match(
      problemsOf({ ARRIVALS_REDIS_PASSWORD_FILE: password, ARRIVALS_REDIS_PASSWORD: 'q' }).join(),
      /expected one of them/,
    );
    assert.match(
      problemsOf({ ARRIVALS_REDIS_PASSWORD_FILE: path.join(folder, 'none') }).join(),
      /ARRIVALS_REDIS_PASSWORD_FILE: cannot be read/,
    );
  });

  it('take no file for what is no secret', () => {
    assert.match(problemsOf({ ARRIVALS_GROUP_FILE: 'x' }).join(), /ARRIVALS_GROUP_FILE: no such setting/);
  });
});

describe('the topics of the settings', () => {
  it('are four, or three where nobody reads JSON', () => {
    assert.deepEqual(topicNames(processor()), {
      audit: 'k8s.audit.events',
      alerts: 'k8s.alerts',
      alertsJson: 'k8s.alerts.json',
      deadLetters: 'k8s.audit.deadletter',
    });
    const off = processor({ ARRIVALS_ALERTS_JSON: 'off' });
    assert.equal(topicNames(off).alertsJson, null);
    assert.deepEqual(
      topicSpecs(off).map(({ name }) => name),
      ['k8s.audit.events', 'k8s.alerts', 'k8s.audit.deadletter'],
    );
  });

  it('bound how long a raw event can be read, and no other', () => {
    const specs = topicSpecs(processor({ ARRIVALS_TOPIC_PARTITIONS: '3', ARRIVALS_TOPIC_REPLICATION: '2' }));
    assert.deepEqual(
      specs.map(({ segmentMs }) => segmentMs),
      [3_600_000, undefined, undefined, undefined],
    );
    assert.ok(specs.every(({ partitions, replication }) => partitions === 3 && replication === 2));
  });
});

describe('settings of Redis', () => {
  it('give the adapter what is set, and nothing for what is not', () => {
    assert.deepEqual(redisOptions(processor()), {
      urls: ['redis://127.0.0.1:6379'],
      mode: 'single',
      sentinelName: 'mymaster',
      keyPrefix: 'arrivals:',
      claimTtlMs: 604_800_000,
      contextTtlMs: 2_592_000_000,
      contextSubjectsMax: 200_000,
      awaitMs: 600_000,
    });
    const { urls, mode, username, password } = redisOptions(
      processor({
        ARRIVALS_REDIS_URL: 'redis://a:1, redis://b:2',
        ARRIVALS_REDIS_MODE: 'cluster',
        ARRIVALS_REDIS_USERNAME: 'u',
        ARRIVALS_REDIS_PASSWORD: 'p',
      }),
    );
    assert.deepEqual([urls, mode, username, password], [['redis://a:1', 'redis://b:2'], 'cluster', 'u', 'p']);
  });
});
