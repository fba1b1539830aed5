/**
 * Restarts and roll-backs: who started what somebody else wrote, reported only where the content shows it.
 */
import assert from 'node:assert/strict';
import type { Json } from '../samples.ts';
import {
  byDeployment,
  deployment,
  did,
  didUnseen,
  image,
  podOf,
  replicaSet,
  revision,
  toldOf,
} from './stories.ts';

const web = deployment('web');
const written = (spec: Json) => deployment('web', { spec });
const set = (name: string, number: number, spec: Json) =>
  replicaSet(name, { owner: web, annotations: revision(number), spec });

const BEGINNING = [
  did(1, 'anna', 'create', written(image('web:1'))),
  byDeployment(2, 'create', set('web-1', 1, image('web:1'))),
];

describe('a pod’s template', () => {
  it('of a restart is reported with who wrote the content', async () => {
    const again = set('web-2', 2, image('web:1', '2026-11-22T14:11:00Z'));
    const { headline, alert, source } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'carol', 'patch', web),
      byDeployment(61, 'create', again),
      podOf(62, again),
    ]);
    assert.equal(
      headline,
      '“carol” restarted the Deployment “shop/web” as “anna” wrote it (its pod “shop/web-2-b”)',
    );
    assert.match(source, /; template restarted by “carol” at .*, whose content was written by “anna” at /);
    assert.deepEqual(
      [
        alert.author?.templateAction,
        alert.author?.templateAuthor?.username,
        alert.author?.contentAuthor?.username,
      ],
      ['restarted', 'carol', 'anna'],
    );
  });

  it('of a second restart still has the author of the content', async () => {
    const first = set('web-2', 2, image('web:1', '2026-11-22T14:11:00Z'));
    const second = set('web-3', 3, image('web:1', '2026-11-22T14:12:00Z'));
    const { author } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'carol', 'patch', web),
      byDeployment(61, 'create', first),
      didUnseen(120, 'dave', 'patch', web),
      byDeployment(121, 'create', second),
      podOf(122, second),
    ]);
    assert.ok(author.templateAuthor.known && author.contentAuthor.known);
    assert.deepEqual(
      [author.templateAuthor.action.username, author.contentAuthor.action.username],
      ['dave', 'anna'],
    );
  });

  it('is no restart where the content is another, whatever the annotation', async () => {
    const other = set('web-2', 2, image('evil:1', '2026-11-22T14:11:00Z'));
    const { headline, author } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'mallory', 'patch', web),
      byDeployment(61, 'create', other),
      podOf(62, other),
    ]);
    assert.equal(headline, '“mallory” changed the Deployment “shop/web” (its pod “shop/web-2-b”)');
    assert.deepEqual([author.templateAction, author.contentAuthor], ['wrote', { known: false, why: 'none' }]);
  });

  it('of an undo is reported with who wrote what it goes back to', async () => {
    const { headline, author } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'ben', 'patch', web),
      byDeployment(61, 'create', set('web-2', 2, image('web:2'))),
      didUnseen(90, 'carol', 'patch', web),
      byDeployment(91, 'update', set('web-1', 3, image('web:1'))),
      podOf(92, set('web-1', 3, image('web:1'))),
    ]);
    assert.equal(
      headline,
      '“carol” rolled back the Deployment “shop/web” to what “anna” wrote (its pod “shop/web-1-b”)',
    );
    assert.equal(author.templateAction, 'rolledBack');
  });

  it('of an undo of a restart goes back as well, though the content is the same', async () => {
    const { headline } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'carol', 'patch', web),
      byDeployment(61, 'create', set('web-2', 2, image('web:1', '2026-11-22T14:11:00Z'))),
      didUnseen(90, 'dave', 'patch', web),
      byDeployment(91, 'update', set('web-1', 3, image('web:1'))),
      podOf(92, set('web-1', 3, image('web:1'))),
    ]);
    assert.equal(
      headline,
      '“dave” rolled back the Deployment “shop/web” to what “anna” wrote (its pod “shop/web-1-b”)',
    );
  });

  it('that its own author restarts has nobody beside him', async () => {
    const again = set('web-2', 2, image('web:1', '2026-11-22T14:11:00Z'));
    const { headline, author } = await toldOf([
      ...BEGINNING,
      didUnseen(60, 'anna', 'patch', web),
      byDeployment(61, 'create', again),
      podOf(62, again),
    ]);
    assert.equal(headline, '“anna” restarted the Deployment “shop/web” (its pod “shop/web-2-b”)');
    assert.deepEqual(author.contentAuthor, { known: false, why: 'none' });
  });

  it('of a ReplicaSet that is created again as it was, after it was deleted, is its author’s still', async () => {
    const anew = { ...set('web-1', 1, image('web:1')), uid: 'uid-of-another' };
    const { author } = await toldOf([
      ...BEGINNING,
      did(60, 'carol', 'delete', set('web-1', 1, image('web:1'))),
      byDeployment(61, 'create', anew),
      podOf(62, anew),
    ]);
    assert.equal(author.templateAction, 'wrote');
  });
});
