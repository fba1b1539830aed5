/** The partition of a key, as other clients choose it. */
import { partitionOfKey } from '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';

/** Hashes that Kafka's own tests of its Java client expect of these keys. */
const MURMUR2: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['abc', 479470107],
];

describe('the partition of a key on Kafka', () => {
  it('is the one that the Java client chooses', () => {
    for (const partitions of [1, 4, 6, 50])
      for (const [key, hash] of MURMUR2)
        assert.equal(partitionOfKey(key, partitions), (hash & 0x7fffffff) % partitions, key);
  });
});
