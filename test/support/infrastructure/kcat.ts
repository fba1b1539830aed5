/**
 * kcat: what a topic holds, told by a client that is not ours (librdkafka). Which records were aborted, it
 * decides. Invariant: keys and values come out byte for byte. It judges nothing: a test does.
 */
import { randomUUID } from 'node:crypto';
import { onPath, provided } from './provision.ts';
import { run } from './run.ts';

export interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

export interface TopicToRead {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly isolation: 'read_committed' | 'read_uncommitted';
}

const COMMAND = 'kcat';
const TIMEOUT_MS = 120_000;
/**
 * Partition, offset, time, and the lengths of key and value, −1 for null; then both; then headers, as text
 * without a length.
 */
const FACTS = '%p %o %T %K %S';
const HEADER = /(?:^|,)([^=,]+)=/g;

let available: Promise<boolean> | undefined;

/** Runs it; the promise is rejected with what it said when it fails. */
export async function kcat(
  args: readonly string[],
  input?: string | Buffer,
): Promise<{ readonly stdout: Buffer }> {
  if (!(await (available ??= provided(() => onPath(COMMAND), [COMMAND]))))
    throw new Error('The tests read topics with kcat: install it (package kcat).');
  const { code, stdout, stderr } = await run(COMMAND, args, {
    timeoutMs: TIMEOUT_MS,
    ...(input !== undefined && { input }),
  });
  if (code !== 0) throw new Error(`kcat ended with ${String(code)}: ${stderr.trim()}`);
  return { stdout };
}

/**
 * All records of a topic, from the beginning to the end it had, in order within a partition. Of a cluster
 * with SASL or TLS the brokers to give are its plain ones: librdkafka before 2.6.1 cannot sign in to Kafka 4
 * with SCRAM (edenhill/kcat#462). A header's value must not contain `,name=`: kcat prints headers bare, as
 * `name=value,name=value`.
 */
export async function readTopic({ brokers, topic, isolation }: TopicToRead): Promise<readonly KcatRecord[]> {
  // What ends the headers of a record is in none.
  const end = randomUUID();
  const { stdout } = await kcat([
    '-C',
    '-q',
    '-e',
    '-o',
    'beginning',
    '-b',
    brokers.join(','),
    '-t',
    topic,
    '-X',
    `isolation.level=${isolation}`,
    '-f',
    `${FACTS}\\n%k%s%h${end}`,
  ]);
  return recordsIn(stdout, end);
}

function recordsIn(bytes: Buffer, end: string): readonly KcatRecord[] {
  const records: KcatRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const line = bytes.indexOf('\n', at);
    const [partition = 0, offset = 0, timestampMs = 0, keyBytes = 0, valueBytes = 0] = bytes
      .toString('latin1', at, line)
      .split(' ')
      .map(Number);
    const keyAt = line + 1;
    const valueAt = keyAt + Math.max(keyBytes, 0);
    const headersAt = valueAt + Math.max(valueBytes, 0);
    const endAt = bytes.indexOf(end, headersAt);
    if (line < 0 || endAt < 0) throw new Error(`kcat’s output breaks off at byte ${String(at)}`);
    if (valueBytes < 0)
      throw new Error(
        `the record at offset ${String(offset)} of partition ${String(partition)} has no value`,
      );
    const key = keyBytes < 0 ? null : bytes.subarray(keyAt, valueAt);
    const headers = headersIn(bytes.toString('utf8', headersAt, endAt));
    records.push({ partition, offset, key, value: bytes.subarray(valueAt, headersAt), headers, timestampMs });
    at = endAt + end.length;
  }
  return records;
}

function headersIn(text: string): Record<string, string> {
  const starts = [...text.matchAll(HEADER)];
  return Object.fromEntries(
    starts.map((start, i) => [
      start[1] ?? '',
      text.slice(start.index + start[0].length, starts[i + 1]?.index ?? text.length),
    ]),
  );
}
