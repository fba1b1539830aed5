/** An alert as a person wants to read it. The one list of its sections: another one is another line here. */
import type { Alert } from '@arrivals/core';
import { abilities } from './abilities.ts';
import { behind } from './behind.ts';
import { headline } from './headline.ts';
import { nextSteps } from './next-steps.ts';
import { record } from './record.ts';
import { right } from './right.ts';
import { risk } from './risk.ts';
import type { Section } from './section.ts';
import { unseen } from './unseen.ts';
import { who } from './who.ts';

/** In the order in which they are read. */
const SECTIONS: readonly ((alert: Alert) => Section)[] = [headline, who, behind, right, abilities, risk, unseen, nextSteps, record];

export function explain(alert: Alert): readonly Section[] {
  return SECTIONS.map((section) => section(alert));
}
