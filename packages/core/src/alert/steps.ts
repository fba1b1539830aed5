/**
 * The steps of an alert: its questions with their answers, and what to do with the commands for it.
 *
 * Invariant: each step of the runbook is there, under its id; what is the same in every alert is not repeated.
 * A question that the stream does not answer has a command for looking oneself, where its names are known. A
 * command is whole or left out: one that is cut might do something else.
 */
import type { CreationContext } from '../context/creation-context.ts';
import { printable } from '../text/printable.ts';
import type { AlertKind, Command, InvestigationStep, ResolutionStep } from './alert.ts';
import type { Shortener } from './bounds.ts';
import { commandsOf, type StepLine } from './commands/commands.ts';
import type { Described } from './commands/targets.ts';
import { questionsOf } from './investigation/questions.ts';
import { runbookOf } from './investigation/runbook.ts';

export interface Steps {
  readonly investigation: readonly InvestigationStep[];
  readonly resolution: readonly ResolutionStep[];
}

/** Of a command, under bounds that leave less to other texts. */
const COMMAND_MAX = 512;

export function stepsOf(
  kind: AlertKind,
  described: Described,
  context: CreationContext | null,
  shortener: Shortener,
): Steps {
  const linesFor = commandsOf(described);
  const max = Math.max(COMMAND_MAX, shortener.bounds.textMax);
  const commandsIn = (lines: readonly StepLine[]): readonly Command[] =>
    lines.flatMap(({ kind: its, text }) =>
      its === 'note' || text.length > max ? [] : [{ kind: its, command: printable(text) }],
    );
  const resolution = runbookOf(kind).resolution.map(({ id }) => {
    const lines = linesFor(id);
    return { id, commands: commandsIn(lines), note: noteOf(lines) };
  });
  const lookFor = (id: string): string | null =>
    commandsIn(linesFor(id)).find((command) => command.kind === 'read')?.command ?? null;
  return { investigation: investigationOf(kind, described, context, shortener, lookFor), resolution };
}

function investigationOf(
  kind: AlertKind,
  { object, actor }: Described,
  context: CreationContext | null,
  shortener: Shortener,
  lookFor: (id: string) => string | null,
): readonly InvestigationStep[] {
  const instructions = runbookOf(kind).investigation;
  if (context === null)
    return instructions.map(({ id }) => ({ id, status: null, answer: null, command: lookFor(id) }));
  const grants = context.grants.map(({ answer }) => answer);
  return questionsOf({ ...context, kind, object, actor, grants }).map(({ id, status, answer }) => ({
    id,
    status,
    answer:
      answer === instructions.find((instruction) => instruction.id === id)?.answers?.[status]
        ? null
        : shortener.text(`investigation.${id}`, answer),
    command: status === 'observed' ? null : lookFor(id),
  }));
}

function noteOf(lines: readonly StepLine[]): string | null {
  const notes = lines.flatMap(({ kind, text }) => (kind === 'note' ? [text] : []));
  return notes.length === 0 ? null : notes.join(' ');
}
