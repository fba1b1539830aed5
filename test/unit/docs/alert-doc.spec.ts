/**
 * docs/alert.md shows what the code makes of the capture today: each line of the brief with its answer, and
 * the two alerts whole.
 */
import { alertDocument } from '@arrivals/core';
import assert from 'node:assert/strict';
import {
  type ExampleAlert,
  exampleAlerts,
  INVESTIGATION_HEAD,
  investigationRows,
  RESOLUTION_HEAD,
  resolutionRows,
} from '../../support/example-alerts.ts';
import { readText, STALE, tableOf } from './markdown.ts';

describe('docs/alert.md', function () {
  this.timeout(20_000);
  const sections = readText('docs/alert.md').split(/^## /m).slice(1);
  let examples: readonly ExampleAlert[];

  before(async () => {
    examples = await exampleAlerts();
  });

  const each = (hold: (example: ExampleAlert, section: string) => void): void => {
    assert.deepEqual(
      sections.map((section) => section.split('\n')[0]),
      [...examples.map(({ title }) => title), 'Reasons of Pod Security'],
      STALE,
    );
    for (const [i, example] of examples.entries()) hold(example, sections[i] ?? '');
  };

  it('answers each line of the brief as the alert does', () => {
    each((example, section) => {
      const [investigate = '', resolve = ''] = section.split(/^### /m).slice(1);
      assert.deepEqual(tableOf(investigate, INVESTIGATION_HEAD), investigationRows(example), STALE);
      assert.deepEqual(tableOf(resolve, RESOLUTION_HEAD), resolutionRows(example), STALE);
    });
  });

  it('shows the alerts whole', () => {
    each(({ alert }, section) => {
      const [, json] = /^```json\n([^]*?)^```$/m.exec(section) ?? [];
      assert.deepEqual(JSON.parse(json ?? 'null'), alertDocument(alert), STALE);
    });
  });

  it('has a line for every step of the alert, and each question a status and an answer', () => {
    for (const { alert, investigate, resolve, title, about } of examples) {
      const idsOf = (lines: ExampleAlert['investigate']): readonly string[] =>
        lines.flatMap(([, ...ids]) => ids).sort();
      assert.deepEqual(idsOf(investigate), alert.investigation.map(({ id }) => id).sort());
      assert.deepEqual(idsOf(resolve), alert.resolution.map(({ id }) => id).sort());
      for (const { id, status, command } of alert.investigation)
        assert.ok(status !== 'notObservable' || command !== null || id === 'first-seen', id);
      for (const [, , , status, answer] of investigationRows({ alert, investigate, resolve, title, about }))
        assert.ok(status !== 'not answered' && answer !== '');
    }
  });

  it('is of what the scenarios say: dave granted himself the right, victor granted it to heidi', () => {
    const [pod, namespace] = examples.map(({ alert }) => alert);
    assert.equal(pod?.author?.creator?.username, 'dave');
    assert.equal(pod.author.templateAuthor?.username, 'dave');
    assert.equal(pod.context?.grants[0]?.selfGranted, true);
    assert.equal(namespace?.actor.username, 'heidi');
    assert.equal(namespace.context?.grants[0]?.selfGranted, false);
  });
});
