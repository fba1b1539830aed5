/**
 * The whole embedded service on a temporary folder and a free port, for one replay. Nothing of it stays.
 *
 * Invariant: each event is counted once. What has no patience for a slow disk elsewhere has it here: a batch
 * that is answered with an error although it is written would be sent again, and count twice.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import { type Alert, type LedgerReport, TOPICS } from '@arrivals/core';
import { createLog, createTelemetry, readConfig, SETTINGS } from '@arrivals/host';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../command.ts';
import { type EmbeddedService, startEmbeddedService } from '../embedded-service.ts';

const POLL_MS = 10;
const READ_RECORDS_MAX = 100;
/** As long as it takes: there is no API server that would have to be told in time. */
const PUBLISH_MS = 2 ** 31 - 1;

export interface ThrowAway {
  readonly url: string;
  /** Gives every alert to `use`; resolves when there will be no more, after `settled`. */
  forEachAlert(use: (alert: Alert) => unknown): Promise<void>;
  /** Resolves when every event that was accepted has its outcome. */
  settled(signal: AbortSignal): Promise<void>;
  ledger(): LedgerReport;
  close(): Promise<void>;
}

/**
 * What is set for the processor, as its lists, holds here too; what is set for ports, Kafka and Redis does
 * not.
 */
function judging(env: Environment['env']): Environment['env'] {
  const rows = Object.values(SETTINGS).filter(
    ({ services }) => services === undefined || (services.includes('up') && services.includes('processor')),
  );
  return Object.fromEntries(rows.map((row) => [row.env, env[row.env]]));
}

export async function startThrowAway(cluster: string, env: Environment['env']): Promise<ThrowAway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'arrivals-replay-'));
  const config = readConfig({
    ...judging(env),
    [SETTINGS.dataDir.env]: folder,
    [SETTINGS.listenHost.env]: '',
    [SETTINGS.listenPort.env]: '0',
    [SETTINGS.clusters.env]: cluster,
    [SETTINGS.logLevel.env]: 'error',
  });
  const log = createLog(config.logLevel);
  const service = await startEmbeddedService(
    { ...config, publishTimeoutMs: PUBLISH_MS },
    log,
    createTelemetry(log, config.clusters),
  );
  const done = new AbortController();
  let failure: unknown;
  let printing: Promise<void> | undefined;
  service.ended.catch((error: unknown) => {
    failure = error;
  });
  return {
    url: service.url,
    forEachAlert: (use) => {
      printing = printAlerts(service, use, done.signal);
      return printing;
    },
    settled: async (signal) => {
      while (service.telemetry.ledger.report().inFlight > 0) {
        if (failure !== undefined) throw failure as Error;
        await sleep(POLL_MS, undefined, { signal });
      }
      done.abort();
    },
    ledger: () => service.telemetry.ledger.report(),
    close: async () => {
      done.abort();
      await printing?.catch(() => undefined);
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Until `done`, and then as long as there are any. */
async function printAlerts(
  { bus }: EmbeddedService,
  use: (alert: Alert) => unknown,
  done: AbortSignal,
): Promise<void> {
  const never = new AbortController().signal;
  for (let offset = 0; ;) {
    const finished = done.aborted;
    const records = await bus.read({
      topic: TOPICS.alerts,
      partition: 0,
      offset,
      recordsMax: READ_RECORDS_MAX,
      waitMs: finished ? 0 : POLL_MS,
      signal: never,
    });
    for (const record of records) use(decodeAlert(record.value));
    offset = (records.at(-1)?.offset ?? offset - 1) + 1;
    if (finished && records.length === 0) return;
  }
}
