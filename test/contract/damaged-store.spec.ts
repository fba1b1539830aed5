/**
 * The embedded store and the spool on a disk that does not keep what was written: refused with a reason, or
 * only the damaged part is reported. Never the end of the process by a signal, never an empty store that was
 * full.
 */
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { openSpool } from '@arrivals/adapters/spool';
import { ArrivalsError, type StoredRecord } from '@arrivals/core';
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTEXT } from '../support/context.ts';
import { withLmdb } from '../support/lmdb.ts';
import { recording } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const TOPIC = 'in';
const PAGE_BYTES = 4096;
const NODE_HEAD_BYTES = 24;
/** Further than any file system goes. */
const NOWHERE_PAGE = 0x0000_0002_0000_0000n;
const LARGE_BYTES = 9000;
const RECORDS = 60;
const never = new AbortController().signal;

/** In a head of LMDB's data file (lmdb 3.5, 64 bits). */
const AT = {
  mapBytes: 40,
  flags: 52,
  freeRoot: 88,
  mainRoot: 136,
  transaction: 152,
  boot: 160,
  end: 168,
} as const;

/** The page with the lists of free pages, and what the file is when they are garbled. */
function withFreePagesNowhere(whole: Buffer): { readonly bytes: Buffer; readonly at: number } {
  const bytes = Buffer.from(whole);
  const newest =
    bytes.readBigUInt64LE(AT.transaction) > bytes.readBigUInt64LE(PAGE_BYTES + AT.transaction)
      ? 0
      : PAGE_BYTES;
  const at = Number(bytes.readBigUInt64LE(newest + AT.freeRoot)) * PAGE_BYTES;
  const nodes = bytes.readUInt16LE(at + 20) / 2;
  for (let i = 0; i < nodes; i++) {
    const node = at + NODE_HEAD_BYTES + bytes.readUInt16LE(at + NODE_HEAD_BYTES + 2 * i);
    const list = node + 8 + bytes.readUInt16LE(node + 6);
    // Behind the number of pages.
    for (let place = 8; place < bytes.readUInt32LE(node); place += 8)
      bytes.writeBigUInt64LE(NOWHERE_PAGE + BigInt(list + place), list + place);
  }
  return { bytes, at };
}

const valueOf = (i: number): Buffer => Buffer.alloc(i % 3 === 0 ? LARGE_BYTES : 150, i + 1);

const isDamage = (error: unknown): boolean =>
  error instanceof ArrivalsError && error.code === 'store_damaged';

describe('a store on a disk that does not keep it', () => {
  let folder: string;
  let file: string;
  let whole: Buffer;
  let telemetry = recording();
  const opened: Embedded[] = [];

  const open = (): Embedded => {
    const topics = { [TOPIC]: { retentionMs: 1e9, retentionBytes: 1e9, keepUnread: true } };
    const embedded = openEmbedded({ folder, topics, claimTtlMs: 1e9, ...CONTEXT, telemetry, now: Date.now });
    opened.push(embedded);
    return embedded;
  };
  const closeAll = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((embedded) => embedded.close()));
  };
  const readAll = ({ bus }: Embedded): Promise<readonly StoredRecord[]> =>
    bus.read({ topic: TOPIC, partition: 0, offset: 0, recordsMax: 1000, waitMs: 0, signal: never });
  const zeroed = (page: number, from = 0): Buffer => {
    const bytes = Buffer.from(whole);
    return bytes.fill(0, page * PAGE_BYTES + from, (page + 1) * PAGE_BYTES);
  };
  const words = (bytes: Buffer): string => {
    writeFileSync(file, bytes);
    try {
      open();
    } catch (error) {
      assert.ok(error instanceof ArrivalsError);
      assert.equal(error.code, 'store_damaged', error.message);
      assert.ok(error.message.includes(`mv ${folder} ${folder}.damaged`), error.message);
      return error.message;
    }
    throw new Error('it was opened');
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    telemetry = recording();
    file = path.join(folder, 'store', 'data.mdb');
    const embedded = open();
    for (let i = 0; i < RECORDS; i++)
      await embedded.bus.publish([{ topic: TOPIC, key: null, value: valueOf(i), headers: {} }], never);
    await closeAll();
    whole = readFileSync(file);
  });
  afterEach(async () => {
    await closeAll();
    await removeFolder(folder);
  });

  it('is refused when its file is empty, cut off anywhere or begins otherwise', () => {
    assert.match(words(Buffer.alloc(0)), /empty/);
    for (const length of [
      1,
      100,
      PAGE_BYTES,
      PAGE_BYTES + 1,
      2 * PAGE_BYTES,
      Math.floor(whole.length / 2),
      whole.length - PAGE_BYTES * 4,
    ]) {
      assert.match(words(whole.subarray(0, length)), /cut off|has \d+ pages|past the end/);
    }
    assert.match(words(zeroed(0)), /begin/);
    assert.match(words(Buffer.from('SQLite format 3\0'.repeat(2000))), /begin/);
    assert.match(words(Buffer.alloc(whole.length, 0xff)), /begin/);
  });

  it('is refused or read in what is whole, whichever page is zeroed, torn in its middle or another', async function () {
    this.timeout(60_000);
    let refused = 0;
    for (let page = 2; page < whole.length / PAGE_BYTES; page++) {
      const elsewhere = Buffer.from(whole);
      whole.copy(
        elsewhere,
        page * PAGE_BYTES,
        (page === 2 ? 3 : 2) * PAGE_BYTES,
        (page === 2 ? 4 : 3) * PAGE_BYTES,
      );
      for (const bytes of [zeroed(page), zeroed(page, PAGE_BYTES / 2), elsewhere]) {
        writeFileSync(file, bytes);
        try {
          for (const { offset, value, unreadable } of await readAll(open()))
            if (unreadable === undefined)
              assert.ok(
                value.equals(valueOf(offset)),
                `record ${String(offset)} with page ${String(page)} damaged`,
              );
        } catch (error) {
          assert.ok(isDamage(error), String(error));
          refused++;
        }
        await closeAll();
      }
    }
    assert.ok(refused > 10, String(refused));
  });

  it('is opened as it was flushed last, after the machine went down in the middle of a later transaction', async () => {
    withLmdb(folder, `await root.put('later', Buffer.from('later'));`);
    const [bytes, half] = [readFileSync(file), PAGE_BYTES / 2];
    const boot = bytes.readBigInt64LE(AT.boot);
    const [newest, older] =
      bytes.readBigUInt64LE(AT.transaction) > bytes.readBigUInt64LE(PAGE_BYTES + AT.transaction)
        ? [0, PAGE_BYTES]
        : [PAGE_BYTES, 0];
    const rootPage = Number(bytes.readBigUInt64LE(newest + AT.mainRoot));
    // Another boot than this one; what was flushed is the transaction before the last one, whose root is
    // torn.
    for (const place of [0, half, PAGE_BYTES]) bytes.writeBigInt64LE(12_345n, place + AT.boot);
    bytes.copy(bytes, half + AT.mapBytes, older + AT.mapBytes, older + AT.end);
    bytes.writeUInt16LE(bytes.readUInt16LE(half + AT.flags) & 0xff, half + AT.flags);
    bytes.fill(0, rootPage * PAGE_BYTES, (rootPage + 1) * PAGE_BYTES);
    writeFileSync(file, bytes);
    assert.equal((await readAll(open())).length, RECORDS);
    await closeAll();
    // Of this boot it is the newest that counts.
    for (const place of [0, half, PAGE_BYTES]) bytes.writeBigInt64LE(boot, place + AT.boot);
    words(bytes);
  });

  it('reports a record that is damaged while it runs, delivers the others, and is unhealthy', async () => {
    const embedded = open();
    const victim = 3;
    const at = readFileSync(file).indexOf(valueOf(victim).subarray(0, 5000));
    assert.ok(at > 0);
    await overwrite(at + 2000, Buffer.alloc(1000));
    const records = await readAll(embedded);
    assert.equal(records.length, RECORDS);
    assert.deepEqual(
      records.filter(({ unreadable }) => unreadable !== undefined).map(({ offset }) => offset),
      [victim],
    );
    await assert.rejects(embedded.bus.check(never), isDamage);
    await assert.rejects(embedded.state.check(never), isDamage);
  });

  it('reports a damaged record once, before it is read, and accepts nothing new: the sender keeps it', async () => {
    const at = whole.indexOf(valueOf(3).subarray(0, 5000));
    writeFileSync(file, Buffer.from(whole).fill(0, at + 2000, at + 3000));
    const embedded = open();
    for (let i = 0; i < 3; i++) await readAll(embedded);
    const told = telemetry.events.filter((event) => event.type === 'dependency_warning');
    assert.deepEqual(
      told.map(({ of, what }) => [of, what]),
      [['store', 'damaged']],
    );
    assert.match(told[0]?.detail ?? '', /in, offset 3: the record was damaged on disk/);
    assert.equal(embedded.damage(), told[0]?.detail);
    const record = { topic: TOPIC, key: null, value: valueOf(0), headers: {} };
    await assert.rejects(embedded.bus.publish([record], never), isDamage);
  });

  for (const [what, code] of [
    [
      'the bounds of a topic are gone',
      `await root.openDB('topics', { encoding: 'json' }).remove('${TOPIC}');`,
    ],
    [
      'the bounds of a topic are no JSON',
      `await root.openDB('topics', { encoding: 'binary' }).put('${TOPIC}', Buffer.from('{"first":0,"ne'));`,
    ],
    [
      'a topic ends before its last record',
      `await root.openDB('topics', { encoding: 'json' }).put('${TOPIC}', { first: 0, next: 5, bytes: 1 });`,
    ],
    [
      'a topic begins behind its first record',
      `await root.openDB('topics', { encoding: 'json' }).put('${TOPIC}', { first: 5, next: 60, bytes: 1 });`,
    ],
    [
      'a group has read more than there is',
      `await root.openDB('positions', { encoding: 'json' }).put(['${TOPIC}', 'g'], 61);`,
    ],
  ] as const) {
    it(`is refused when ${what}: going on would lose or write over records`, () => {
      withLmdb(folder, code);
      words(readFileSync(file));
    });
  }

  it('reports that a record is gone whose key was garbled', async () => {
    withLmdb(
      folder,
      `await root.openDB('log', { encoding: 'binary' }).put([7, '${TOPIC}'], Buffer.from('x'));`,
    );
    const embedded = open();
    assert.match(embedded.damage() ?? '', /a record has the key/);
    await assert.rejects(embedded.bus.check(never), isDamage);
  });

  it('is refused when its free pages are after its end, or fails where LMDB is about to write there', async () => {
    const { bytes } = withFreePagesNowhere(whole);
    assert.match(words(bytes), /is free, and the last one is/);
    writeFileSync(file, whole);
    const embedded = open();
    const running = withFreePagesNowhere(readFileSync(file));
    await overwrite(running.at, running.bytes.subarray(running.at, running.at + PAGE_BYTES));
    const record = { topic: TOPIC, key: null, value: valueOf(0), headers: {} };
    await assert.rejects(async () => {
      for (let i = 0; i < 50; i++) await embedded.bus.publish([record], never);
    }, isDamage);
    await assert.rejects(embedded.bus.check(never), isDamage);
  });

  it('is refused when one of its two heads is garbled, which LMDB would take for the newest', () => {
    for (const head of [0, 1])
      assert.match(
        words(Buffer.from(whole).fill(0x5a, head * PAGE_BYTES, (head + 1) * PAGE_BYTES)),
        /head|begin/,
      );
  });

  it('reports when a page of its trees is zeroed while it runs', async () => {
    const embedded = open();
    const { size } = statSync(file);
    await overwrite(2 * PAGE_BYTES, Buffer.alloc(size - 2 * PAGE_BYTES));
    await assert.rejects(readAll(embedded), isDamage);
    await assert.rejects(embedded.bus.check(never), isDamage);
  });

  it('holds for the spool as well', async () => {
    const place = await temporaryFolder();
    const options = { folder: place, bytesMax: 1e8, ageMaxMs: 1e9, now: Date.now };
    const spool = openSpool(options);
    await spool.add({
      records: [{ topic: TOPIC, key: null, value: valueOf(0), headers: {} }],
      cluster: 'c',
      events: 1,
      deadLettered: new Map(),
    } as never);
    await spool.close();
    const spooled = path.join(place, 'spool', 'data.mdb');
    writeFileSync(spooled, readFileSync(spooled).subarray(0, 3 * PAGE_BYTES));
    assert.throws(() => openSpool(options), isDamage);
    await removeFolder(place);
  });

  async function overwrite(at: number, bytes: Buffer): Promise<void> {
    const handle = await openFile(file, 'r+');
    await handle.write(bytes, 0, bytes.length, at);
    await handle.close();
  }
});
