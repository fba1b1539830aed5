/**
 * Real Kafka brokers for tests: one for all suites of the run, and clusters of their own for what would
 * disturb others. Invariant: a cluster is handed out when groups and transactions work on it, and is gone
 * after the run.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { KafkaNode } from './kafka-node.ts';
import { accessOf, takesGroupsAndTransactions } from './kafka-ready.ts';
import type { KafkaOptions, NodePlan } from './kafka-settings.ts';
import { kafkaProgram } from './kafka-source.ts';
import { dropFolder, ownFolder } from './programs.ts';
import { steadyPorts } from '../ports.ts';
import { allOf, GIVEN_READY_MS, untilReady, withPorts } from './ready.ts';

export interface KafkaBroker {
  readonly id: number;
  /** host:port */
  readonly address: string;
  /** The folder with its partitions' files. */
  readonly data: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /**
   * The same data and port, after a kill if it runs. Resolves when it is ready and in sync: of three, another
   * one has to be up.
   */
  restart(): Promise<void>;
}

export interface KafkaCluster {
  /** host:port of each */
  readonly brokers: readonly string[];
  /** host:port of each, without SASL and TLS whatever clients have to use: for tests that look at topics. */
  readonly plain: readonly string[];
  /** Empty when the cluster was given by the environment: it is not ours to kill. */
  readonly nodes: readonly KafkaBroker[];
  stop(): Promise<void>;
}

const HEAP_ONE = '512m';
const HEAP_OF_THREE = '384m';
const PORTS_PER_NODE = 3;

let shared: Promise<KafkaCluster> | undefined;

/** One plain broker, started at the first call, shared by all suites of the run. */
export function kafka(): Promise<KafkaCluster> {
  return (shared ??= given() ?? startKafka());
}

/** A cluster of its own, for what would disturb others. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const program = await kafkaProgram();
  const count = options.nodes ?? 1;
  return withPorts(count * PORTS_PER_NODE, async (ports) => {
    const folder = await ownFolder();
    const plans = Array.from({ length: count }, (_unused, i) =>
      plan(folder, i, ports.slice(i * PORTS_PER_NODE)),
    );
    const heap = count === 1 ? HEAP_ONE : HEAP_OF_THREE;
    const nodes = plans.map((nodePlan) => new KafkaNode(nodePlan, heap, accessOf(options), program));
    const cluster = clusterOf(nodes, folder);
    try {
      await start(nodes, plans, options);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  });
}

export interface FreshKafka extends KafkaCluster {
  /** Starts the brokers and waits for nothing. */
  begin(): void;
}

/**
 * A cluster that nothing was ever asked of, not even whether it is ready: its storage is made, its brokers
 * are not started. What a first start meets in life: no topics, no groups, no transactions, and soon a port
 * that is open before anything works.
 */
export async function freshKafka(options: KafkaOptions = {}): Promise<FreshKafka> {
  const program = await kafkaProgram();
  const count = options.nodes ?? 1;
  const ports = await steadyPorts(count * PORTS_PER_NODE);
  const folder = await ownFolder();
  const plans = Array.from({ length: count }, (_unused, i) =>
    plan(folder, i, ports.slice(i * PORTS_PER_NODE)),
  );
  const nodes = plans.map(
    (nodePlan) => new KafkaNode(nodePlan, count === 1 ? HEAP_ONE : HEAP_OF_THREE, accessOf(options), program),
  );
  const clusterId = randomBytes(16).toString('base64url');
  await allOf(nodes.map((node) => node.prepare(plans, options, clusterId)));
  return {
    ...clusterOf(nodes, folder),
    begin: () => {
      for (const node of nodes) node.start();
    },
  };
}

function clusterOf(nodes: readonly KafkaNode[], folder: string): KafkaCluster {
  return {
    nodes,
    brokers: nodes.map(({ address }) => address),
    plain: nodes.map(({ plain }) => plain),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      await dropFolder(folder);
    },
  };
}

async function start(
  nodes: readonly KafkaNode[],
  plans: readonly NodePlan[],
  options: KafkaOptions,
): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url');
  await allOf(nodes.map((node) => node.prepare(plans, options, clusterId)));
  const programs = nodes.map((node) => node.start());
  const addresses = nodes.map(({ address }) => address);
  await untilReady('Kafka', programs, () => takesGroupsAndTransactions(addresses, accessOf(options)));
}

function given(): Promise<KafkaCluster> | undefined {
  const text = process.env['ARRIVALS_TEST_KAFKA'] ?? '';
  if (text === '') return undefined;
  const brokers = text.split(',').map((broker) => broker.trim());
  const ready = untilReady(
    `the Kafka of ARRIVALS_TEST_KAFKA (${text})`,
    [],
    () => takesGroupsAndTransactions(brokers.slice(0, 1), {}),
    GIVEN_READY_MS,
  );
  return ready.then(() => ({ brokers, plain: brokers, nodes: [], stop: () => Promise.resolve() }));
}

function plan(
  folder: string,
  index: number,
  [client = 0, internal = 0, controller = 0]: readonly number[],
): NodePlan {
  const id = index + 1;
  return { id, folder: path.join(folder, String(id)), client, internal, controller };
}
