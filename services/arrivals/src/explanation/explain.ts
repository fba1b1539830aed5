/** An alert as a person wants to read it. The one list of its sections: another one is another line here. */
import type { Alert } from '@arrivals/core';
import { abilities } from './abilities.ts';
import { attribution } from './attribution.ts';
import { headline } from './headline.ts';
import { nextSteps } from './next-steps.ts';
import { record } from './record.ts';
import { authorization } from './authorization.ts';
import { risk } from './risk.ts';
import type { Section } from './section.ts';
import { unseen } from './unknowns.ts';
import { who } from './actor.ts';

/** In the order in which they are read. */
const SECTIONS: readonly ((alert: Alert) => Section)[] = [
  headline,
  who,
  attribution,
  authorization,
  abilities,
  risk,
  unseen,
  nextSteps,
  record,
];

export function explain(alert: Alert): readonly Section[] {
  return SECTIONS.map((section) => section(alert));
}
