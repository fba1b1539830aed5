/** What to find out and what to do about it: the alert's own steps, each with the commands that the alert has the names for. */
import type { Alert, Step } from '@arrivals/core';
import { commandsOf } from './commands.ts';
import { item, type Line, type Section, text } from './section.ts';
import { named } from './words.ts';

export function nextSteps(alert: Alert): Section {
  const { whyItMatters, investigation, resolution, cluster } = alert;
  const commandsFor = commandsOf(alert);
  const steps = (all: readonly Step[]): readonly Line[] => all.map((step, i) => item(step.text, commandsFor(step.id), `${String(i + 1)}.`));
  const lines: readonly Line[] = [
    text(whyItMatters),
    text(`The commands need a kubectl context of the cluster ${named(cluster)}. $ only reads; ! changes the cluster.`),
    text('To find out', 'strong'),
    ...steps(investigation),
    text('To resolve, if it should not be there', 'strong'),
    ...steps(resolution),
  ];
  return { title: 'Next steps', tone: 'strong', lines };
}
