/** Bus and state in one process, in LMDB under one folder. Only this and spool/ use lmdb. */
import type { Attempts, Bus, ContextOptions, State, Telemetry } from '@arrivals/core';
import { AttemptsFile } from './attempts-file.ts';
import { EmbeddedBus } from './embedded-bus.ts';
import { EmbeddedFacts } from './embedded-facts.ts';
import { EmbeddedState } from './embedded-state.ts';
import { openStore, type Store } from './store.ts';
import { LruTable } from './lru-table.ts';
import { Maintenance } from './maintenance.ts';
import { TopicLog, type TopicSettings } from './topic-log.ts';

export { Maintenance } from './maintenance.ts';
export type { TopicSettings } from './topic-log.ts';

export interface EmbeddedOptions extends ContextOptions {
  readonly folder: string;
  /** Whether the folder is attached to one process at a time, so that an owner on another host is gone. */
  readonly exclusive?: boolean;
  readonly topics: Readonly<Record<string, TopicSettings>>;
  /**
   * How long a creation's claim is kept. Must exceed the audit topic's retention, or a redelivery becomes a
   * second alert.
   */
  readonly claimTtlMs: number;
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Embedded {
  readonly bus: Bus;
  readonly state: State;
  readonly attempts: Attempts;
  /** What was found to be damaged, as text, until the store is replaced. */
  damage(): string | undefined;
  /** Deletes records for good; resolves with the offsets of those that were there, when that is on disk. */
  removeRecords(topic: string, offsets: readonly number[]): Promise<readonly number[]>;
  /**
   * Applies retention, deletes expired claims and what is over or too much of the context; to be called
   * periodically. While it runs, and after close(), a call does nothing more.
   */
  maintain(): Promise<void>;
  /** Ends subscriptions and maintenance, gives up ownership. May be called again. */
  close(): Promise<void>;
}

/** @throws ArrivalsError store_locked, store_format_unknown, store_unusable, store_damaged */
export function openEmbedded({
  folder,
  exclusive = false,
  topics,
  claimTtlMs,
  telemetry,
  now,
  ...context
}: EmbeddedOptions): Embedded {
  const store = openStore(folder, exclusive, ({ message }) => {
    telemetry.emit({ type: 'dependency_warning', of: 'store', what: 'damaged', detail: message });
  });
  const log = openLog(store, new Map(Object.entries(topics)), now);
  const bus = new EmbeddedBus(store, log);
  const table = new LruTable(store, context);
  const state = new EmbeddedState(store, new EmbeddedFacts(store, table, context.awaitMs), claimTtlMs);
  const attempts = new AttemptsFile(folder);
  const maintenance = new Maintenance([
    () => log.prune(),
    () => state.sweep(now()),
    () =>
      table.sweep(now(), (cluster, subjects) => {
        telemetry.emit({ type: 'context_forgotten', cluster, subjects });
      }),
  ]);
  return {
    bus,
    state,
    attempts,
    damage: () => store.damage()?.message,
    removeRecords: (topic, offsets) => log.remove(topic, offsets),
    maintain: () => maintenance.run(),
    close: async () => {
      await bus.close();
      await maintenance.close();
      await attempts.close();
      await store.close();
    },
  };
}

/** A store that is refused is closed, so that another process may open it. */
function openLog(store: Store, topics: ReadonlyMap<string, TopicSettings>, now: () => number): TopicLog {
  try {
    return new TopicLog(store, topics, now);
  } catch (error) {
    store.close().catch(() => undefined);
    throw error;
  }
}
