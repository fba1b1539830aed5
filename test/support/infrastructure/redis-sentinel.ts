/**
 * A master, its replica and three sentinels that watch them, on loopback; they fail over within seconds.
 * Invariant: they are handed out when the replica is in step and every sentinel knows all the others.
 */
import { allOf, untilReady, withPorts } from './ready.ts';
import { RedisNode, type RedisServer } from './redis-node.ts';

export interface RedisSentinel {
  /** host:port of each */
  readonly sentinels: readonly string[];
  /** What the sentinels call the master. */
  readonly name: string;
  /** The master at the start: after a failover the replica is. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  stop(): Promise<void>;
}

const NAME = 'arrivals';
// By default a replica waits five seconds for others to come along.
const DATA = { appendonly: 'yes', 'repl-diskless-sync-delay': '0' };
const SENTINELS = 3;
const QUORUM = 2;
const DOWN_AFTER_MS = 1000;
const FAILOVER_TIMEOUT_MS = 5000;

export function startRedisSentinel(): Promise<RedisSentinel> {
  return withPorts(2 + SENTINELS, async ([masterPort = 0, replicaPort = 0, ...ports]) => {
    const master = new RedisNode(masterPort, { config: DATA });
    const replica = new RedisNode(replicaPort, {
      config: { ...DATA, replicaof: `127.0.0.1 ${String(masterPort)}` },
    });
    const sentinels = ports.map(
      (port) => new RedisNode(port, { config: watching(masterPort) }, ['--sentinel']),
    );
    const stop = async (): Promise<void> => {
      await Promise.all([...sentinels, replica, master].map((node) => node.stop()));
    };
    try {
      await allOf([master, replica].map((node) => node.start()));
      // A sentinel that starts before the replica is in step asks again in ten seconds only.
      await untilReady('the replica', [], async () =>
        String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
      );
      await allOf(sentinels.map((node) => node.start()));
      await untilReady('the sentinels', [], async () =>
        (await Promise.all(sentinels.map(knowsAll))).every(Boolean),
      );
    } catch (error) {
      await stop();
      throw error;
    }
    return { sentinels: ports.map((port) => `127.0.0.1:${String(port)}`), name: NAME, master, replica, stop };
  });
}

/** The settings of a sentinel; those that begin with the same word are lines of one. */
function watching(masterPort: number): Record<string, string> {
  return {
    'sentinel monitor': `${NAME} 127.0.0.1 ${String(masterPort)} ${String(QUORUM)}`,
    'sentinel down-after-milliseconds': `${NAME} ${String(DOWN_AFTER_MS)}`,
    'sentinel failover-timeout': `${NAME} ${String(FAILOVER_TIMEOUT_MS)}`,
  };
}

async function knowsAll(sentinel: RedisNode): Promise<boolean> {
  const fields = (await sentinel.ask('SENTINEL', 'MASTER', NAME)) as readonly string[];
  const field = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
  return (
    field('flags') === 'master' &&
    field('num-slaves') === '1' &&
    field('num-other-sentinels') === String(SENTINELS - 1)
  );
}
