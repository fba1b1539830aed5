/**
 * The author of a pod: on captures of a real API server with the truth from its own watches, in the order of
 * delivery and in others.
 */
import { type AuditEvent, WATCHES_MAX } from '@arrivals/core';
import type { Attribution } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { SEED } from '../samples.ts';
import {
  answered,
  answeredAlongTheWay,
  type ContextCapture,
  contextOf,
  creationsIn,
  keyOf,
  madeFrom,
  readContextCapture,
  shuffled,
  type TruePod,
} from './captures.ts';

const PARTS = ['creator', 'templateAuthor', 'scaler'] as const;

function username(attribution: Attribution): string | null {
  return attribution.known
    ? attribution.action.username
    : attribution.why === 'none'
      ? null
      : `(${attribution.why})`;
}

function creationOf(
  capture: ContextCapture,
  pod: TruePod,
  creations = creationsIn(capture.events, 'Pod'),
): AuditEvent {
  return creations.get(keyOf(pod)) ?? assert.fail(`no creation of ${pod.namespace}/${pod.name}`);
}

for (const [name, policy] of [
  ['context-our-policy', 'patches without bodies'],
  ['context-fixed-servers', 'patches with bodies'],
] as const) {
  describe(`author, ${policy}`, () => {
    let capture: ContextCapture;
    before(() => {
      capture = readContextCapture(name);
    });

    it('is right for every pod, or names all between whom the events do not decide', async () => {
      const context = await contextOf(capture.events);
      const creations = creationsIn(capture.events, 'Pod');
      assert.equal(creations.size, capture.pods.length);
      const misses: string[] = [];
      for (const pod of capture.pods) {
        const { author } = await answered(context, madeFrom(creationOf(capture, pod, creations)));
        for (const part of PARTS) {
          const attribution = author[part];
          const doubt =
            part === 'templateAuthor' &&
            attribution.known &&
            pod.candidates?.includes(attribution.action.username) === true &&
            attribution.candidates.length > 1;
          const among =
            doubt && attribution.candidates.some((action) => action.username === pod.author[part]);
          if (username(attribution) !== pod.author[part] && !among)
            misses.push(
              `${pod.scenario} ${pod.name} ${part}: ${String(username(attribution))}, not ${String(pod.author[part])}`,
            );
          // Nobody is put beside the author where the events do decide.
          if (attribution.known && attribution.candidates.length > 1 && (pod.candidates ?? []).length < 2)
            misses.push(`${pod.scenario} ${pod.name} ${part}: in doubt without need`);
        }
      }
      assert.deepEqual(misses, []);
    });

    it('has the chain of owners, with who made each', async () => {
      const context = await contextOf(capture.events);
      const creations = creationsIn(capture.events, 'Pod');
      for (const pod of capture.pods) {
        const { author } = await answered(context, madeFrom(creationOf(capture, pod, creations)));
        const chain = author.chain.map(({ kind, apiVersion, name: owner, uid, created }) => ({
          kind,
          apiVersion,
          name: owner,
          uid,
          createdBy: created?.username ?? null,
        }));
        assert.deepEqual(chain, pod.chain, `${pod.scenario} ${pod.name}`);
      }
    });

    it('comes out the same from events shuffled, repeated and answered along the way', async () => {
      const ordered = await contextOf(capture.events);
      const creations = creationsIn(capture.events, 'Pod');
      const along = await answeredAlongTheWay(
        shuffled([...capture.events, ...capture.events.filter((_event, i) => i % 3 === 0)], SEED),
      );
      assert.equal(along.size, creations.size);
      for (const [key, event] of creations)
        assert.deepEqual(along.get(key)?.answers, (await answered(ordered, madeFrom(event))).answers, key);
    });

    it('comes out the same as it is delivered, within what the port keeps of those who wait', async () => {
      const ordered = await contextOf(capture.events);
      const along = await answeredAlongTheWay(capture.events, WATCHES_MAX);
      for (const [key, event] of creationsIn(capture.events, 'Pod'))
        assert.deepEqual(along.get(key)?.answers, (await answered(ordered, madeFrom(event))).answers, key);
    });

    it('comes out the same when everything but the pods is late', async () => {
      const ordered = await contextOf(capture.events);
      const creations = creationsIn(capture.events, 'Pod');
      const made = new Set(creations.values());
      const along = await answeredAlongTheWay([
        ...made,
        ...shuffled(
          capture.events.filter((event) => !made.has(event)),
          3,
        ),
      ]);
      for (const [key, event] of creations)
        assert.deepEqual(along.get(key)?.answers, (await answered(ordered, madeFrom(event))).answers, key);
    });

    it('goes through the pod whose token was used', async () => {
      const context = await contextOf(capture.events);
      const of = async (scenario: string) => {
        const pod =
          capture.pods.find(
            (candidate) => candidate.scenario === scenario && candidate.revision === undefined,
          ) ?? assert.fail(scenario);
        const { author } = await answered(context, madeFrom(creationOf(capture, pod)));
        return author.viaPods.map(({ creator, issuedTo }) => [username(creator), issuedTo]);
      };
      assert.deepEqual((await of('token-made-by-a-person')).flat(), ['anna', 'dora']);
      const [[author, issuedTo] = []] = await of('stolen-token');
      assert.equal(author, 'anna');
      assert.match(issuedTo ?? '', /^system:node:/);
    });
  });
}

describe('grant', () => {
  for (const name of ['context-our-policy', 'context-fixed-servers']) {
    it(`is right for every pod and namespace, and so is whether it was self-given: ${name}`, async () => {
      const capture = readContextCapture(name);
      const context = await contextOf(capture.events);
      const check = async (event: AuditEvent, what: Pick<TruePod, 'grants' | 'name' | 'scenario'>) => {
        const { grants } = await answered(context, madeFrom(event));
        const truth =
          capture.grants[what.grants.templateAuthor ?? what.grants.creator ?? -1] ?? assert.fail();
        const grant = grants[0] ?? assert.fail();
        const named = (
          part:
            | { readonly kind: string; readonly name: string; readonly namespace?: string | null }
            | null
            | undefined,
        ) =>
          part === null || part === undefined
            ? null
            : { kind: part.kind, namespace: part.namespace ?? null, name: part.name };
        assert.deepEqual(
          [named(grant.binding), named(grant.role), named(grant.subject), grant.selfGranted],
          [named(truth.binding), named(truth.role), named(truth.subject), truth.selfGranted],
          `${what.scenario} ${what.name}`,
        );
        // What a controller does to a role of its own accord is not in the scenarios' books.
        const people = grant.changes.filter(
          ({ action }) => !action.username.endsWith('clusterrole-aggregation-controller'),
        );
        const true_ = truth.changes.filter(
          ({ user }) => !user.endsWith('clusterrole-aggregation-controller'),
        );
        assert.deepEqual(
          people.map(({ of, action }) => `${of} ${action.username}`),
          true_.map(({ of, user }) => `${of} ${user}`),
          `${what.scenario} ${what.name}`,
        );
      };
      const pods = creationsIn(capture.events, 'Pod');
      for (const pod of capture.pods) {
        // Where the author is in doubt, so is his grant.
        if ((pod.candidates ?? []).length > 1) continue;
        await check(creationOf(capture, pod, pods), pod);
      }
      const namespaces = creationsIn(capture.events, 'Namespace');
      for (const namespace of capture.namespaces)
        await check(namespaces.get(keyOf(namespace)) ?? assert.fail(namespace.name), namespace);
    });
  }

  it('names system:masters and the Node authorizer, which give no reason', async () => {
    const capture = readContextCapture('context-our-policy');
    const context = await contextOf(capture.events);
    const of = async (scenario: string, by: string) => {
      const pod =
        capture.pods.find((candidate) => candidate.scenario === scenario && candidate.by === by) ??
        assert.fail(scenario);
      return (await answered(context, madeFrom(creationOf(capture, pod)))).grants[0] ?? assert.fail();
    };
    assert.equal((await of('mirror-pod', 'system:node:edge-1')).authorizer, 'node');
    const admin = capture.pods.find(({ by, name }) => by === 'admin' && name === 'vault') ?? assert.fail();
    assert.equal((await of(admin.scenario, 'admin')).authorizer, 'systemMasters');
  });
});
