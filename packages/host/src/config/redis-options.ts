/** Settings of Redis as its adapter takes them. */
import type { ContextOptions, RedisOptions, StateLossOptions } from '@arrivals/core';
import type { Config } from './config.ts';
import { readPem } from './kafka-options.ts';
import { SETTINGS } from './settings.ts';

/** What bounds the state's context, on Redis and embedded. */
export function contextOptions({ contextTtlMs, contextSubjectsMax, awaitMs }: Config): ContextOptions {
  return { contextTtlMs, contextSubjectsMax, awaitMs };
}

/** What the processor does while the state is away. */
export function stateLossOptions({ onStateLoss, stateWaitMs }: Config): StateLossOptions {
  return { onStateLoss, stateWaitMs };
}

/** @throws ArrivalsError config_invalid when a certificate cannot be read */
export function redisOptions(config: Config): RedisOptions {
  return {
    urls: config.redisUrl.split(',').map((url) => url.trim()),
    mode: config.redisMode,
    sentinelName: config.redisSentinelName,
    ...(config.redisUsername === '' ? {} : { username: config.redisUsername }),
    ...(config.redisPassword === '' ? {} : { password: config.redisPassword }),
    ...(config.redisSentinelPassword === '' ? {} : { sentinelPassword: config.redisSentinelPassword }),
    ...(config.redisTlsCaFile === ''
      ? {}
      : { tls: { ca: readPem(SETTINGS.redisTlsCaFile.env, config.redisTlsCaFile) } }),
    keyPrefix: config.redisKeyPrefix,
    claimTtlMs: config.claimTtlMs,
    ...contextOptions(config),
  };
}
