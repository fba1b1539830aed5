/**
 * What the actor did before, what is seen for the first time, and the surroundings: on a capture whose
 * scenarios are known.
 */
import type { AuditEvent, RecalledFact } from '@arrivals/core';
import {
  actorObservations,
  actorSubjects,
  actionOf,
  accountBindingSubjects,
  accountBindings,
  firstSeenOf,
  imageObservations,
  subjectsOfAccount,
  surroundingsOf,
  surroundingSubjects,
  timelineOf,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import type { MemoryContext } from '../../../support/memory-facts.ts';
import { dig } from '../samples.ts';
import { type ContextCapture, contextOf, creationsIn, known, readContextCapture } from './captures.ts';

const HOUR_MICROS = 3_600_000_000;

describe('actor and surroundings', () => {
  let capture: ContextCapture;
  let context: MemoryContext;
  before(async () => {
    capture = readContextCapture('context-fixed-servers');
    context = await contextOf(capture.events);
  });

  const creation = (kind: 'Pod' | 'Namespace', namespace: string | undefined, name: string): AuditEvent =>
    [...creationsIn(capture.events, kind).values()].find(
      (event) =>
        (event.objectRef.name ?? dig(event.responseObject, 'metadata', 'name')) === name &&
        (namespace === undefined || event.objectRef.namespace === namespace),
    ) ?? assert.fail(name);
  const actIn = (event: AuditEvent) => actionOf(event) ?? assert.fail();
  const counts = async (event: AuditEvent) => {
    const action = actIn(event);
    const parts = timelineOf(action, await known(context, actorSubjects(action, [])));
    return Object.fromEntries(
      parts.filter(({ count }) => count > 0).map(({ operation, count }) => [operation, count]),
    );
  };

  it('shows what dave did before he deployed: refused, bound, read a secret, asked for a token', async () => {
    const done = await counts(creation('Pod', 'pay', 'night-shell'));
    const { denied = 0, ...others } = done;
    assert.ok(denied >= 3, String(denied));
    assert.deepEqual(
      { secrets: others['secrets'], rbac: others['rbac'], token: others['token'] },
      { secrets: 1, rbac: 1, token: 1 },
    );
  });

  it('shows nothing of what came after, nor of others', async () => {
    const first = creation('Pod', 'pay', 'till');
    assert.deepEqual(await counts(first), {});
  });

  it('attributes a refused impersonation, and what was done under another name, to the one who did it', async () => {
    const event = creation('Pod', 'shop', 'as-anna');
    const done = await counts(event);
    assert.ok((done['denied'] ?? 0) >= 1 && (done['impersonation'] ?? 0) >= 1);
    assert.equal(actIn(event).username, 'oscar');
  });

  it('is learning, with its start, before anything is new', async () => {
    const event = creation('Pod', 'delivery', 'free');
    const action = actIn(event);
    const observations = [...actorObservations(action, 'delivery'), ...imageObservations(event)];
    const facts = await known(context, actorSubjects(action, observations));
    const of = (learningMicros: number) =>
      Object.fromEntries(
        firstSeenOf(action.received, observations, facts, learningMicros).map(({ what, seen }) => [
          what,
          seen.status,
        ]),
      );
    assert.deepEqual(of(HOUR_MICROS), {
      actor: 'learning',
      address: 'learning',
      userAgent: 'learning',
      accountInNamespace: 'learning',
      image: 'learning',
      // It was seen before, but less than a day before.
      registry: 'learning',
    });
    assert.deepEqual(of(0), {
      actor: 'first',
      address: 'first',
      userAgent: 'first',
      accountInNamespace: 'first',
      image: 'first',
      registry: 'first',
    });
    const learning = firstSeenOf(action.received, observations, facts)[0]?.seen ?? assert.fail();
    assert.ok(
      learning.status === 'learning' &&
        learning.watchedSince !== undefined &&
        learning.watchedSince < action.received,
    );
  });

  describe('a name', () => {
    const DAY = 24 * HOUR_MICROS;
    const NOW = 30 * DAY;
    const observations = [{ what: 'userAgent' as const, name: 'evil/1', about: 'seen/userAgent/x' }];
    const first = (order: number): readonly RecalledFact[] => [
      { kind: 'first', id: 'x', order, value: { at: order } },
    ];
    const seen = (at: number | undefined, watched: number | undefined, forgottenMs?: number) =>
      firstSeenOf(
        NOW,
        observations,
        new Map([
          ...(at === undefined ? [] : [['seen/userAgent/x', first(at)] as const]),
          ...(watched === undefined ? [] : [['since', first(watched)] as const]),
          ...(forgottenMs === undefined
            ? []
            : [
                [
                  'forgotten/seen/userAgent',
                  [{ kind: 'forgotten', id: 'forgotten', order: forgottenMs, value: {} }],
                ] as const,
              ]),
        ]),
      )[0]?.seen;

    for (const [what, found, expected] of [
      ['never seen is new', seen(undefined, 0), { status: 'first' }],
      [
        'seen first a second before is new, and dated',
        seen(NOW - 1_000_000, 0),
        { status: 'first', since: NOW - 1_000_000 },
      ],
      [
        'seen first almost a day before is new, and dated',
        seen(NOW - DAY + 1, 0),
        { status: 'first', since: NOW - DAY + 1 },
      ],
      ['seen a day before is not', seen(NOW - DAY, 0), { status: 'seen', since: NOW - DAY }],
      ['seen first with the creation itself is new', seen(NOW, 0), { status: 'first' }],
      [
        'is not reported while the stream is young',
        seen(undefined, NOW - DAY),
        { status: 'learning', watchedSince: NOW - DAY },
      ],
      [
        'seen first a second before is not reported either then',
        seen(NOW - 1_000_000, NOW - DAY),
        { status: 'learning', watchedSince: NOW - DAY },
      ],
      [
        'is not reported when nothing is known',
        seen(undefined, undefined),
        { status: 'learning', watchedSince: undefined },
      ],
      [
        'is not reported when such names were evicted lately',
        seen(undefined, 0, (NOW - DAY) / 1000),
        { status: 'learning', watchedSince: NOW - DAY },
      ],
      [
        'is new when such names were evicted long ago',
        seen(undefined, 0, (NOW - 8 * DAY) / 1000),
        { status: 'first' },
      ],
    ] as const) {
      it(what, () => {
        assert.deepEqual(found, expected);
      });
    }
  });

  it('finds that an account is bound to cluster-admin', async () => {
    const subjects = subjectsOfAccount('ops', 'backup');
    const event = creation('Pod', 'ops', 'backup-now');
    const bound = accountBindings(
      subjects,
      actIn(event).received,
      await known(context, accountBindingSubjects(subjects)),
    );
    assert.deepEqual(
      bound.map(({ binding, role, allRights, confirmed, by }) => [
        binding.kind,
        binding.name,
        role?.name,
        allRights,
        confirmed,
        by.username,
      ]),
      [['ClusterRoleBinding', 'backup-admin', 'cluster-admin', true, true, 'victor']],
    );
    assert.deepEqual(
      accountBindings(subjects, 0, await known(context, accountBindingSubjects(subjects))),
      [],
    );
  });

  it('finds an account bound by its group', async () => {
    const subjects = subjectsOfAccount('delivery', 'deployer');
    const bound = accountBindings(
      subjects,
      Number.MAX_SAFE_INTEGER,
      await known(context, accountBindingSubjects(subjects)),
    );
    assert.ok(
      bound.some(
        ({ binding, subject }) =>
          binding.name === 'pipelines' && subject.name === 'system:serviceaccounts:delivery',
      ),
    );
  });

  it('shows labels, Pod Security level, quota, policies and Services that apply', async () => {
    const event =
      [...creationsIn(capture.events, 'Pod').values()].find(
        ({ responseObject }) => dig(responseObject, 'metadata', 'labels', 'app') === 'web',
      ) ?? assert.fail();
    const labels = dig(event.responseObject, 'metadata', 'labels') as Readonly<Record<string, string>>;
    const facts = await known(context, surroundingSubjects('shop'));
    const around = surroundingsOf(
      { namespace: 'shop', labels, claims: [], moment: actIn(event).received },
      facts,
    );
    assert.deepEqual(around.namespace.podSecurity, { enforce: 'baseline' });
    assert.equal(around.namespace.created?.username, 'grace');
    assert.ok((around.namespace.ageSeconds ?? 0) > 0);
    assert.deepEqual(
      around.quotas.map(({ name }) => name),
      ['pods'],
    );
    assert.deepEqual(around.networkPolicies.map(({ name, confirmed }) => [name, confirmed]).sort(), [
      ['default-deny', true],
      ['web-from-edge', true],
    ]);
    assert.deepEqual(around.services.map(({ name }) => name).sort(), ['web', 'web-lb']);
    assert.deepEqual(around.namespace.criticality, { critical: false });
    const other = surroundingsOf(
      { namespace: 'shop', labels: { app: 'other' }, claims: [], moment: 0 },
      facts,
      {
        systemNamespaces: [],
        criticalNamespaces: ['shop'],
      },
    );
    assert.deepEqual(
      [other.networkPolicies.length, other.services.length, other.namespace.criticality.critical],
      [1, 0, true],
    );
  });
});
