/**
 * Checks LMDB's data file before LMDB maps it: a damaged page would end the process by a signal, or look like
 * an empty store.
 *
 * Invariant: reads only, and maps nothing. What is reported as damaged is: the file is too short, is no LMDB
 * file, or a page that the newest transaction refers to is missing, zeroed, torn or another one. Bodies of
 * large values have no checksum and are not checked. The check takes a bounded time; of a larger file it has
 * checked the top. The layout is lmdb 3.5's (data version 2).
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const HEAD = { pgno: 0, flags: 18, lower: 20, upper: 22, pages: 20, bytes: 24 } as const;
/** In a meta page, after its head. */
const META = {
  magic: 0,
  version: 4,
  pageBytes: 24,
  freeRoot: 64,
  mainRoot: 112,
  lastPage: 120,
  transaction: 128,
  boot: 136,
  bytes: 144,
} as const;
const PAGE = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const;
const NODE = { bytes: 8, big: 0x01, table: 0x02 } as const;
/** The place of the root in what describes a table, and its size. */
const TABLE = { root: 40, bytes: 48 } as const;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;

/** What is wrong, as text; undefined when nothing was found, or the file is not there. */
export function damageOf(file: string, boundMs: number): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const before = fstatSync(fd);
    const damage = new StoreFile(fd, before.size, performance.now() + boundMs).damage();
    // Another process writes to it: that one has opened it sound, and owns it.
    return fstatSync(fd).mtimeMs === before.mtimeMs ? damage : undefined;
  } finally {
    closeSync(fd);
  }
}

/** For values that are in the page of their key. */
type OnValue = (value: Buffer) => void;

interface Meta {
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
  readonly lastPage: bigint;
  readonly transaction: bigint;
  readonly boot: bigint;
}

class Damage extends Error {}
class TimeUp extends Error {}

class StoreFile {
  readonly #fd: number;
  readonly #size: number;
  readonly #endMs: number;
  #pageBytes = 0;
  #seen = new Uint8Array(0);

  constructor(fd: number, size: number, endMs: number) {
    this.#fd = fd;
    this.#size = size;
    this.#endMs = endMs;
  }

  damage(): string | undefined {
    try {
      this.#look();
      return undefined;
    } catch (error) {
      if (error instanceof Damage) return error.message;
      if (error instanceof TimeUp) return undefined;
      throw error;
    }
  }

  #look(): void {
    if (this.#size === 0) throw new Damage('the file is empty');
    const head = this.#read(0, HEAD.bytes + META.bytes);
    this.#pageBytes = pageBytesOf(head);
    if (this.#size < 2 * this.#pageBytes)
      throw new Damage(`the file is cut off at ${String(this.#size)} bytes`);
    const heads = [0, this.#pageBytes].map((position) => this.#read(position, HEAD.bytes + META.bytes));
    // LMDB takes the one with the higher transaction, and does not look at the magic number again.
    if (heads.some((one) => metaOf(one) === undefined && metaIn(one).transaction !== 0n))
      throw new Damage('one of its two heads is invalid');
    const metas = heads.map(metaOf).filter((meta) => meta !== undefined);
    const newest = metas.reduce<Meta | undefined>(
      (best, meta) => (best === undefined || meta.transaction > best.transaction ? meta : best),
      undefined,
    );
    if (newest === undefined) throw new Damage('neither of its two heads can be read');
    this.#walk(newest.boot === bootId() ? newest : this.#flushed(newest));
  }

  /**
   * After the machine went down LMDB goes back to what was flushed last: a third head, without the magic
   * number, in the second half of the first page. What came after it was not acknowledged, and may be torn.
   */
  #flushed(newest: Meta): Meta {
    const flushed = metaIn(this.#read(this.#pageBytes / 2, HEAD.bytes + META.bytes));
    return flushed.transaction > 0n && flushed.transaction <= newest.transaction ? flushed : newest;
  }

  /** Every page that the transaction's tables refer to, but bodies of large values. */
  #walk({ freeRoot, mainRoot, lastPage }: Meta): void {
    this.#seen = new Uint8Array(Math.ceil(this.#size / this.#pageBytes));
    const lists: Buffer[] = [];
    this.#tree(freeRoot, (list) => lists.push(list));
    this.#tree(mainRoot);
    for (const list of lists) this.#free(list, lastPage);
  }

  /**
   * A free page is one that LMDB writes to: in use it would be lost, twice free LMDB ends the process, after
   * the last it does not exist.
   */
  #free(list: Buffer, lastPage: bigint): void {
    let pages = 1n;
    // After the number of entries: one below 0 is the number of pages from the next one on, and 0 is none.
    for (let at = 8; at + 8 <= list.length; at += 8) {
      const entry = list.readBigInt64LE(at);
      if (-entry > lastPage || entry + pages - 1n > lastPage)
        throw damaged(entry, `it is free, and the last one is ${String(lastPage)}`);
      for (let page = entry; page > 0n && page < entry + pages; page++) {
        if (this.#seen[Number(page)] === 1) throw damaged(page, 'it is free, and in use or free twice');
        this.#seen[Number(page)] = 1;
      }
      pages = entry < 0n ? -entry : 1n;
    }
  }

  #tree(top: bigint, onValue?: OnValue): void {
    const left = [top];
    for (let root = left.pop(); root !== undefined; root = left.pop()) {
      if (root === NO_PAGE) continue;
      if (performance.now() > this.#endMs) throw new TimeUp();
      left.push(...this.#page(root, onValue));
    }
  }

  /** The pages that a page refers to. */
  #page(number: bigint, onValue?: OnValue): readonly bigint[] {
    const page = this.#take(number);
    const flags = page.readUInt16LE(HEAD.flags);
    if ((flags & (PAGE.branch | PAGE.leaf)) === 0)
      throw damaged(number, `it is no page of a tree (${String(flags)})`);
    const [lower, upper] = [page.readUInt16LE(HEAD.lower), page.readUInt16LE(HEAD.upper)];
    if (lower > upper || upper > this.#pageBytes - HEAD.bytes) throw damaged(number, 'its bounds are none');
    const pages: bigint[] = [];
    for (let i = 0; i < lower / 2; i++) {
      const at = HEAD.bytes + page.readUInt16LE(HEAD.bytes + 2 * i);
      if (at + NODE.bytes > this.#pageBytes) throw damaged(number, 'an entry is outside of it');
      if ((flags & PAGE.branch) !== 0)
        pages.push(BigInt(page.readUInt32LE(at)) + (BigInt(page.readUInt16LE(at + 4)) << 32n));
      else pages.push(...this.#leafEntry(number, page, at, onValue));
    }
    return pages;
  }

  #leafEntry(number: bigint, page: Buffer, at: number, onValue?: OnValue): readonly bigint[] {
    const [flags, keyBytes] = [page.readUInt16LE(at + 4), page.readUInt16LE(at + 6)];
    const data = at + NODE.bytes + keyBytes;
    const dataBytes = (flags & NODE.big) !== 0 ? 8 : page.readUInt32LE(at);
    if (keyBytes === 0 || data + dataBytes > this.#pageBytes)
      throw damaged(number, 'an entry is cut off or zeroed');
    if ((flags & NODE.big) !== 0) this.#large(page.readBigUInt64LE(data));
    else onValue?.(page.subarray(data, data + dataBytes));
    return (flags & NODE.table) !== 0 && dataBytes === TABLE.bytes
      ? [page.readBigUInt64LE(data + TABLE.root)]
      : [];
  }

  /** A value that has pages of its own. */
  #large(number: bigint): void {
    const page = this.#take(number, HEAD.bytes);
    if ((page.readUInt16LE(HEAD.flags) & PAGE.overflow) === 0)
      throw damaged(number, 'it holds no large value, and should');
    if (Number(number) + page.readUInt32LE(HEAD.pages) > this.#seen.length)
      throw damaged(number, 'the value extends past the end of the file');
  }

  #take(number: bigint, bytes = this.#pageBytes): Buffer {
    const position = number < BigInt(this.#seen.length) ? Number(number) : -1;
    if (position < 2) throw damaged(number, `the file has ${String(this.#seen.length)} pages`);
    if (this.#seen[position] === 1) throw damaged(number, 'it is referred to twice');
    this.#seen[position] = 1;
    const page = this.#read(position * this.#pageBytes, bytes);
    if (page.readBigUInt64LE(HEAD.pgno) !== number)
      throw damaged(number, `its own number is ${String(page.readBigUInt64LE(HEAD.pgno))}`);
    return page;
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const read = readSync(this.#fd, bytes, 0, length, at);
    if (read < length) throw new Damage(`the file is cut off at ${String(at + read)} bytes`);
    return bytes;
  }
}

/** @throws Damage when it is no head */
function pageBytesOf(head: Buffer): number {
  const magic = head.readUInt32LE(HEAD.bytes + META.magic);
  if ((head.readUInt16LE(HEAD.flags) & PAGE.meta) === 0 || magic !== MAGIC)
    throw new Damage(
      `it does not begin as a store does: expected ${MAGIC.toString(16)}, found ${magic.toString(16)}`,
    );
  const version = head.readUInt32LE(HEAD.bytes + META.version) & 0xffff;
  if (version !== DATA_VERSION)
    throw new Damage(`expected data version ${String(DATA_VERSION)}, found ${String(version)}`);
  const pageBytes = head.readUInt32LE(HEAD.bytes + META.pageBytes);
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX || (pageBytes & (pageBytes - 1)) !== 0)
    throw new Damage(`its pages would have ${String(pageBytes)} bytes`);
  return pageBytes;
}

function metaOf(bytes: Buffer): Meta | undefined {
  return bytes.readUInt32LE(HEAD.bytes + META.magic) === MAGIC ? metaIn(bytes) : undefined;
}

function metaIn(bytes: Buffer): Meta {
  const meta = bytes.subarray(HEAD.bytes);
  return {
    freeRoot: meta.readBigUInt64LE(META.freeRoot),
    mainRoot: meta.readBigUInt64LE(META.mainRoot),
    lastPage: meta.readBigUInt64LE(META.lastPage),
    transaction: meta.readBigUInt64LE(META.transaction),
    boot: meta.readBigInt64LE(META.boot),
  };
}

/**
 * As lmdb notes it: the first group of digits of Linux's boot id. Elsewhere nothing that a file would have.
 */
function bootId(): bigint {
  try {
    return BigInt(`0x${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('-')[0] ?? '0'}`);
  } catch {
    return -1n;
  }
}

function damaged(page: bigint, why: string): Damage {
  return new Damage(`page ${String(page)}: ${why}`);
}
