/**
 * Every wrapping, with the event as text, as object and within another wrapping. Oracle: the events as they
 * were before they were wrapped.
 */
import { type Part, parseAuditEvent, select, Unwrapper, unwrap } from '@arrivals/core';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../../../../support/arrivals.ts';
import { inflate } from '../../platform-logs.ts';
import type { Json } from '../../samples.ts';
import { criLine, dockerRecord, WRAPPED_FORMS, WRAPPED_LINES } from '../../../../support/wrapped-forms.ts';

const LINES = readFileSync(path.join(REPOSITORY, 'samples/new-pod.jsonl'), 'utf8').trim().split('\n');
const EVENTS = LINES.map((line) => JSON.parse(line) as Json);
const ITEMS_MAX = 1000;

const partsOf = (value: unknown): readonly Part[] =>
  unwrap(Buffer.from(JSON.stringify(value)), inflate) ?? [];
const textsOf = (parts: readonly Part[]): readonly string[] =>
  parts.map((part) => ('bytes' in part ? part.bytes.toString() : part.kind));
const created = (parts: readonly Part[]): readonly unknown[] =>
  parts.flatMap((part): readonly unknown[] => {
    assert.ok(part.kind === 'event', part.kind);
    return Object.values(select(parseAuditEvent(part.bytes)));
  });

/** With kind and version, which only a conversion adds, and without what holds nothing. */
const plain = (text: string): Json => {
  const { kind: _kind, apiVersion: _apiVersion, ...event } = JSON.parse(text) as Json;
  return event;
};

const INNER: readonly ((line: string) => string)[] = [
  (line) => criLine(line),
  (line) => JSON.stringify(dockerRecord(`${line}\n`)),
];

describe('the forms of wrappings', () => {
  const outcomes = EVENTS.flatMap((event): readonly string[] =>
    Object.values(select(parseAuditEvent(Buffer.from(JSON.stringify(event))))),
  );

  it('are tried with two creations among other events', () => {
    assert.deepEqual(outcomes.filter((outcome) => outcome === 'Pod' || outcome === 'Namespace').length, 2);
  });

  for (const { name, wrapping, text, object } of WRAPPED_FORMS) {
    if (text !== undefined) {
      it(`${name}: the event as text keeps its bytes`, () => {
        const parts = LINES.flatMap((line) => partsOf(text(line)));
        assert.deepEqual(textsOf(parts), LINES);
        assert.deepEqual(created(parts), outcomes);
      });

      if (wrapping !== 'AKS')
        it(`${name}: a CRI line, and a line of Docker’s, within it`, () => {
          for (const inner of INNER) {
            const parts = LINES.flatMap((line): readonly Part[] => partsOf(text(inner(line))));
            assert.deepEqual(textsOf(parts), LINES);
          }
        });

      it(`${name}: a text that is no event is set aside alone`, () => {
        const bad: readonly unknown[] = [
          text('{"kind":"Event","apiVersion":"audit.k8s.io/v1","st'),
          text(LINES[0] ?? ''),
        ];
        const parts =
          unwrap(Buffer.from(bad.map((value) => JSON.stringify(value)).join('\n')), inflate) ?? [];
        assert.equal(parts.length, 2);
        assert.ok(textsOf(parts).includes(LINES[0] ?? ''));
      });
    }
    if (object !== undefined) {
      it(`${name}: the event as an object`, () => {
        const parts = EVENTS.flatMap((event) => partsOf(object(event)));
        assert.deepEqual(textsOf(parts).map(plain), EVENTS);
        assert.deepEqual(created(parts), outcomes);
      });
    }
    it(`${name}: is recognised as ${wrapping}`, () => {
      const value = text?.(LINES[0] ?? '') ?? object?.(EVENTS[0] ?? {});
      assert.deepEqual(
        partsOf(value).map(({ platform }) => platform),
        [wrapping],
      );
    });
  }

  for (const { name, line } of WRAPPED_LINES) {
    it(`${name}: the event on a line keeps its bytes`, () => {
      const unwrapper = new Unwrapper(inflate, ITEMS_MAX);
      const parts = LINES.flatMap((event) => unwrapper.takeLine(Buffer.from(line(event))) ?? []);
      assert.deepEqual(textsOf([...parts, ...unwrapper.end()]), LINES);
      assert.deepEqual(created(parts), outcomes);
    });

    it(`${name}: within a record of Fluent Bit`, () => {
      assert.deepEqual(
        textsOf(
          LINES.flatMap((event) => partsOf({ date: 1, log: line(event), kubernetes: { pod_name: 'p' } })),
        ),
        LINES,
      );
    });
  }
});
