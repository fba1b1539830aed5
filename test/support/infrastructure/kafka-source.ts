/**
 * Where Kafka's programs come from: a container's image where Docker answers, else the jars from Maven
 * Central. It starts nothing; what it finds serves the whole run.
 */
import path from 'node:path';
import { hasImage, inContainer } from './docker.ts';
import { jars, missingFor } from './maven.ts';
import type { Launch } from './programs.ts';
import { say } from './run.ts';

const VERSION = '4.3.1';
const NAME = `kafka-${VERSION}`;
const IMAGE = `apache/kafka:${VERSION}`;
const ARTIFACTS = [`org.apache.kafka:kafka_2.13:${VERSION}`, 'org.slf4j:slf4j-simple:1.7.36'];

/** One of Kafka's Java programs, ready to be started; it reads and writes in the folder. */
export type KafkaProgram = (folder: string, heap: string, args: readonly string[]) => Launch;

let found: Promise<KafkaProgram> | undefined;

export function kafkaProgram(): Promise<KafkaProgram> {
  return (found ??= find());
}

async function find(): Promise<KafkaProgram> {
  if (await hasImage(IMAGE)) {
    say(`Kafka ${VERSION}: containers of ${IMAGE}`);
    return (folder, heap, args) => inContainer(IMAGE, folder, 'java', jvm(heap, '/opt/kafka/libs', args));
  }
  const missing = await missingFor(NAME);
  if (missing.length > 0) {
    throw new Error(
      `The tests need a Kafka: install ${missing.join(' and ')}, or start Docker, or set ARRIVALS_TEST_KAFKA=host:port to one that runs.`,
    );
  }
  const libs = await jars(NAME, { artifacts: ARTIFACTS, transitive: true, what: `Kafka ${VERSION} (45 MB)` });
  return (_folder, heap, args) => ({ command: 'java', args: jvm(heap, libs, args) });
}

function jvm(heap: string, libs: string, args: readonly string[]): readonly string[] {
  // Brokers live for seconds: compiling them well takes longer than it saves.
  const quick = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return [
    `-Xmx${heap}`,
    ...quick,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    path.join(libs, '*'),
    ...args,
  ];
}
