/** The risk and its reasons. */
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, podCreated } from '../../core/alert/creations.ts';
import { captured, linesOf } from './explained.ts';

describe('the risk', () => {
  it('has the score, each reason with points and techniques, and the version of ATT&CK', () => {
    const lines = linesOf(captured('root-shell'), 'Risk');
    assert.equal(
      lines[0],
      'CRITICAL: 100 of 100 (the points add up to 200). Confidence MEDIUM: something that the signals look at was not seen.',
    );
    assert.equal(
      lines[2],
      '+40 Runs privileged, with the node’s devices and every capability: "c". [privileged-container; T1611 Escape to Host]',
    );
    assert.equal(lines.filter((line) => line.startsWith('+')).length, 7);
    assert.ok(lines.includes('Techniques are those of MITRE ATT&CK v17.1.'));
  });

  it('shows what lowers it with its sign', () => {
    const alert = captured('root-shell');
    const discount = {
      id: 'known-pipeline' as const,
      points: -20,
      techniqueIds: [],
      text: 'Made by "ci".',
      fields: [],
    };
    const lines = linesOf({ ...alert, risk: { ...alert.risk, signals: [discount] } }, 'Risk');
    assert.equal(lines[1], '-20 Made by "ci". [known-pipeline]');
  });

  it('says that nothing was found, where all was looked at', () => {
    const alert = captured('web-1');
    const risk = { ...alert.risk, confidence: 'high' as const, notAssessed: [] };
    assert.deepEqual(linesOf({ ...alert, risk }, 'Risk'), [
      'INFORMATIONAL: 0 of 100. Confidence HIGH: all that the signals look at was seen.',
      'Nothing was found that raises it.',
    ]);
  });

  it('says what was not assessed and why, and that this does not mean harmless', () => {
    const lines = linesOf(alertOf(atLevelMetadata(podCreated())), 'Risk');
    assert.equal(lines[0], 'MEDIUM: 40 of 100. Confidence LOW: what decides was not seen.');
    const start = lines.indexOf('Not assessed, which does not mean harmless:');
    assert.ok(start > 0);
    assert.match(
      lines[start + 1] ?? '',
      /^- .*privileged-container.*: recorded at level Metadata, which has no bodies$/,
    );
  });
});
