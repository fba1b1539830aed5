/** The author, as a person reads it. */
import { readAlertJson } from '@arrivals/adapters/avro';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { captured, linesOf } from './explained.ts';

const TITLE = 'Author';
/** Written by hand: a Deployment's pod of somebody who had given himself the right. */
const ALERT = readAlertJson(
  JSON.parse(
    readFileSync(new URL('../../../../fixtures/avro/alert.3.fastavro.json', import.meta.url), 'utf8'),
  ),
);

describe('the author of an alert', () => {
  it('has the owners, who made, wrote and scaled it, and how his right came about', () => {
    const text = linesOf(ALERT, TITLE).join('\n');
    for (const part of [
      /ReplicaSet web-68d4f7dbbd; of Deployment web, made by dave/,
      /dave, 2026-11-22 14:08:39 UTC from 203\.0\.113\.9 with "kubectl\/v1\.35\.4"; or anna, as their writes came too close together to tell/,
      /ben acting as anna \(Argo CD: look at who changed its repository\)/,
      /Deployment web, made by dave, last changed by carol, 2026-11-22 14:08:40 UTC/,
      /restarted by ben acting as anna/,
      /Content by +erik/,
      /Replaces +the pod web-0, evicted by grace/,
      /dave granted it to themselves/,
      /binding created by dave from 203\.0\.113\.9, 2026-11-22 14:07:59 UTC, 40 s before: this gave the right/,
      /in half an hour: at least 33 denied/,
      /image x/,
      /\(everything\)/,
      /the token of pod builder\/runner-0, made by anna/,
      /Pod Security enforce restricted; NetworkPolicies deny/,
    ])
      assert.match(text, part);
  });

  it('of what was made directly has its maker, and says plainly when no binding gave the right', () => {
    const text = linesOf(captured('root-shell'), TITLE).join('\n');
    assert.match(text, /Made by: admin|admin, 2026/);
    assert.match(text, /a member of system:masters, whom nothing refuses/);
  });

  it('says whom the stream may have shown and nobody knows any more', () => {
    const author = {
      ...(ALERT.author ?? assert.fail('no author')),
      chainEnd: 'forgotten',
      creator: null,
      templateAuthor: null,
    };
    const text = linesOf({ ...ALERT, author }, TITLE).join('\n');
    assert.match(text, /; above that it is not known any more, as more of its name were made than are kept/);
    assert.match(text, /Created by +not known any more/);
  });

  it('says that it was not asked where the state was away', () => {
    assert.deepEqual(linesOf({ ...ALERT, author: null, context: null }, TITLE), [
      'Not asked: the state store was away, or the event names nobody.',
    ]);
  });
});
