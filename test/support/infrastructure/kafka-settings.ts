/**
 * A broker's server.properties: small and quick to start, otherwise as careful as in production. Every node
 * is broker and controller, on loopback; clients have a listener of their own, which alone has SASL and TLS.
 */
import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface KafkaOptions {
  readonly nodes?: 1 | 3;
  /** Clients sign in with SCRAM-SHA-512. */
  readonly sasl?: { readonly username: string; readonly password: string };
  /** PEM files; the brokers are at 127.0.0.1. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** Of server.properties, stronger than what is set here. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Of how many partitions the groups' topic and the transactions' are: ready means that each of them answers.
 */
export const COORDINATORS = 3;

export interface NodePlan {
  readonly id: number;
  readonly folder: string;
  readonly client: number;
  readonly internal: number;
  readonly controller: number;
}

export function serverProperties(node: NodePlan, nodes: readonly NodePlan[], options: KafkaOptions): string {
  const copies = nodes.length;
  const inSync = copies === 1 ? 1 : 2;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes
      .map(({ id, controller }) => `${String(id)}@127.0.0.1:${String(controller)}`)
      .join(','),
    ...listeners(node, options),
    'log.dirs': dataFolder(node),
    'auto.create.topics.enable': false,
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': COORDINATORS,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': COORDINATORS,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    // What was left open by a process that was killed ends soon after its time, and a group does not wait for
    // more members.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // A broker that is gone is noticed in seconds.
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    ...security(node, options),
    ...options.properties,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('');
}

/** Where a node's records are. */
export const dataFolder = ({ folder }: NodePlan): string => path.join(folder, 'data');

const keyStore = ({ folder }: NodePlan): string => path.join(folder, 'key-store.pem');
const trustStore = ({ folder }: NodePlan): string => path.join(folder, 'trust-store.pem');

/**
 * Writes what serverProperties() refers to; a key store in PEM is the key in PKCS #8, then the certificates.
 */
export async function writeStores(node: NodePlan, { tls }: KafkaOptions): Promise<void> {
  if (tls === undefined) return;
  const key = createPrivateKey(await readFile(tls.keyFile)).export({ type: 'pkcs8', format: 'pem' });
  await writeFile(keyStore(node), `${key.toString()}${await readFile(tls.certFile, 'utf8')}`);
  await writeFile(trustStore(node), await readFile(tls.caFile));
}

function listeners(node: NodePlan, { sasl, tls }: KafkaOptions): Record<string, string> {
  const client = `CLIENT://127.0.0.1:${String(node.client)}`;
  const internal = `INTERNAL://127.0.0.1:${String(node.internal)}`;
  const protocol = `${sasl === undefined ? '' : 'SASL_'}${tls === undefined ? 'PLAINTEXT' : 'SSL'}`;
  return {
    listeners: `${client},${internal},CONTROLLER://127.0.0.1:${String(node.controller)}`,
    'advertised.listeners': `${client},${internal}`,
    'listener.security.protocol.map': `CLIENT:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
  };
}

function security(node: NodePlan, { sasl, tls }: KafkaOptions): Record<string, string> {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    ...(sasl && {
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.client.scram-sha-512.sasl.jaas.config': module,
    }),
    ...(tls && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore(node),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': trustStore(node),
    }),
  };
}
