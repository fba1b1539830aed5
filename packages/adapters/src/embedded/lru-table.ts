/**
 * The rows of the context in LMDB, in tables: subjects with facts, by quota; watched subjects; alerts with
 * revisions. A row is a number of named texts, and when it was used last.
 *
 * Invariant: a row is there for at least its table's time after its last use, and is not seen afterwards,
 * whether or not it was swept. A use is noted once a grain, so that frequent reads write nothing. Texts are
 * not interpreted.
 */
import { type ContextOptions, EVICTED_FACT, evictedAbout, quotaMax, quotaOf } from '@arrivals/core';
import { grainMs, noted } from '../facts/options.ts';
import { readFact } from '../facts/fact-codec.ts';
import type { Store, TableName } from './store.ts';

export interface LruRow {
  readonly table: TableName;
  readonly cluster: string;
  readonly name: string;
}

export function factsRow(cluster: string, about: string): LruRow {
  return { table: `facts/${quotaOf(about)}`, cluster, name: about };
}

/** Evicted in one transaction, so that others get their turn. */
const SWEEP_ROWS_MAX = 200;
/** Later than any time. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

export class LruTable {
  readonly #store: Store;
  readonly #options: ContextOptions;

  constructor(store: Store, options: ContextOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Its texts by name, those alone whose name begins with `prefix`. */
  texts(row: LruRow, nowMs: number, prefix = ''): ReadonlyMap<string, string> {
    return this.#isThere(row, nowMs) ? this.#all(row, prefix) : new Map<string, string>();
  }

  /**
   * Inside a transaction, before its texts are changed: what is left of one that has ended is none of the new
   * one's.
   */
  use(row: LruRow, nowMs: number): void {
    const { table, cluster, name } = row;
    if (!this.#isThere(row, nowMs)) this.#removeRow(row);
    const usedAtMs = this.#store.rowUses.get([table, cluster, name]);
    const atMs = noted(nowMs, this.#ttlMs(table));
    if (usedAtMs === atMs) return;
    if (usedAtMs !== undefined) this.#store.rowsByUse.removeSync([table, cluster, usedAtMs, name]);
    this.#store.rowUses.putSync([table, cluster, name], atMs);
    this.#store.rowsByUse.putSync([table, cluster, atMs, name], true);
  }

  put({ table, cluster, name }: LruRow, text: string, value: string): void {
    this.#store.rows.putSync([table, cluster, name, text], value);
  }

  remove({ table, cluster, name }: LruRow, text: string): void {
    this.#store.rows.removeSync([table, cluster, name, text]);
  }

  /**
   * Evicts what has ended, then the least recently used of too many, and reports for each cluster the number
   * of these.
   */
  async sweep(nowMs: number, onEvicted: (cluster: string, rows: number) => void): Promise<void> {
    for (const table of this.#tables()) {
      for (const cluster of this.#clusters(table)) {
        await this.#evictAll(() => this.#ended(table, cluster, nowMs));
        const excess = await this.#evictAll(() => this.#evicting(this.#excess(table, cluster), nowMs));
        if (excess > 0) onEvicted(cluster, excess);
      }
    }
  }

  #ttlMs(table: TableName): number {
    return table === 'awaiting' ? this.#options.awaitMs : this.#options.contextTtlMs;
  }

  #isThere({ table, cluster, name }: LruRow, nowMs: number): boolean {
    const usedAtMs = this.#store.rowUses.get([table, cluster, name]);
    return usedAtMs !== undefined && usedAtMs > this.#endedAtMs(table, nowMs);
  }

  /** What was used last then, or before, is over. */
  #endedAtMs(table: TableName, nowMs: number): number {
    const ttlMs = this.#ttlMs(table);
    return nowMs - ttlMs - grainMs(ttlMs);
  }

  #all({ table, cluster, name }: LruRow, prefix: string): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const { key, value } of this.#store.rows.getRange({ start: [table, cluster, name, prefix] })) {
      if (key[0] !== table || key[1] !== cluster || key[2] !== name || !key[3].startsWith(prefix)) break;
      texts.set(key[3], value);
    }
    return texts;
  }

  #removeRow(row: LruRow): void {
    const { table, cluster, name } = row;
    for (const text of this.#all(row, '').keys()) this.remove(row, text);
    const usedAtMs = this.#store.rowUses.get([table, cluster, name]);
    if (usedAtMs === undefined) return;
    this.#store.rowUses.removeSync([table, cluster, name]);
    this.#store.rowsByUse.removeSync([table, cluster, usedAtMs, name]);
  }

  async #evictAll(find: () => readonly LruRow[]): Promise<number> {
    for (let evicted = 0; ;) {
      const found = await this.#store.commit(() => {
        const rows = find();
        for (const row of rows) this.#removeRow(row);
        return rows.length;
      }, 'state_unavailable');
      evicted += found;
      if (found < SWEEP_ROWS_MAX) return evicted;
    }
  }

  #ended(table: TableName, cluster: string, nowMs: number): readonly LruRow[] {
    const end: [TableName, string, number] = [table, cluster, this.#endedAtMs(table, nowMs) + 1];
    const keys = this.#store.rowsByUse.getKeys({ start: [table, cluster, 0], end, limit: SWEEP_ROWS_MAX });
    return [...keys].map(([, , , name]) => ({ table, cluster, name }));
  }

  /** Notes, in the transaction that evicts them, when evicted subjects with facts were last used. */
  #evicting(evicted: readonly LruRow[], nowMs: number): readonly LruRow[] {
    const [last] = evicted;
    if (last?.table.startsWith('facts/') !== true) return evicted;
    const { table, cluster } = last;
    const usedAtMs = Math.max(
      ...evicted.map(({ name }) => this.#store.rowUses.get([table, cluster, name]) ?? 0),
    );
    const mark = factsRow(cluster, evictedAbout(table.slice('facts/'.length)));
    const name = `${EVICTED_FACT} ${EVICTED_FACT}`;
    const order = Math.max(
      usedAtMs + grainMs(this.#options.contextTtlMs),
      readFact(this.texts(mark, nowMs).get(name) ?? '')?.order ?? 0,
    );
    this.use(mark, nowMs);
    this.put(mark, name, `1 ${String(order)}\n\n{}`);
    return evicted;
  }

  /** Those after as many as are allowed, from the last use backwards. */
  #excess(table: TableName, cluster: string): readonly LruRow[] {
    const start: [TableName, string, number] = [table, cluster, NEVER_MS];
    const end: [TableName, string, number] = [table, cluster, 0];
    const subjectsMax = this.#options.contextSubjectsMax;
    const offset = table.startsWith('facts/')
      ? quotaMax(table.slice('facts/'.length), subjectsMax)
      : subjectsMax;
    const keys = this.#store.rowsByUse.getKeys({ reverse: true, start, end, offset, limit: SWEEP_ROWS_MAX });
    return [...keys].map(([, , , name]) => ({ table, cluster, name }));
  }

  *#tables(): Generator<TableName> {
    let last = '';
    for (;;) {
      // Names of tables hold nothing that sorts before "!", nor one that extends another with what does.
      const [key] = this.#store.rowsByUse.getKeys({ start: [`${last}!` as TableName], limit: 1 });
      if (key === undefined) return;
      last = key[0];
      yield key[0];
    }
  }

  *#clusters(table: TableName): Generator<string> {
    let last = '';
    for (;;) {
      // A cluster's name holds nothing that sorts before "!".
      const [key] = this.#store.rowsByUse.getKeys({ start: [table, `${last}!`], limit: 1 });
      if (key?.[0] !== table) return;
      last = key[1];
      yield last;
    }
  }
}
