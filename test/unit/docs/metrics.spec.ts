/** docs/metrics.md lists exactly the metrics and log lines of the table of events, both ways. */
import { TELEMETRY_EVENTS } from '@arrivals/core';
import { GAUGES } from '@arrivals/host';
import assert from 'node:assert/strict';
import { code, readText, STALE, tableOf } from './markdown.ts';

interface Row {
  readonly metrics?: readonly {
    readonly name: string;
    readonly type: string;
    readonly help: string;
    readonly labels?: readonly string[];
  }[];
  readonly log?: readonly { readonly level: string; readonly message: string }[];
}

const rows: readonly (readonly [string, Row])[] = Object.entries(TELEMETRY_EVENTS);
const codes = (cell: string | undefined): readonly string[] =>
  cell === 'none' ? [] : (cell ?? '').split(', ').map((label) => code(label));

describe('docs/metrics.md', () => {
  const text = readText('docs/metrics.md');

  it('has every metric once, with its type, its labels and its help text, and no other', () => {
    const documented = tableOf(text, ['Metric', 'Type', 'Labels', 'Meaning']).map(
      ([name, type, labels, meaning]) => [code(name), type, codes(labels), meaning],
    );
    const metrics = rows.flatMap(([, { metrics: of = [] }]) =>
      of.map(({ name, type, labels = [], help }) => [name, type, labels, help]),
    );
    const gauges = GAUGES.map(({ name, label, help }) => [
      name,
      'gauge',
      label === undefined ? [] : [label],
      help,
    ]);
    assert.deepEqual(documented, [...gauges, ...metrics], STALE);
    assert.equal(new Set(documented.map(([name]) => name)).size, documented.length);
  });

  it('has every log line, with its level, and no other', () => {
    const lines = rows.flatMap(([type, { log = [] }]) =>
      log.map(({ level, message }) => [type, level, message]),
    );
    const documented = tableOf(text, ['Event', 'Level', 'Message']).map(([type, ...line]) => [
      code(type),
      ...line,
    ]);
    assert.deepEqual(documented, lines, STALE);
  });
});
