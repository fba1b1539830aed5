/**
 * The shapes that a real API server was driven through: for each its events, in the bytes that came, and what
 * there was afterwards by the API's own lists. test/fixtures/SOURCES.md describes the capture.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface CreatedObject {
  readonly kind: 'Pod' | 'Namespace';
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
}

interface Scenario {
  readonly name: string;
  readonly request: string;
  /** Lines of shapes.jsonl, from 1. */
  readonly lines: readonly number[];
  readonly created: readonly CreatedObject[];
}

export interface Shape extends Omit<Scenario, 'lines'> {
  readonly events: readonly string[];
}

const fixtures = path.resolve(import.meta.dirname, '../../../../fixtures/audit');

/** Every line, neighbours included. */
export const LINES: readonly string[] = readFileSync(path.join(fixtures, 'shapes.jsonl'), 'utf8')
  .trimEnd()
  .split('\n');

export const SHAPES: ReadonlyMap<string, Shape> = new Map(
  scenarios().map(({ lines, ...scenario }) => [
    scenario.name,
    { ...scenario, events: lines.map((line) => LINES[line - 1] ?? '') },
  ]),
);

function scenarios(): readonly Scenario[] {
  const text = readFileSync(path.join(fixtures, 'shapes.expected.json'), 'utf8');
  return (JSON.parse(text) as { readonly scenarios: readonly Scenario[] }).scenarios;
}
