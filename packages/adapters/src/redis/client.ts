/**
 * An ioredis client for a target, connecting in the background and again for ever, every wait within a bound.
 *
 * Invariant: there is no queue. What cannot be sent at once fails at once; connection.ts waits before it
 * sends. What was sent when the connection is lost fails and is not sent again. Redis may yet carry it out,
 * or do so when the caller has long given up, which is harmless: a claim is for the same coordinates whenever
 * it is made.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Target } from './options.ts';

export type Client = Redis | Cluster;

/** For a peer that does not answer our end of a connection. */
const DISCONNECT_TIMEOUT_MS = 500;
const RECONNECT_WAIT_MS_MAX = 1000;
const LOADING_WAIT_MS_MAX = 500;
/** ioredis tries some sixteen times; then redis-state.ts helps itself. */
const TRY_AGAIN_WAIT_MS = 10;

export function openClient(target: Target): Client {
  const { mode, addresses, commandTimeoutMs } = target;
  const common = commonOptions(target);
  if (mode === 'cluster') {
    return new Cluster([...addresses], {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectWaitMs,
      slotsRefreshTimeout: commandTimeoutMs,
      retryDelayOnTryAgain: TRY_AGAIN_WAIT_MS,
      // Left to each connection, as TLS checks the certificate against the name.
      dnsLookup: (name, callback) => {
        callback(null, name);
      },
    });
  }
  const one = {
    ...common,
    enableOfflineQueue: false,
    retryStrategy: reconnectWaitMs,
    reconnectOnError: isReadOnly,
    db: target.database,
  };
  return new Redis({ ...one, ...(mode === 'sentinel' ? sentinelOptions(target) : addresses[0]) });
}

/** `replyMapping` has a type of its own wherever ioredis takes it; it is for RESP3. */
type Options = Omit<RedisOptions, 'replyMapping'>;

function commonOptions({ username, password, tls, commandTimeoutMs }: Target): Options {
  return {
    connectionName: 'arrivals',
    // Nothing here needs RESP3, and HELLO is not everywhere; the rest would be refused to a user with few
    // permissions.
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: commandTimeoutMs,
    commandTimeout: commandTimeoutMs,
    // A server that is silent that long costs the connection: else commands would pile up in its socket.
    socketTimeout: commandTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: LOADING_WAIT_MS_MAX,
    ...(username === '' ? {} : { username, password }),
    ...(password === '' ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function sentinelOptions({
  addresses,
  sentinelName,
  sentinelPassword,
  tls,
  commandTimeoutMs,
}: Target): Options {
  return {
    sentinels: [...addresses],
    name: sentinelName,
    sentinelCommandTimeout: commandTimeoutMs,
    sentinelRetryStrategy: reconnectWaitMs,
    ...(sentinelPassword === '' ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** With chance in it, so that not all processors come back in the same moment. */
function reconnectWaitMs(attempt: number): number {
  return Math.round(Math.min(50 * 2 ** attempt, RECONNECT_WAIT_MS_MAX) * (0.5 + Math.random() / 2));
}

/** The server is a master no more: a new connection finds out who is. */
function isReadOnly(error: Error): boolean {
  return error.message.includes('READONLY');
}
