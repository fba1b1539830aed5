/** Settings of what the processor does without its state, and of what the state keeps beside claims. */
import { DAY_MS, HOUR_MS, MINUTE_MS, type SettingRows } from './row.ts';

const WITH_STATE = ['up', 'processor'] as const;

export const STATE_SETTINGS = {
  onStateLoss: {
    env: 'ARRIVALS_ON_STATE_LOSS',
    type: 'choice',
    default: 'bypass',
    choices: ['bypass', 'pause'],
    services: WITH_STATE,
    description:
      'What becomes of creations while the state (Redis) is away for longer than ARRIVALS_STATE_WAIT_MS: bypass alerts them unchecked, each flagged notDeduplicated and notEnriched; pause waits for as long as it takes.',
  },
  stateWaitMs: {
    env: 'ARRIVALS_STATE_WAIT_MS',
    type: 'integer',
    default: MINUTE_MS,
    min: 0,
    max: DAY_MS,
    unit: 'ms',
    services: WITH_STATE,
    description: 'How long creations wait for the state before they bypass it. Means nothing with pause.',
  },
  contextTtlMs: {
    env: 'ARRIVALS_CONTEXT_TTL_MS',
    type: 'integer',
    default: 30 * DAY_MS,
    min: HOUR_MS,
    max: 365 * DAY_MS,
    unit: 'ms',
    services: WITH_STATE,
    description:
      'How long is remembered what the audit stream has shown of a subject (an owner, an actor, a binding), and how many revisions an alert has, after it was last heard of or asked for.',
  },
  contextSubjectsMax: {
    env: 'ARRIVALS_CONTEXT_SUBJECTS_MAX',
    type: 'integer',
    default: 200_000,
    min: 1000,
    max: 100_000_000,
    unit: 'subjects',
    services: WITH_STATE,
    description:
      'How many subjects of each cluster are remembered, 2.3 times as many at most in all: workloads, pods and namespaces so many, others a share of it for each sort (docs/context.md). Of each sort those that were not heard of or asked for the longest are forgotten first (arrivals_context_forgotten_total).',
  },
  awaitMs: {
    env: 'ARRIVALS_AWAIT_MS',
    type: 'integer',
    default: 10 * MINUTE_MS,
    min: 1000,
    max: DAY_MS,
    unit: 'ms',
    services: WITH_STATE,
    description:
      'How long after an alert what becomes known late, as the event of a pod’s owner, still makes a revision of it.',
  },
} as const satisfies SettingRows;
