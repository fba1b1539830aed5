/**
 * A Redis Cluster of three masters on loopback, without replicas.
 * Invariant: it is handed out when each of the three says that all slots are served.
 */
import { allOf, untilReady, withPorts } from './ready.ts';
import { RedisNode, type RedisServer } from './redis-node.ts';

export interface RedisCluster {
  readonly urls: readonly string[];
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;
const CONFIG = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', appendonly: 'yes', save: '""' };

export function startRedisCluster(): Promise<RedisCluster> {
  return withPorts(MASTERS, async (ports) => {
    const nodes = ports.map((port) => new RedisNode(port, { config: CONFIG }));
    const stop = async (): Promise<void> => {
      await Promise.all(nodes.map((node) => node.stop()));
    };
    try {
      await allOf(nodes.map((node) => node.start()));
      await join(nodes);
    } catch (error) {
      await stop();
      throw error;
    }
    return { urls: nodes.map(({ url }) => url), nodes, stop };
  });
}

async function join(nodes: readonly RedisNode[]): Promise<void> {
  const [first] = nodes;
  for (const [i, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'ADDSLOTS', ...slotsOf(i));
    // Different from the beginning, so that they have nothing to settle.
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    if (i > 0) await first?.ask('CLUSTER', 'MEET', '127.0.0.1', node.port);
  }
  await untilReady('the Redis Cluster', [], async () =>
    (await Promise.all(nodes.map(isComplete))).every(Boolean),
  );
}

function slotsOf(index: number): readonly number[] {
  const from = Math.ceil((SLOTS * index) / MASTERS);
  const to = Math.ceil((SLOTS * (index + 1)) / MASTERS);
  return Array.from({ length: to - from }, (_unused, i) => from + i);
}

async function isComplete(node: RedisNode): Promise<boolean> {
  const info = String(await node.ask('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${String(MASTERS)}`);
}
