/**
 * What to find out and what to do about it: the steps of the runbook with the alert's answers, each with the
 * commands that the alert has the names for.
 */
import { type Alert, commandsOf, instructionOf, runbookOf, type StepLine } from '@arrivals/core';
import { command, item, type Line, type Section, text } from './section.ts';
import { named } from './format.ts';

type InvestigationStep = Alert['investigation'][number];

/** The record leaves out an answer that is the runbook's own. */
function answerOf({ id, answer, status }: InvestigationStep, kind: Alert['kind']): readonly Line[] {
  if (status === null) return [];
  const standard: Readonly<Record<string, string>> = instructionOf(kind, 'investigation', id)?.answers ?? {};
  const words = answer ?? (Object.hasOwn(standard, status) ? standard[status] : undefined);
  if (words === undefined) return [];
  return [text(status === 'notObservable' ? `Cannot be seen here: ${words}` : words)];
}

function lineOf({ kind, text: words }: StepLine): Line {
  return kind === 'note' ? text(words) : command(words, kind === 'change');
}

export function nextSteps(alert: Alert): Section {
  const { investigation, resolution, cluster, kind } = alert;
  const linesFor = commandsOf(alert);
  const step = (list: 'investigation' | 'resolution', id: string, i: number, answer: readonly Line[]): Line =>
    item(
      // A step of a later version is shown by its id.
      instructionOf(kind, list, id)?.text ?? id,
      [...answer, ...linesFor(id).map(lineOf)],
      `${String(i + 1)}.`,
    );
  const lines: readonly Line[] = [
    text(runbookOf(kind).whyItMatters),
    text(
      `The commands need a kubectl context of the cluster ${named(cluster)}. $ only reads; ! changes the cluster.`,
    ),
    text('To find out', 'strong'),
    ...investigation.map((one, i) => step('investigation', one.id, i, answerOf(one, kind))),
    text('To resolve, if it should not be there', 'strong'),
    ...resolution.map((one, i) => step('resolution', one.id, i, [])),
  ];
  return { title: 'Next steps', tone: 'strong', lines };
}
