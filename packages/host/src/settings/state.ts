/** Settings of what the processor does without its state. */
import { DAY_MS, MINUTE_MS, type SettingRow } from './row.ts';

export interface StateSettings {
  readonly onStateLoss: string;
  readonly stateWaitMs: number;
}

const WITH_STATE = ['up', 'processor'] as const;

export const STATE_SETTINGS: Readonly<Record<keyof StateSettings, SettingRow>> = {
  onStateLoss: {
    env: 'ARRIVALS_ON_STATE_LOSS',
    type: 'choice',
    default: 'pass',
    choices: ['pass', 'pause'],
    services: WITH_STATE,
    description:
      'What becomes of creations while the state (Redis) is away for longer than ARRIVALS_STATE_WAIT_MS: pass alerts them unchecked, each flagged notDeduplicated and notEnriched; pause waits for as long as it takes.',
  },
  stateWaitMs: {
    env: 'ARRIVALS_STATE_WAIT_MS',
    type: 'integer',
    default: MINUTE_MS,
    min: 0,
    max: DAY_MS,
    unit: 'ms',
    services: WITH_STATE,
    description: 'How long creations wait for the state before they pass. Means nothing with pause.',
  },
};
