/** Settings of Redis as its adapter takes them. */
import type { Config } from './config.ts';
import { readPem } from './kafka-options.ts';
import { SETTINGS } from './settings.ts';

export interface RedisOptions {
  readonly urls: readonly string[];
  readonly mode: 'single' | 'cluster' | 'sentinel';
  readonly sentinelName: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** With a CA to trust, as PEM text. */
  readonly tls?: { readonly ca: string };
  readonly keyPrefix: string;
  readonly claimTtlMs: number;
  readonly contextTtlMs: number;
  readonly contextSubjectsMax: number;
  readonly awaitMs: number;
}

/** What bounds the state's context, on Redis and embedded. */
export function contextOptions({
  contextTtlMs,
  contextSubjectsMax,
  awaitMs,
}: Config): Pick<RedisOptions, 'contextTtlMs' | 'contextSubjectsMax' | 'awaitMs'> {
  return { contextTtlMs, contextSubjectsMax, awaitMs };
}

/** What the processor does while the state is away. */
export function stateLossOptions({ onStateLoss, stateWaitMs }: Config): {
  readonly onStateLoss: 'pass' | 'pause';
  readonly stateWaitMs: number;
} {
  return { onStateLoss: onStateLoss === 'pause' ? 'pause' : 'pass', stateWaitMs };
}

/** @throws ArrivalsError config_invalid when a certificate cannot be read */
export function redisOptions(config: Config): RedisOptions {
  const { redisMode: mode } = config;
  return {
    urls: config.redisUrl.split(',').map((url) => url.trim()),
    mode: mode === 'cluster' || mode === 'sentinel' ? mode : 'single',
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
