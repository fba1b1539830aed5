/** What could not be seen, and why. */
import type { Unknown } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, podCreated, truncated } from '../../core/alert/creations.ts';
import { captured, linesOf } from './explained.ts';

const TITLE = 'What could not be seen';

describe('what could not be seen', () => {
  it('stands by reason, each field with what is known of the cause, and with what would show it', () => {
    const lines = linesOf(
      alertOf(
        atLevelMetadata(podCreated({ event: { annotations: { 'authorization.k8s.io/decision': 'allow' } } })),
      ),
      TITLE,
    );
    assert.equal(lines[0], '- The audit policy records too little');
    assert.match(
      lines[1] ?? '',
      /^- object\.uid, .*object\.hostAccess, podSecurity: recorded at level Metadata, which has no bodies$/,
    );
    assert.deepEqual([lines[2], lines[4]], ['- Not decided by RBAC', '- Not in the event']);
    assert.match(lines[3] ?? '', /^- grant\.binding, grant\.role, grant\.subject: allowed without a reason/);
    assert.match(lines[5] ?? '', /^- context\.serviceAccount: /);
    assert.match(lines[6] ?? '', /`arrivals webhook-config --part policy`/);
    assert.equal(lines.length, 7);
  });

  it('has every field that the alert calls unknown, once', () => {
    for (const event of [atLevelMetadata(podCreated()), truncated(podCreated())]) {
      const alert = alertOf(event);
      const text = linesOf(alert, TITLE).join('\n');
      for (const { path } of alert.unknown)
        assert.equal(
          text.split(new RegExp(`(?<![\\w.])${path.replaceAll('.', '\\.')}(?![\\w.])`)).length,
          2,
          path,
        );
    }
  });

  it('is not nothing where something was not assessed', () => {
    const alert = captured('web-1');
    assert.ok(alert.risk.notAssessed.length > 0);
    const [line] = linesOf({ ...alert, unknown: [] }, TITLE);
    assert.equal(
      line,
      'The event showed all that an alert tells. What the risk could not be judged by stands with it: not assessed.',
    );
  });

  it('is nothing, in so many words, where all was seen', () => {
    const alert = captured('web-1');
    const { risk } = alert;
    assert.deepEqual(linesOf({ ...alert, unknown: [], risk: { ...risk, notAssessed: [] } }, TITLE), [
      'Nothing: the event showed all that an alert tells.',
    ]);
  });

  it('has what was shortened, the first ones by name', () => {
    const cuts = Array.from({ length: 15 }, (_unused, i) => ({
      path: `object.labels.l${String(i)}`,
      kept: 64,
      of: 200,
    }));
    const [line = ''] = linesOf({ ...captured('web-1'), unknown: [], cuts }, TITLE);
    assert.match(
      line,
      /^- Shortened, to keep the record small: object\.labels\.l0 \(64 of 200\), .* and 3 more$/,
    );
  });

  it('shows a reason that it does not know as it is', () => {
    const unknown = [
      { path: 'object.owner', reason: 'NOT_YET', detail: 'it may come' },
    ] as unknown as readonly Unknown[];
    assert.deepEqual(linesOf({ ...captured('web-1'), unknown }, TITLE), [
      '- NOT_YET',
      '- object.owner: it may come',
    ]);
  });
});
