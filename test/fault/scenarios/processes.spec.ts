/** Webhooks and processors killed, stopped and started under load, on one broker and one Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomInt } from 'node:crypto';
import { gone, type Member, type Step, stopped } from '../../support/faults/fleet.ts';
import type { Run, Scenario } from '../../support/faults/run.ts';
import { allTried, tried } from '../../support/faults/scenarios.ts';
import {
  CYCLES,
  KILLS,
  RATE,
  ROLLS,
  SCENARIO_MS,
  WEBHOOK_KILLS,
  ZOMBIE_MS,
  ZOMBIE_MS_MIN,
  ZOMBIES,
} from '../../support/faults/times.ts';
import { kafka } from '../../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { redis } from '../../support/infrastructure/redis.ts';

/** No moment is special: a blow falls at one that nobody chose. */
const SOME_MS = 500;
/**
 * At which of its times the blow falls. Not the first: a processor that starts asks Redis too, and has to
 * come up before it is struck.
 */
const STEPS = { min: 3, max: 12 };
const STEP_MS = 60_000;

describe('processes under load', () => {
  let servers: NonNullable<Scenario['servers']>;

  before(async function () {
    this.timeout(STARTING_MS);
    const [{ brokers }, { url: redisUrl }] = await Promise.all([kafka(), redis()]);
    servers = { brokers, redisUrl };
  });

  const scenario = (more: Omit<Scenario, 'servers'>): Promise<unknown> => tried({ servers, ...more });
  const allOf = (each: readonly Omit<Scenario, 'servers'>[]): Promise<void> =>
    allTried(each.map((more) => ({ servers, ...more })));

  const oneOf = (members: readonly Member[]): Member => {
    const member = members[randomInt(members.length)];
    if (member === undefined) throw new Error('there is none left');
    return member;
  };

  it('a: a webhook is killed and comes back', () =>
    scenario({
      id: 'a',
      title: `webhook kill -9, ${String(WEBHOOK_KILLS)} times`,
      inflict: async (run) => {
        const { fleet } = run;
        for (let i = 0; i < WEBHOOK_KILLS; i++) {
          await sleep(randomInt(SOME_MS));
          const webhook = oneOf(fleet.webhooks);
          await fleet.kill(webhook);
          run.over();
          await fleet.startWebhook({ url: webhook.process.url });
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  it('b1: processors are killed at random and replaced', () =>
    scenario({
      id: 'b1',
      title: `processor kill -9 at random, ${String(KILLS)} times`,
      inflict: async (run) => {
        const { fleet } = run;
        for (let i = 0; i < KILLS; i++) {
          await sleep(randomInt(SOME_MS));
          await fleet.kill(oneOf(fleet.processors));
          run.over();
          await fleet.startProcessor();
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  /** Side by side, each with topics of its own: most of the time they wait for a group to notice. */
  it('b2 to b5: a processor is killed at each step', () =>
    allOf(
      (['claimed', 'produced', 'before-commit', 'committed'] as const).map((step, i) => ({
        id: `b${String(i + 2)}`,
        title: `processor kill -9 ${WORDS[step]}`,
        eventsPerSecond: RATE / 4,
        blow: { step, signal: 'SIGKILL', after: randomInt(STEPS.min, STEPS.max + 1) } as const,
        inflict: async (run: Run) => {
          const { fleet, struck } = run;
          if (struck === undefined) throw new Error('nobody to strike');
          await gone(struck, STEP_MS);
          fleet.gone(struck);
          run.over();
          await fleet.startProcessor();
        },
      })),
    )).timeout(SCENARIO_MS);

  it('c1: a processor is suspended beyond its session and resumes', () =>
    scenario({
      id: 'c1',
      title: `processor SIGSTOP for up to ${String(ZOMBIE_MS / 1000)} s at random, ${String(ZOMBIES)} times`,
      inflict: async (run) => {
        const { fleet } = run;
        for (let i = 0; i < ZOMBIES; i++) {
          await sleep(randomInt(SOME_MS));
          const { child } = oneOf(fleet.processors).process;
          child.kill('SIGSTOP');
          await sleep(randomInt(ZOMBIE_MS_MIN, ZOMBIE_MS + 1));
          child.kill('SIGCONT');
          run.over();
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  it('c2 and c3: it does so inside a transaction', () =>
    allOf(
      (['produced', 'before-commit'] as const).map((step, i) => ({
        id: `c${String(i + 2)}`,
        title: `processor SIGSTOP for ${String(ZOMBIE_MS / 1000)} s ${WORDS[step]}`,
        eventsPerSecond: RATE / 2,
        blow: { step, signal: 'SIGSTOP', after: randomInt(STEPS.min, STEPS.max + 1) } as const,
        inflict: async (run: Run) => {
          const { struck } = run;
          if (struck === undefined) throw new Error('nobody to strike');
          await stopped(struck, STEP_MS);
          await sleep(ZOMBIE_MS);
          struck.process.child.kill('SIGCONT');
          run.over();
        },
      })),
    )).timeout(SCENARIO_MS);

  it('d: processors are started and stopped in quick succession', () =>
    scenario({
      id: 'd',
      title: `processors started and stopped, ${String(CYCLES)} times`,
      inflict: async (run) => {
        const { fleet } = run;
        for (let i = 0; i < CYCLES; i++) {
          const [oldest] = fleet.processors;
          if (oldest === undefined) throw new Error('there is none left');
          await Promise.all([fleet.stop(oldest), fleet.startProcessor()]);
        }
        run.over();
      },
    })).timeout(SCENARIO_MS);

  it('i: webhooks and processors are restarted one after the other, and nobody notices', () =>
    scenario({
      id: 'i',
      title: `rolling restart of all, ${String(ROLLS)} times`,
      webhooks: 2,
      retry: 'api-server',
      settings: { ARRIVALS_LEAVE_MS: '2000' },
      inflict: async (run) => {
        const { fleet } = run;
        for (let i = 0; i < ROLLS; i++) {
          for (const webhook of fleet.webhooks) await fleet.roll(webhook);
          for (const processor of fleet.processors) {
            await fleet.stop(processor);
            await fleet.startProcessor();
            await run.flow();
          }
        }
        run.over();
      },
    })).timeout(SCENARIO_MS);
});

const WORDS: Readonly<Record<Step, string>> = {
  claimed: 'after the claim',
  produced: 'after producing',
  'before-commit': 'before the commit',
  committed: 'after the commit',
};
