/**
 * The one process of the embedded form under load: killed, stopped, ended and started, and without room on
 * its disk.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Fleet, Member } from '../../support/faults/fleet.ts';
import { tried } from '../../support/faults/scenarios.ts';
import {
  BURST_ALERTS,
  CYCLES,
  EMBEDDED_KILLS,
  RATE,
  SCENARIO_MS,
  STORE_DISK_KIB,
  ZOMBIE_MS,
} from '../../support/faults/times.ts';

/** No moment is special. */
const SOME_MS = 500;
const TIMES_AT_ONCE = 5;
const REFUSALS = 5;

function theProcess({ webhooks: [process] }: Fleet): Member {
  if (process === undefined) throw new Error('there is no process');
  return process;
}

describe('the embedded form under load', () => {
  it('k1: it is killed and comes back', () =>
    tried({
      id: 'k1',
      title: `embedded: kill -9, ${String(EMBEDDED_KILLS)} times`,
      inflict: async (run) => {
        for (let i = 0; i < EMBEDDED_KILLS; i++) {
          await sleep(randomInt(SOME_MS));
          const process = theProcess(run.fleet);
          await run.fleet.kill(process);
          run.over();
          await run.fleet.startWebhook({ url: process.process.url });
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  it('k2: it is suspended and resumes', () =>
    tried({
      id: 'k2',
      title: `embedded: SIGSTOP for ${String(ZOMBIE_MS / 1000)} s`,
      inflict: async (run) => {
        const { child } = theProcess(run.fleet).process;
        child.kill('SIGSTOP');
        await sleep(ZOMBIE_MS);
        child.kill('SIGCONT');
        run.over();
      },
    })).timeout(SCENARIO_MS);

  it('k3: it is ended and started in quick succession', () =>
    tried({
      id: 'k3',
      title: `embedded: ended and started, ${String(CYCLES)} times`,
      inflict: async (run) => {
        for (let i = 0; i < CYCLES; i++) {
          const process = theProcess(run.fleet);
          await run.fleet.stop(process);
          run.over();
          await run.fleet.startWebhook({ url: process.process.url });
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  it('k4: its disk is full, until it is started with free space', () =>
    tried({
      id: 'k4',
      title: `embedded: disk (${String(STORE_DISK_KIB / 1024)} MiB) full`,
      fileKibMax: STORE_DISK_KIB,
      inflict: async (run) => {
        const refused = (): number => run.load.answers.get(503) ?? 0;
        await eventually('the webhook to answer 503', () => refused() > REFUSALS || undefined, 120_000);
        const process = theProcess(run.fleet);
        await run.fleet.stop(process);
        run.over();
        await run.fleet.startWebhook({ url: process.process.url });
      },
    })).timeout(SCENARIO_MS);

  it('k5: every batch comes five times at once', () =>
    tried({
      id: 'k5',
      title: 'embedded: every batch five times at once',
      timesAtOnce: TIMES_AT_ONCE,
      eventsPerSecond: RATE / TIMES_AT_ONCE,
      inflict: async (run) => {
        await run.flow(BURST_ALERTS);
        run.over();
      },
    })).timeout(SCENARIO_MS);
});
