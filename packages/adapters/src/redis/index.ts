/**
 * The state in Redis, from 6.2 on: one server, sentinels or a Redis Cluster. The only place that knows
 * ioredis. Notes of attempts are in attempts.ts, over a connection of their own.
 *
 * What Redis must be: `maxmemory-policy noeviction`, `appendonly yes`; `dependency_warning` tells where it is
 * not. What the user must be allowed: the keys `PREFIX*`, and get, set, eval, evalsha, ping, info; for the
 * context hset, hdel, hmget, hgetall, hkeys, hlen, zadd, zmscore, zcard, zcount, zpopmin, pexpire, unlink; on
 * a cluster cluster|slots and cluster|info too. Without info it is not noticed that Redis evicts claims, and
 * the context does not give way to them when memory is short.
 */
import type { State } from '@arrivals/core';
import { ClaimKeys } from './claims.ts';
import { openClient } from './client.ts';
import { Connection } from './connection.ts';
import { RedisFacts } from './redis-facts.ts';
import { assessOptions, type RedisStateOptions } from './options.ts';
import { probe, RedisState } from './redis-state.ts';
import { HealthMonitor } from './health-monitor.ts';

export { openRedisAttempts, type RedisAttemptsOptions } from './attempts.ts';
export type { RedisStateOptions } from './options.ts';

/**
 * Connects in the background and goes on trying for as long as the state is open: calls fail with
 * state_unavailable within `commandTimeoutMs` while Redis is away, and work when it is back.
 * @throws ArrivalsError config_invalid
 */
export function openRedisState(options: RedisStateOptions): State {
  const { keyPrefix, claimTtlMs, contextTtlMs, contextSubjectsMax, awaitMs, telemetry } = options;
  const target = assessOptions(options);
  const connection = new Connection(openClient(target), target.commandTimeoutMs, [
    target.password,
    target.sentinelPassword,
  ]);
  const keys = new ClaimKeys(keyPrefix);
  const clustered = options.mode === 'cluster';
  const watch = new HealthMonitor(connection, telemetry, () => probe({ connection, clustered, keys }));
  const context = new RedisFacts({
    connection,
    keyPrefix,
    contextTtlMs,
    contextSubjectsMax,
    awaitMs,
    telemetry,
  });
  return new RedisState({ connection, watch, context, keys, clustered, claimTtlMs, telemetry });
}
