/**
 * kafkajs as the other files of this folder use it, with fixes for aborted records, batches that it cannot
 * read and brokers that are silent or gone.
 *
 * Invariant: with this loaded, kafkajs filters right in the whole process. It is pinned to 2.2.4, its last
 * release (2023), so the internals used here do not change. Their types are declared here, as far as they are
 * used.
 */
import type * as KafkaJs from 'kafkajs';
import { createRequire } from 'node:module';
import { type AbortedTransaction, withoutAborted } from './aborted-records.ts';
import { type BatchParts, type InternalRecord, recordsOfBatches, withinAnswer } from './record-batches.ts';

export type * from 'kafkajs';

const require = createRequire(import.meta.url);

const VERSION = '2.2.4';
/** The isolation level of a fetch that leaves out what was aborted. */
export const READ_COMMITTED = 1;

const { version } = require('kafkajs/package.json') as { readonly version: string };
if (version !== VERSION)
  throw new Error(`expected kafkajs ${VERSION}, found ${version}: its internals have to be checked again`);

// Before kafkajs itself is loaded, whose parts take it over.
if (require.cache[require.resolve('kafkajs')] !== undefined)
  throw new Error('kafkajs was loaded before @arrivals/adapters/kafka: its fixes would not apply');
cureDecoding();

const kafkajs = require('kafkajs') as typeof KafkaJs & {
  readonly KafkaJSConnectionClosedError: new (
    message: string,
    at: { readonly host: string; readonly port: number },
  ) => Error;
};

cureFetch(require('kafkajs/src/broker/index.js') as { readonly prototype: InternalBroker });

cureSilence(
  require('kafkajs/src/network/connectionPool.js') as { readonly prototype: InternalConnectionPool },
);

cureCoordinator(
  require('kafkajs/src/errors.js') as {
    readonly KafkaJSGroupCoordinatorNotFound: { readonly prototype: object };
  },
);

cureTimers(
  require('kafkajs/src/network/requestQueue/index.js') as { readonly prototype: InternalRequestQueue },
);

/** Has the record batches of every fetch read by record-batches.ts. */
function cureDecoding(): void {
  const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => InternalDecoder;
  const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
    decoder: InternalDecoder,
  ) => ReturnType<BatchParts['decodeBatch']>;
  const decodeOld = require('kafkajs/src/protocol/messageSet/decoder.js') as (
    decoder: InternalDecoder,
    size: number,
  ) => ReturnType<BatchParts['decodeOld']>;
  const parts: BatchParts = {
    decodeBatch: (bytes) => decodeBatch(new Decoder(bytes)),
    decodeOld: (bytes) => decodeOld(new Decoder(bytes), bytes.length),
    crc32c: require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as BatchParts['crc32c'],
  };
  const name = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js');
  require(name);
  const module = require.cache[name];
  if (module === undefined) throw new Error(`kafkajs ${VERSION} reads records elsewhere than it did`);
  module.exports = async (decoder: InternalDecoder) => {
    const size = decoder.readInt32();
    return size <= 0 || !decoder.canReadBytes(size) ? [] : recordsOfBatches(decoder.readBytes(size), parts);
  };
}

interface InternalDecoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

/**
 * Has every fetch at read_committed come with the aborted records marked as if they were control records,
 * which are not delivered.
 */
function cureFetch({ prototype }: { readonly prototype: { fetch: InternalBroker['fetch'] } }): void {
  const fetch: InternalBroker['fetch'] = prototype.fetch;
  prototype.fetch = async function (this: InternalBroker, request) {
    const answer = settle(await fetch.call(this, request), request);
    if (request.isolationLevel !== READ_COMMITTED) return answer;
    const responses = answer.responses.map(({ partitions, ...topic }) => ({
      ...topic,
      partitions: partitions.map(hideAborted),
    }));
    return { ...answer, responses };
  };
}

/** The replacement of a batch that cannot be read has the offset that was requested. */
function settle(answer: InternalFetchAnswer, { topics }: InternalFetchRequest): InternalFetchAnswer {
  if (
    !answer.responses.some(({ partitions }) =>
      partitions.some(({ messages }) => messages.some(({ unreadable }) => unreadable !== undefined)),
    )
  )
    return answer;
  const responses = answer.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map((answered) => {
      const asked = topics
        .find(({ topic }) => topic === topicName)
        ?.partitions.find(({ partition }) => partition === answered.partition);
      const from = Number(asked?.fetchOffset ?? 0);
      return {
        ...answered,
        messages: answered.messages.map((message) =>
          withinAnswer(message, from, Number(answered.highWatermark)),
        ),
      };
    }),
  }));
  return { ...answer, responses };
}

/**
 * Closes the connections to a broker that let a request time out, as the Java client does. kafkajs would
 * retry the same silent broker for ever, for data and for metadata; after a closed connection it looks up the
 * leaders.
 */
function cureSilence({ prototype }: { readonly prototype: InternalConnectionPool }): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the pool
  const send = prototype.send;
  prototype.send = async function (this: InternalConnectionPool, request) {
    try {
      return await send.call(this, request);
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSRequestTimeoutError)) throw error;
      // The first request of a connection: only as an error of that does it have another broker tried.
      const isFirst = request.request.apiKey === API_VERSIONS;
      const closed = isFirst
        ? new kafkajs.KafkaJSConnectionError(error.message, { broker: `${this.host}:${String(this.port)}` })
        : new kafkajs.KafkaJSConnectionClosedError(error.message, { host: this.host, port: this.port });
      for (const connection of this.pool) {
        connection.rejectRequests(closed);
        void connection.disconnect();
        connection.socket?.destroy();
      }
      throw closed;
    }
  };
}

const API_VERSIONS = 18;

interface InternalConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: readonly {
    readonly socket: { destroy(): void } | null;
    rejectRequests(error: Error): void;
    disconnect(): Promise<unknown>;
  }[];
  send(request: { readonly request: { readonly apiKey: number } }): Promise<unknown>;
}

/** No reachable broker names the coordinator: that passes, but kafkajs would stop the consumer for good. */
function cureCoordinator({
  KafkaJSGroupCoordinatorNotFound: { prototype },
}: {
  readonly KafkaJSGroupCoordinatorNotFound: { readonly prototype: object };
}): void {
  Object.defineProperty(prototype, 'retriable', { get: () => true, set: () => undefined });
}

/** Every connection would otherwise check an empty queue each millisecond, and Node 24 warns of it. */
function cureTimers({ prototype }: { readonly prototype: InternalRequestQueue }): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the queue
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: InternalRequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

interface InternalRequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** Left in their place, so that a reader steps over them also where a fetch brings nothing else. */
function hideAborted(partition: InternalFetchPartition): InternalFetchPartition {
  const kept = new Set(withoutAborted(partition));
  const messages = partition.messages.map((message) =>
    kept.has(message) ? message : { ...message, isControlRecord: true },
  );
  return { ...partition, messages, abortedTransactions: [] };
}

export type Kafka = KafkaJs.Kafka;
export const Kafka: typeof KafkaJs.Kafka = kafkajs.Kafka;
export const Partitioners: typeof KafkaJs.Partitioners = kafkajs.Partitioners;
export const logLevel: typeof KafkaJs.logLevel = kafkajs.logLevel;
export const ConfigResourceTypes: typeof KafkaJs.ConfigResourceTypes = kafkajs.ConfigResourceTypes;

export interface InternalFetchPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly messages: readonly InternalRecord[];
}

interface InternalFetchRequest {
  readonly replicaId: -1;
  readonly isolationLevel: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

interface InternalFetchAnswer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly InternalFetchPartition[];
  }[];
}

export interface InternalBroker {
  fetch(request: InternalFetchRequest): Promise<InternalFetchAnswer>;
}

export interface InternalCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>;
  findBroker(node: { readonly nodeId: string }): Promise<InternalBroker>;
}

/** kafkajs has no public way to read without a group; its own consumer is built on this. */
export function internalCluster(kafka: KafkaJs.Kafka): InternalCluster {
  const key = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  if (key === undefined) throw new Error(`kafkajs ${VERSION} has no way to make a cluster`);
  const make = (
    kafka as unknown as Record<
      symbol,
      (options: { readonly allowAutoTopicCreation: boolean }) => InternalCluster
    >
  )[key];
  if (make === undefined) throw new Error(`kafkajs ${VERSION} has no way to make a cluster`);
  return make({ allowAutoTopicCreation: false });
}
