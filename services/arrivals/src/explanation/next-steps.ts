/**
 * What to find out and what to do about it: the alert's own steps, each with the commands that the alert has
 * the names for.
 */
import type { Alert, Step } from '@arrivals/core';
import { commandsOf } from './commands.ts';
import { command, item, type Line, type Section, text } from './section.ts';
import { named } from './format.ts';

function answerOf({ answer, status }: Step): readonly Line[] {
  if (answer === null) return [];
  return [text(status === 'notObservable' ? `Cannot be seen here: ${answer}` : answer)];
}

/** Our own commands know more of the alert than the one that the step brings. */
function lookOf({ howToLook }: Step, own: readonly Line[]): readonly Line[] {
  return own.length > 0 || howToLook === null ? own : [command(howToLook, false)];
}

export function nextSteps(alert: Alert): Section {
  const { whyItMatters, investigation, resolution, cluster } = alert;
  const commandsFor = commandsOf(alert);
  const steps = (all: readonly Step[]): readonly Line[] =>
    all.map((step, i) =>
      item(step.text, [...answerOf(step), ...lookOf(step, commandsFor(step.id))], `${String(i + 1)}.`),
    );
  const lines: readonly Line[] = [
    text(whyItMatters),
    text(
      `The commands need a kubectl context of the cluster ${named(cluster)}. $ only reads; ! changes the cluster.`,
    ),
    text('To find out', 'strong'),
    ...steps(investigation),
    text('To resolve, if it should not be there', 'strong'),
    ...steps(resolution),
  ];
  return { title: 'Next steps', tone: 'strong', lines };
}
