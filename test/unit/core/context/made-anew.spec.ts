/**
 * Names that are made again and again, with pods of every life of them, all of whose events come before
 * anybody asks.
 */
import { contextFactsOf, contextSubjects, creationContextOf, creationQueryOf } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { MemoryContext } from '../../../support/memory-facts.ts';
import type { Json } from '../samples.ts';
import { CLUSTER, known } from './captures.ts';
import { alertWith } from './creations.ts';
import { CONTROLLERS, did, image, pod, type LruRow } from './stories.ts';

/** As many creations as are kept of a name. */
const KEPT = 32;
const HOST: Json = { containers: [{ name: 'c', image: 'evil:1', securityContext: { privileged: true } }] };

const agent = (life: number, kind = 'DaemonSet', resource = 'daemonsets'): LruRow => ({
  apiVersion: 'apps/v1',
  kind,
  resource,
  name: 'agent',
  uid: `agent-${String(life)}`,
  spec: image('evil:1'),
});

/** One life of the name: created, its pod created, and deleted where set. */
function life(
  number: number,
  username: string,
  isDeleted = false,
): { readonly events: readonly Json[]; readonly pod: Json } {
  const own = agent(number);
  const its = did(
    10 * number + 2,
    `${CONTROLLERS}daemon-set-controller`,
    'create',
    pod(`agent-${String(number)}-x`, { owner: own, spec: HOST }),
  );
  return {
    events: [
      did(10 * number + 1, username, 'create', own),
      its,
      ...(isDeleted ? [did(10 * number + 3, username, 'delete', own)] : []),
    ],
    pod: its,
  };
}

const lives = (count: number, username: string, isDeleted = false) =>
  Array.from({ length: count }, (_, i) => life(i + 1, username, isDeleted));

async function answersFor(events: readonly Json[]) {
  const context = new MemoryContext();
  await context.remember(
    events.flatMap((event) => contextFactsOf(CLUSTER, readAuditEvent(event))),
    0,
  );
  return async (of: Json) => {
    const event = readAuditEvent(of);
    const query = creationQueryOf('Pod', event) ?? assert.fail('no user or time');
    let facts = await known(context, []);
    for (let wanted = contextSubjects(query, facts); wanted.some((about) => !facts.has(about));) {
      facts = new Map([...wanted.map((about) => [about, []] as const), ...(await known(context, wanted))]);
      wanted = contextSubjects(query, facts);
    }
    const creation = creationContextOf(query, facts);
    return {
      author: creation.author,
      alert: alertWith(event, creation),
      namespace: creation.surroundings?.namespace,
    };
  };
}

describe('a name that is created again', () => {
  for (const isDeleted of [false, true]) {
    it(`has an author in each of its lives, ${isDeleted ? 'each deleted before the next' : 'nothing seen deleted'}`, async () => {
      const all = lives(20, 'mallory', isDeleted);
      const answer = await answersFor(all.flatMap(({ events }) => events));
      for (const [i, { pod: its }] of all.entries()) {
        const { author } = await answer(its);
        assert.ok(author.creator.known, `life ${String(i + 1)}`);
        assert.deepEqual(
          [author.creator.action.username, author.creator.action.received],
          ['mallory', author.chain[0]?.created?.received],
        );
      }
    });
  }

  it('has the author of each life where several take turns', async () => {
    const all = Array.from({ length: 20 }, (_, i) => ({
      by: i % 3 === 0 ? 'mallory' : 'anna',
      ...life(i + 1, i % 3 === 0 ? 'mallory' : 'anna'),
    }));
    const answer = await answersFor(all.flatMap(({ events }) => events));
    for (const { by, pod: its } of all) {
      const { author } = await answer(its);
      assert.equal(author.creator.known && author.creator.action.username, by);
    }
  });

  it('keeps its author, however many objects of other kinds somebody else gives that name', async () => {
    const own = life(1, 'anna');
    const others = Array.from({ length: 3 * KEPT }, (_, i) =>
      did(20 + i, 'mallory', 'create', agent(100 + i, 'StatefulSet', 'statefulsets')),
    );
    const answer = await answersFor([...own.events, ...others]);
    const { author } = await answer(own.pod);
    assert.equal(author.creator.known && author.creator.action.username, 'anna');
  });

  it('has no author that is known any more where more were made than are kept, and shows that', async () => {
    const all = lives(KEPT + 8, 'mallory');
    const answer = await answersFor(all.flatMap(({ events }) => events));
    const { author, alert } = await answer(all[0]?.pod ?? {});
    assert.deepEqual([author.chainEnd, author.creator], ['forgotten', { known: false, why: 'forgotten' }]);
    assert.match(alert.headline, /^Somebody whose request is not kept any more is behind the /);
    const missing = alert.unknown.find(({ path }) => path === 'author.creator');
    assert.match(
      missing?.detail ?? '',
      /more were made or changed under the name of its owner than are kept/,
    );
    const last = await answer(all.at(-1)?.pod ?? {});
    assert.equal(last.author.creator.known && last.author.creator.action.username, 'mallory');
  });

  it('leaves what it would have taken the author for unassessed, never harmless', async () => {
    const all = lives(KEPT + 8, 'mallory');
    const answer = await answersFor(all.flatMap(({ events }) => events));
    const { alert } = await answer(all[0]?.pod ?? {});
    const entry = alert.risk.notAssessed.find(({ signals }) => signals.includes('system-namespace'));
    assert.match(entry?.detail ?? '', /is not known any more/);
  });

  it('is not the one that somebody made without a recorded body, where a younger creation may have been pushed out', async () => {
    const nameless = {
      ...did(1, 'anna', 'create', agent(0)),
      level: 'Metadata',
      requestObject: undefined,
      responseObject: undefined,
    };
    const all = lives(KEPT + 8, 'mallory');
    const answer = await answersFor([nameless, ...all.flatMap(({ events }) => events)]);
    const { author } = await answer(all[0]?.pod ?? {});
    assert.deepEqual(author.creator, { known: false, why: 'forgotten' });
  });
});

describe('a namespace that is created again', () => {
  const space = (second: number, verb: 'create' | 'delete', uid: string): Json => ({
    ...did(second, 'mallory', verb, {
      apiVersion: 'v1',
      kind: 'Namespace',
      resource: 'namespaces',
      name: 'shop',
      uid,
    }),
    objectRef: { resource: 'namespaces', name: 'shop', apiVersion: 'v1' },
  });
  const lived = (count: number): readonly Json[] =>
    Array.from({ length: count }, (_, i) => [
      space(100 * i + 1, 'create', String(i)),
      space(100 * i + 99, 'delete', String(i)),
    ]).flat();
  const early = did(50, 'mallory', 'create', pod('early', { spec: HOST }));

  it('has the age of the life that a pod was made in', async () => {
    const { namespace } = await (await answersFor([...lived(10), early]))(early);
    assert.equal(namespace?.ageSeconds, 49);
  });

  it('has no age that is known any more where it was made more often than is kept', async () => {
    const { namespace, alert } = await (await answersFor([...lived(40), early]))(early);
    assert.deepEqual(
      [namespace?.isEvicted, namespace?.created, namespace?.ageSeconds],
      [true, undefined, undefined],
    );
    const entry = alert.risk.notAssessed.find(({ signals }) => signals.includes('risky-in-new-namespace'));
    assert.match(entry?.detail ?? '', /made and deleted more often than is kept/);
  });
});
