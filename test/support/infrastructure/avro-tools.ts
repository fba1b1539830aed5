/**
 * Avro values read by Apache's own implementation in Java (avro-tools), as an oracle for ours. Invariant: one
 * start of Java reads any number of values, and all of their bytes; a value that is none fails all.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jars, missingFor } from './maven.ts';
import { dropFolder, ownFolder } from './programs.ts';
import { run, wordsOf } from './run.ts';

const VERSION = '1.12.0';
const NAME = `avro-tools-${VERSION}`;
const MARK = Buffer.from([0xc3, 0x01]);
const HEADER_BYTES = 10;
const TIMEOUT_MS = 120_000;

/**
 * The values of single-object encoded records, in Avro's JSON encoding, which is not plain JSON: a union's
 * value that is not null is wrapped in its type's name ({"string": "x"}, {"arrivals.Actor": {…}}, {"long":
 * 1}), bytes are a string of one character a byte (U+0000 to U+00FF), a logical type is the number below it
 * (timestamp-micros: microseconds), fields are all there. The header's fingerprint is not compared: the
 * schema is the one given.
 */
export async function avroToolsValues(
  schemaFile: string,
  records: readonly Buffer[],
): Promise<readonly unknown[]> {
  if (records.length === 0) return [];
  const jar = path.join(await toolsFolder(), `${NAME}.jar`);
  const folder = await ownFolder();
  try {
    const fragments = path.join(folder, 'fragments');
    await writeFile(fragments, Buffer.concat(records.map(withoutHeader)));
    return await decoded(jar, schemaFile, fragments, records.length);
  } finally {
    await dropFolder(folder);
  }
}

async function decoded(
  jar: string,
  schemaFile: string,
  fragments: string,
  count: number,
): Promise<readonly unknown[]> {
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', jar];
  const ran = await run(
    'java',
    [...java, 'fragtojson', '--no-pretty', '--schema-file', schemaFile, fragments],
    { timeoutMs: TIMEOUT_MS },
  );
  if (ran.code !== 0) throw new Error(`avro-tools cannot read them: ${wordsOf(ran)}`);
  const lines = ran.stdout.toString().trimEnd().split('\n');
  if (lines.length !== count)
    throw new Error(`avro-tools reads ${String(lines.length)} values in ${String(count)} records`);
  return lines.map((line) => JSON.parse(line) as unknown);
}

function withoutHeader(record: Buffer): Buffer {
  if (!record.subarray(0, MARK.length).equals(MARK))
    throw new Error(`not single-object encoded: ${record.toString('hex', 0, HEADER_BYTES)}`);
  return record.subarray(HEADER_BYTES);
}

async function toolsFolder(): Promise<string> {
  const missing = await missingFor(NAME);
  if (missing.length > 0)
    throw new Error(`The tests read Avro with avro-tools: install ${missing.join(' and ')}.`);
  return jars(NAME, {
    artifacts: [`org.apache.avro:avro-tools:${VERSION}`],
    transitive: false,
    what: `avro-tools ${VERSION} (58 MB)`,
  });
}
