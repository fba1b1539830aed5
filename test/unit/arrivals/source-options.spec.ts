/** Where commands read from: the options decide, then the environment. */
import { ArrivalsError } from '@arrivals/core';
import { chosenSource } from 'arrivals';
import assert from 'node:assert/strict';

const KAFKA = { ARRIVALS_KAFKA_BROKERS: 'kafka-1:9092' };
const chosen = (
  values: Partial<Parameters<typeof chosenSource>[0]>,
  env: Readonly<Record<string, string>> = {},
): string => {
  const source = chosenSource({ kafka: false, ...values }, { env });
  return source === 'kafka' ? source : source.base.href;
};

describe('where a command reads from', () => {
  it('is the process of this machine, another one by its URL, or Kafka', () => {
    assert.equal(chosen({}), 'http://127.0.0.1:8080/');
    assert.equal(chosen({}, { ARRIVALS_KAFKA_BROKERS: '' }), 'http://127.0.0.1:8080/');
    assert.equal(chosen({ url: 'https://10.0.0.5:8080' }, KAFKA), 'https://10.0.0.5:8080/');
    assert.equal(chosen({}, KAFKA), 'kafka');
    assert.equal(chosen({ kafka: true }), 'kafka');
  });

  it('is refused where the options contradict one another', () => {
    for (const [values, env] of [
      [{ url: 'http://127.0.0.1:8080', kafka: true }, {}],
      [{ kafka: true, 'ca-file': 'ca.crt' }, {}],
      [{ 'ca-file': 'ca.crt' }, KAFKA],
      [{ url: 'kafka-1:9092' }, {}],
    ] as const)
      assert.throws(
        () => chosen(values, env),
        (error) => error instanceof ArrivalsError && error.code === 'usage',
      );
  });
});
