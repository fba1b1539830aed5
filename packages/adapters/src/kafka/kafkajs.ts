/**
 * kafkajs as the other files of this folder use it: loaded with its filter of aborted records replaced by ours.
 *
 * Invariant: what is exported here filters right, whoever loads kafkajs elsewhere. kafkajs is pinned to 2.2.4, its last release (2023), so what
 * is used of its inside stays as it is. Types of that inside are declared here, as far as they are used.
 */
import type * as KafkaJs from 'kafkajs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type FetchedRecord, withoutAborted, type AbortedTransaction } from './aborted-records.ts';

export type * from 'kafkajs';

const require = createRequire(import.meta.url);

const VERSION = '2.2.4';

function load(): typeof KafkaJs {
  const manifest = require.resolve('kafkajs/package.json');
  const { version } = require(manifest) as { readonly version: string };
  if (version !== VERSION) throw new Error(`expected kafkajs ${VERSION}, found ${version}: its inside has to be looked at anew`);
  // A copy that somebody loaded before has its own filter built in: ours is loaded afresh.
  const folder = path.dirname(manifest) + path.sep;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the module cache is a map
  for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
  const filter = require.resolve('kafkajs/src/consumer/filterAbortedMessages.js');
  require(filter);
  const module = require.cache[filter];
  if (module === undefined) throw new Error('kafkajs cannot be loaded through the module cache');
  module.exports = withoutAborted;
  return require('kafkajs') as typeof KafkaJs;
}

const kafkajs: typeof KafkaJs = load();

export type Kafka = KafkaJs.Kafka;
export const Kafka: typeof KafkaJs.Kafka = kafkajs.Kafka;
export const Partitioners: typeof KafkaJs.Partitioners = kafkajs.Partitioners;
export const logLevel: typeof KafkaJs.logLevel = kafkajs.logLevel;
export const ConfigResourceTypes: typeof KafkaJs.ConfigResourceTypes = kafkajs.ConfigResourceTypes;

/** A record of a fetch, decoded. */
export interface InternalRecord extends FetchedRecord {
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
}

export interface InternalFetchPartition {
  readonly partition: number;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly messages: readonly InternalRecord[];
}

export interface InternalBroker {
  fetch(request: {
    readonly replicaId: -1;
    /** 1: read_committed */
    readonly isolationLevel: 1;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[];
    }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly InternalFetchPartition[] }[] }>;
}

export interface InternalCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(node: { readonly nodeId: string }): Promise<InternalBroker>;
}

/** kafkajs reads without a group nowhere in its public face; its own consumer is made of this. */
export function internalCluster(kafka: KafkaJs.Kafka): InternalCluster {
  const key = Object.getOwnPropertySymbols(kafka).find((symbol) => symbol.description === 'private:Kafka:createCluster');
  if (key === undefined) throw new Error(`kafkajs ${VERSION} has no way to make a cluster`);
  const make = (kafka as unknown as Record<symbol, (options: { readonly allowAutoTopicCreation: boolean }) => InternalCluster>)[key];
  if (make === undefined) throw new Error(`kafkajs ${VERSION} has no way to make a cluster`);
  return make({ allowAutoTopicCreation: false });
}
