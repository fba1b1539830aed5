/**
 * docs/detection.md has every shape that was tried on a real API server, each in one row, with the outcome
 * that the tests hold to.
 */
import assert from 'node:assert/strict';
import { SHAPES } from '../core/shapes/capture.ts';
import { CLAIMS } from '../core/shapes/claims.ts';
import { CREATIONS } from '../core/shapes/creations.ts';
import type { Expected } from '../core/shapes/expected.ts';
import { REFUSALS } from '../core/shapes/refusals.ts';
import { readText, tableOf } from './markdown.ts';

const EXPECTED: ReadonlyMap<string, Expected> = new Map(
  Object.values({ ...CREATIONS, ...CLAIMS, ...REFUSALS }).flatMap((group) => Object.entries(group)),
);

/** The names between backquotes; one that ends with an ellipsis stands for all that begin so. */
function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => {
    const found = [...SHAPES.keys()].filter((shape) =>
      name.endsWith('…') ? shape.startsWith(name.slice(0, -1)) : shape === name,
    );
    assert.ok(found.length > 0, `no test is called ${name}`);
    return found;
  });
}

function outcomeOf(expected: Expected): string {
  if (expected.outcome === 'alerted') return expected.confirmed ? 'alert' : 'alert, unconfirmed';
  return `filtered: ${expected.filtered.at(-1) ?? ''}`;
}

describe('docs/detection.md', () => {
  const document = readText('docs/detection.md');
  const [shapes = ''] = document.split('\n## Who controls');
  const rows = tableOf(shapes, ['Shape', 'Outcome', 'What is known, or why', 'Tests']);

  it('has every shape, in one row', () => {
    const named = rows.flatMap(([, , , tests = '']) => namesIn(tests));
    assert.deepEqual([...named].sort(), [...SHAPES.keys()].sort());
  });

  for (const [shape = '', outcome = '', , tests = ''] of rows) {
    it(`has the outcome of its tests: ${shape}`, () => {
      for (const name of namesIn(tests))
        assert.equal(outcomeOf(EXPECTED.get(name) ?? assert.fail(name)), outcome, name);
    });
  }

  it('counts them right', () => {
    assert.ok(document.includes(`${String(SHAPES.size)} shapes`));
  });
});
