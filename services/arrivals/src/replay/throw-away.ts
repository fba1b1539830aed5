/**
 * The whole embedded service on a temporary folder and a free port, for one replay. Everything is deleted
 * afterwards.
 *
 * Invariant: each event is counted once. Timeouts for a slow disk are off here: a batch that is answered with
 * an error although it is written would be sent again, and count twice.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import type { Alert, LedgerReport } from '@arrivals/core';
import { TOPICS } from '@arrivals/core/light';
import { createLog, createTelemetry, readConfig, SETTINGS } from '@arrivals/host';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../command.ts';
import { type EmbeddedService, startEmbeddedService } from '../embedded-service.ts';

const POLL_MS = 10;
const READ_RECORDS_MAX = 100;
/** No timeout: no API server waits for the response. */
const PUBLISH_MS = 2 ** 31 - 1;

export interface ThrowAway {
  readonly url: string;
  /** Calls `use` with every alert; resolves after `settled`, when there will be no more. */
  forEachAlert(use: (alert: Alert) => unknown): Promise<void>;
  /** Resolves when every event that was accepted has its outcome. */
  settled(signal: AbortSignal): Promise<void>;
  ledger(): LedgerReport;
  close(): Promise<void>;
}

/** Settings of the processor, such as its lists, apply here too; those for ports, Kafka and Redis do not. */
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
