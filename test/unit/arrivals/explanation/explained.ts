/** Explanations for the tests: of alerts that were really built, each section as plain lines, unwrapped. */
import type { Alert } from '@arrivals/core';
import { explain, layOut, type Line, type Section } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, creationsOfCapture, type Json } from '../../core/alert/creations.ts';

const UNWRAPPED = { width: 100_000, colour: false };

export function sectionOf(alert: Alert, title: string): Section {
  return explain(alert).find((section) => section.title === title) ?? assert.fail(`no section ${title}`);
}

/** The lines of a section without their indentation, runs of spaces made one. */
export function linesOf(alert: Alert, title: string): readonly string[] {
  return plain(sectionOf(alert, title)).slice(1);
}

export function headlineOf(alert: Alert): { readonly title: string; readonly lines: readonly string[] } {
  const [first] = explain(alert);
  const [title = '', ...lines] = plain(first ?? assert.fail('no sections'));
  return { title, lines };
}

/** What stands beside a label. */
export function rowOf(alert: Alert, title: string, label: string): string | undefined {
  return linesOf(alert, title)
    .find((line) => line.startsWith(`${label} `))
    ?.slice(label.length + 1);
}

/** The commands of a step, as they are, those that change something with a ! before them. */
export function commandsOf(alert: Alert, stepText: RegExp): readonly string[] {
  const step = sectionOf(alert, 'Next steps').lines.find(
    (line) => line.kind === 'item' && stepText.test(line.text),
  );
  assert.ok(step?.kind === 'item', `no step ${String(stepText)}`);
  return commandsIn(step.lines);
}

export function commandsIn(lines: readonly Line[]): readonly string[] {
  return lines.flatMap((line) => {
    if (line.kind === 'item') return commandsIn(line.lines);
    return line.kind === 'command' ? [`${line.changes ? '! ' : ''}${line.text}`] : [];
  });
}

/** The alert of an object of the real capture. */
export function captured(name: string): Alert {
  const event = creationsOfCapture().find((raw) => nameIn(raw) === name);
  return alertOf(event ?? assert.fail(`no creation of ${name} in the capture`));
}

function nameIn(raw: Json): unknown {
  return (raw['responseObject'] as { readonly metadata?: { readonly name?: string } } | undefined)?.metadata
    ?.name;
}

function plain(section: Section): readonly string[] {
  return layOut([section], UNWRAPPED)
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '));
}
