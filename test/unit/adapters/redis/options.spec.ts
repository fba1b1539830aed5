/** Options for Redis that cannot work are refused before anything connects, in words without a secret. */
import { openRedisState, type RedisStateOptions } from '@arrivals/adapters/redis';
import type { ArrivalsError } from '@arrivals/core';
import assert from 'node:assert/strict';
import { CONTEXT } from '../../../support/context.ts';

const OPTIONS: RedisStateOptions = {
  urls: ['redis://127.0.0.1:1'],
  mode: 'single',
  keyPrefix: 'arrivals:',
  claimTtlMs: 1000,
  ...CONTEXT,
  telemetry: { emit: () => undefined },
};

describe('options for Redis', () => {
  const refused: readonly (readonly [what: string, options: Partial<RedisStateOptions>, words: RegExp])[] = [
    ['no URL', { urls: [] }, /no Redis URL/],
    ['another scheme', { urls: ['http://hunter2@127.0.0.1'] }, /URL 1 of 1/],
    ['no URL but text', { urls: ['redis://a', 'hunter2'], mode: 'cluster' }, /URL 2 of 2/],
    ['an escape that is none', { urls: ['redis://:hunter2%@127.0.0.1'] }, /URL 1 of 1/],
    ['no host', { urls: ['redis://:hunter2@:6379'] }, /URL 1 of 1/],
    ['a port out of range', { urls: ['redis://:hunter2@127.0.0.1:65536'] }, /URL 1 of 1/],
    ['a database that is no number', { urls: ['redis://:hunter2@127.0.0.1/one'] }, /URL 1 of 1/],
    ['two URLs for one server', { urls: ['redis://a', 'redis://b'] }, /several Redis URLs/],
    ['a database of a cluster', { urls: ['redis://a/1'], mode: 'cluster' }, /database 0/],
    [
      'a password in a sentinel’s URL',
      { urls: ['redis://:hunter2@a'], mode: 'sentinel', sentinelName: 'm' },
      /settings of their own/,
    ],
    ['sentinels without a name', { mode: 'sentinel' }, /what the sentinels call/],
    ['both schemes', { urls: ['redis://a', 'rediss://b'], mode: 'cluster' }, /all be rediss/],
    ['a CA that is none', { tls: { ca: 'hunter2' } }, /PEM/],
    ['a prefix with a hash tag', { keyPrefix: 'a{b}' }, /prefix/],
  ];

  for (const [what, options, words] of refused) {
    it(`are refused: ${what}`, () => {
      assert.throws(
        () => openRedisState({ ...OPTIONS, ...options }),
        ({ code, message }: ArrivalsError) =>
          code === 'config_invalid' && words.test(message) && !message.includes('hunter2'),
      );
    });
  }
});
