/**
 * What the adapter is opened with, judged before anything connects.
 *
 * Invariant: what cannot work is refused here, and no message holds a URL or a password.
 */
import { ArrivalsError, type RedisMode, type RedisOptions, type Telemetry } from '@arrivals/core';
import { X509Certificate } from 'node:crypto';

export interface RedisStateOptions extends RedisOptions {
  /**
   * Every call ends within it: claims within it for each 500 identities, context within it for each script
   * call (200 facts, or what it may read in one), and longer only while a cluster moves its keys.
   */
  readonly commandTimeoutMs?: number;
  readonly telemetry: Telemetry;
}

/** Options that can work. */
export interface Target {
  readonly mode: RedisMode;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly database: number;
  readonly sentinelName: string;
  readonly username: string;
  readonly password: string;
  readonly sentinelPassword: string;
  readonly tls: { readonly ca?: string } | undefined;
  readonly commandTimeoutMs: number;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  readonly tls: boolean;
}

const PORT = 6379;
const COMMAND_TIMEOUT_MS = 2000;

/** @throws ArrivalsError config_invalid */
export function assessOptions(options: RedisStateOptions): Target {
  const {
    mode,
    urls,
    sentinelName = '',
    sentinelPassword = '',
    commandTimeoutMs = COMMAND_TIMEOUT_MS,
  } = options;
  const endpoints = urls.map((url, i) =>
    endpointOf(url, `Redis URL ${String(i + 1)} of ${String(urls.length)}`),
  );
  assertPossible(options, endpoints);
  return {
    mode,
    addresses: endpoints.map(({ host, port }) => ({ host, port })),
    database: endpoints[0]?.database ?? 0,
    sentinelName,
    username: firstGiven(options.username, ...endpoints.map(({ username }) => username)),
    password: firstGiven(options.password, ...endpoints.map(({ password }) => password)),
    sentinelPassword,
    tls: tlsOf(options, endpoints),
    commandTimeoutMs,
  };
}

function assertPossible(
  { mode, sentinelName = '', keyPrefix }: RedisStateOptions,
  endpoints: readonly Endpoint[],
): void {
  if (endpoints.length === 0) throw invalid('no Redis URL is given');
  if (/[{}]/.test(keyPrefix)) throw invalid('the key prefix must not hold { or }');
  switch (mode) {
    case 'single':
      if (endpoints.length > 1) throw invalid('several Redis URLs are for the modes cluster and sentinel');
      return;
    case 'cluster':
      if (endpoints.some(({ database }) => database !== 0))
        throw invalid('a Redis Cluster has database 0 alone');
      return;
    case 'sentinel':
      if (sentinelName === '') throw invalid('the mode sentinel needs what the sentinels call the server');
      // Whose would they be?
      if (endpoints.some(({ username, password }) => username !== '' || password !== '')) {
        throw invalid(
          'user and passwords do not go into the URLs of sentinels, they are settings of their own',
        );
      }
  }
}

function firstGiven(...texts: readonly (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== '') ?? '';
}

function tlsOf({ tls }: RedisStateOptions, endpoints: readonly Endpoint[]): Target['tls'] {
  const secured = endpoints.filter((endpoint) => endpoint.tls).length;
  if (tls === undefined && secured === 0) return undefined;
  if (tls === undefined && secured < endpoints.length)
    throw invalid('Redis URLs must all be redis:// or all be rediss://');
  if (tls?.ca === undefined) return {};
  try {
    // Node would take anything for a CA, and then trust nobody.
    new X509Certificate(tls.ca);
  } catch {
    throw invalid('the CA for Redis is not a certificate in PEM');
  }
  return { ca: tls.ca };
}

function endpointOf(text: string, which: string): Endpoint {
  try {
    const url = new URL(text);
    if (!/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^(\/\d{0,5})?$/.test(url.pathname))
      throw new Error('not of the form');
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? PORT : Number(url.port),
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: Number(url.pathname.slice(1)),
      tls: url.protocol === 'rediss:',
    };
  } catch {
    // Whatever the parser says holds the URL, and that may hold a password.
    throw invalid(`${which} is not of the form redis://HOST:PORT`);
  }
}

const invalid = (message: string): ArrivalsError => new ArrivalsError('config_invalid', message);
