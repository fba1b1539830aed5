/** What is tried again after, and for how long. */
import { failureClass, patiently } from '@arrivals/adapters/kafka';
import { ArrivalsError } from '@arrivals/core';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

type Make = new (error: unknown, options?: unknown) => Error;
const errors = require('kafkajs/src/errors.js') as Readonly<Record<string, Make>>;
const { createErrorFromCode } = require('kafkajs/src/protocol/error.js') as {
  readonly createErrorFromCode: (code: number) => Error;
};

const make = (name: string, error: unknown, options?: unknown): Error => {
  const Kind = errors[name];
  assert.ok(Kind, name);
  return new Kind(error, options);
};
/** As kafkajs throws what it gave up on. */
const givenUp = (cause: Error): Error =>
  make('KafkaJSNumberOfRetriesExceeded', cause, { retryCount: 8, retryTime: 2000 });
/** By the numbers of Kafka's protocol. */
const PROTOCOL = {
  passing: {
    3: 'unknown topic',
    5: 'no leader yet',
    6: 'another leader',
    14: 'coordinator loads',
    15: 'no coordinator',
    16: 'another coordinator',
    41: 'another controller',
  },
  refused: {
    29: 'topic forbidden',
    30: 'group forbidden',
    38: 'replication factor',
    58: 'password',
    44: 'policy',
  },
} as const;

describe('patience with Kafka', () => {
  for (const kind of ['passing', 'refused'] as const) {
    for (const [code, what] of Object.entries(PROTOCOL[kind])) {
      it(`counts “${what}” as ${kind}, also as kafkajs wraps it`, () => {
        const error = createErrorFromCode(Number(code));
        for (const thrown of [
          error,
          givenUp(error),
          make('KafkaJSNonRetriableError', error, { cause: error }),
        ])
          assert.equal(failureClass(thrown), kind);
        assert.equal(failureClass(new ArrivalsError('bus_unavailable', 'Kafka: …', { cause: error })), kind);
      });
    }
  }

  it('counts a connection that fails as passing, and what nobody knows as refused', () => {
    const refused = make('KafkaJSConnectionError', 'connect ECONNREFUSED', {
      broker: 'kafka:9092',
      code: 'ECONNREFUSED',
    });
    for (const thrown of [
      refused,
      givenUp(refused),
      Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
    ])
      assert.equal(failureClass(thrown), 'passing');
    assert.equal(failureClass(new TypeError('of kafkajs')), 'refused');
  });

  it('tries again until it works, and reports it once', async () => {
    const isReported: string[] = [];
    let tries = 0;
    const work = (): Promise<string> =>
      ++tries < 4 ? Promise.reject(createErrorFromCode(16)) : Promise.resolve('done');
    assert.equal(
      await patiently(work, { timeoutMs: 10_000, onWait: ({ message }) => isReported.push(message) }),
      'done',
    );
    assert.deepEqual([tries, isReported.length], [4, 1]);
    assert.match(isReported[0] ?? '', /coordinator/);
  });

  it('ends with the last error when the time is over, and at once where trying again is no use', async () => {
    await assert.rejects(
      patiently(() => Promise.reject(createErrorFromCode(15)), { timeoutMs: 200 }),
      { code: 'bus_unavailable' },
    );
    let tries = 0;
    const work = (): Promise<never> => {
      tries++;
      return Promise.reject(new ArrivalsError('topics_differ', 'x'));
    };
    await assert.rejects(patiently(work, { timeoutMs: 10_000 }), { code: 'topics_differ' });
    assert.equal(tries, 1);
  });

  it('ends when it is aborted', async () => {
    const signal = AbortSignal.timeout(50);
    await assert.rejects(
      patiently(() => Promise.reject(createErrorFromCode(15)), { timeoutMs: 60_000, signal }),
    );
  });
});
