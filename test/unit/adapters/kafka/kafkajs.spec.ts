/** What is put right of kafkajs as it is loaded, where no broker is needed to see it. */
import '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface KafkaJsError extends Error {
  readonly retriable: boolean;
}

const { KafkaJSGroupCoordinatorNotFound, KafkaJSNonRetriableError } =
  require('kafkajs/src/errors.js') as Record<string, new (message: string) => KafkaJsError>;

describe('kafkajs with its cures', () => {
  it('tries again when no broker names the coordinator, and gives up as before on what does not pass', () => {
    assert.ok(KafkaJSGroupCoordinatorNotFound !== undefined && KafkaJSNonRetriableError !== undefined);
    assert.equal(new KafkaJSGroupCoordinatorNotFound('x').retriable, true);
    assert.equal(new KafkaJSNonRetriableError('x').retriable, false);
  });
});
