/**
 * Signals of the context: where each is raised, the nearest that does not raise it, and what is not assessed.
 */
import type { CreationContext, RiskLists } from '@arrivals/core';
import {
  type Action,
  actionOf,
  assessRisk,
  type Author,
  type AccountBinding,
  type FirstSeen,
  type GrantChange,
  readAuditEvent,
  type Risk,
  SIGNALS,
  type SignalId,
  type Surroundings,
  type Attribution,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import {
  atLevelMetadata,
  type Json,
  namespaceCreated,
  podCreated,
  unseenContext,
} from '../../alert/creations.ts';
import { as, CONTROLLER, LISTS, OWNED, pod, podWith, PRIVILEGED } from '../risks.ts';

const ACT: Action = actionOf(readAuditEvent(podCreated())) ?? assert.fail();
const known = (action: Partial<Action>, ...others: readonly Partial<Action>[]): Attribution => ({
  known: true,
  action: { ...ACT, ...action },
  candidates: [action, ...others].map((one) => ({ ...ACT, ...one })),
});
const UNSEEN: Attribution = { known: false, why: 'notSeen' };

interface Changes {
  readonly grant?: Partial<CreationContext['grants'][number]['answer']>;
  readonly author?: Partial<Author>;
  readonly bound?: CreationContext['accountBindings'];
  readonly denied?: number;
  readonly firstSeen?: readonly FirstSeen[];
  readonly surroundings?: Partial<Surroundings> & { readonly ageSeconds?: number };
}

/** Of which everything is known and nothing is reported, except for the changes. */
function contextOf(
  raw: Json,
  { grant, author, bound, denied, firstSeen, surroundings }: Changes,
): CreationContext {
  const created =
    raw['objectRef'] !== undefined && (raw['objectRef'] as Json)['resource'] === 'namespaces'
      ? 'Namespace'
      : 'Pod';
  const quiet = unseenContext(created, readAuditEvent(raw)) ?? assert.fail();
  const { namespace } = quiet.surroundings ?? assert.fail();
  const age = surroundings?.ageSeconds;
  return {
    ...quiet,
    author: { ...quiet.author, ...author },
    grants: [...authorsGrant(author), ...quiet.grants].map(({ action, answer }) => ({
      action,
      answer: { ...answer, ...grant },
    })),
    accountBindings: bound ?? [],
    timeline: quiet.timeline.map((part) =>
      part.operation === 'denied' ? { ...part, count: denied ?? 0 } : part,
    ),
    firstSeen: firstSeen ?? [],
    surroundings: {
      namespace: { ...namespace, ageSeconds: age, created: age === undefined ? undefined : ACT },
      quotas: [],
      networkPolicies: [],
      services: [],
      claims: [],
      ...surroundings,
    },
  };
}

function authorsGrant(author: Partial<Author> = {}): CreationContext['grants'] {
  const { templateAuthor } = author;
  const [own] = unseenContext('Pod', readAuditEvent(podCreated()))?.grants ?? [];
  return templateAuthor?.known !== true || own === undefined
    ? []
    : [{ ...own, action: templateAuthor.action }];
}

function riskWith(raw: Json, changes: Changes | null, lists: Partial<RiskLists> = {}): Risk {
  const event = readAuditEvent(raw);
  const created = event.objectRef.resource === 'namespaces' ? 'Namespace' : 'Pod';
  return assessRisk({
    event,
    created,
    lists: { ...LISTS, ...lists },
    context: changes === null ? null : contextOf(raw, changes),
  });
}

const idsOf = ({ signals }: Risk): readonly SignalId[] => signals.map(({ id }) => id);
const unassessed = ({ notAssessed }: Risk): readonly SignalId[] =>
  notAssessed.flatMap(({ signals }) => signals);

const change = (secondsBefore: number, parts: Partial<GrantChange> = {}): GrantChange => ({
  of: 'binding',
  what: 'created',
  action: ACT,
  secondsBefore,
  gave: true,
  ...parts,
});
const self = (...changes: readonly GrantChange[]): Changes => ({ grant: { selfGranted: true, changes } });
const CONTROLLERS: Action = { ...ACT, username: CONTROLLER.user.username };
const bob = { action: { ...ACT, username: 'bob' } };
const ROOT: AccountBinding = {
  binding: { kind: 'ClusterRoleBinding', namespace: undefined, name: 'all' },
  role: { kind: 'ClusterRole', name: 'cluster-admin' },
  subject: { kind: 'ServiceAccount', namespace: 'shop', name: 'default' },
  allRights: true,
  by: ACT,
  confirmed: true,
};
const calledBy = (issuedTo: string | undefined): Changes => ({
  author: {
    viaPods: [
      {
        pod: { namespace: 'ci', name: 'runner', uid: 'r' },
        issuedTo,
        credential: 'JTI=1',
        chain: [],
        creator: UNSEEN,
        templateAuthor: UNSEEN,
      },
    ],
  },
});
const observation = (
  what: FirstSeen['what'],
  name: string,
  status: 'first' | 'learning' | 'seen' = 'first',
): FirstSeen => ({
  what,
  name,
  seen:
    status === 'first'
      ? { status }
      : status === 'seen'
        ? { status, since: 1 }
        : { status, watchedSince: 1_700_000_000_000_000 },
});
const risky = podWith(PRIVILEGED);
const standing = [{ name: 'limits', action: ACT, confirmed: true }];
const made = pod({}, CONTROLLER, OWNED);
const by = (...actions: readonly [Partial<Action>, ...Partial<Action>[]]): Changes => ({
  author: { madeByController: true, creator: UNSEEN, templateAuthor: known(...actions) },
});
const inSystem = pod({}, CONTROLLER, { ...OWNED, namespace: 'kube-system' });

const DEPLOYER: Partial<Action> = {
  username: 'system:admin',
  address: '127.0.0.1',
  userAgent: 'deploy@cp-1/v1.34.1+rke2r1 (linux/amd64) rke2/93248f9',
};

type Case = readonly [what: string, event: Json, changes: Changes];

const CASES: Readonly<
  Partial<Record<SignalId, { readonly raised: readonly Case[]; readonly not: readonly Case[] }>>
> = {
  'self-granted-hour': {
    raised: [
      ['a right that its user gave to himself an hour before', pod({}), self(change(3_600))],
      ['a change that may have given it, among his own', pod({}), self(change(9, { gave: null }))],
      ['a namespace', namespaceCreated(), self(change(5))],
      ['an author of a controller’s pod', made, { ...by({}), ...self(change(5)) }],
    ],
    not: [
      ['one that is a second older', pod({}), self(change(3_601))],
      ['one by somebody else', pod({}), { grant: { selfGranted: false, changes: [change(5, bob)] } }],
      ['a change of his that gave nothing', pod({}), self(change(5, { gave: false }))],
      [
        'the controller’s own right, where the author was not seen',
        made,
        { author: { madeByController: true, creator: UNSEEN }, ...self(change(5, { action: CONTROLLERS })) },
      ],
    ],
  },
  'self-granted-day': {
    raised: [
      ['an hour and a second', pod({}), self(change(3_601))],
      ['a whole day', pod({}), self(change(86_400))],
    ],
    not: [
      ['an hour, which weighs more', pod({}), self(change(3_600))],
      ['a day and a second', pod({}), self(change(86_401))],
    ],
  },
  'first-impersonation': {
    raised: [
      [
        'an account that acts as somebody for the first time',
        pod({}),
        { firstSeen: [observation('impersonator', 'bot')] },
      ],
    ],
    not: [
      [
        'a proxy that has done so for long',
        pod({}),
        { firstSeen: [observation('impersonator', 'gate', 'seen')] },
      ],
    ],
  },
  'first-seen-actor': {
    raised: [
      ['a user', pod({}), { firstSeen: [observation('actor', 'alice')] }],
      ['the maker of a namespace', namespaceCreated(), { firstSeen: [observation('actor', 'alice')] }],
    ],
    not: [
      ['a user who was seen', pod({}), { firstSeen: [observation('actor', 'alice', 'seen')] }],
      [
        'the kubelet of a new node',
        pod({}, as('system:node:n')),
        { firstSeen: [observation('actor', 'system:node:n')] },
      ],
      ['a new address', pod({}), { firstSeen: [observation('address', '10.0.0.1')] }],
    ],
  },
  'first-seen-registry': {
    raised: [['a registry', pod({}), { firstSeen: [observation('registry', 'r.example')] }]],
    not: [
      [
        'while that is being learnt',
        pod({}),
        { firstSeen: [observation('registry', 'r.example', 'learning')] },
      ],
      [
        'an image of a known one',
        pod({}),
        { firstSeen: [observation('registry', 'r.example', 'seen'), observation('image', 'r.example/a')] },
      ],
    ],
  },
  'first-seen-image': {
    raised: [['an image', pod({}), { firstSeen: [observation('image', 'a:1')] }]],
    not: [['an image that was seen', pod({}), { firstSeen: [observation('image', 'a:1', 'seen')] }]],
  },
  'first-seen-user-agent': {
    raised: [['a client', pod({}), { firstSeen: [observation('userAgent', 'curl/8')] }]],
    not: [
      ['a client that was seen', pod({}), { firstSeen: [observation('userAgent', 'curl/8', 'seen')] }],
      ['an account in a namespace', pod({}), { firstSeen: [observation('accountInNamespace', 'shop')] }],
    ],
  },
  'denied-before': {
    raised: [['one refusal', pod({}), { denied: 1 }]],
    not: [
      ['none', pod({}), { denied: 0 }],
      [
        'a controller’s refusals, where the author was not seen',
        made,
        { denied: 3, author: { madeByController: true, creator: UNSEEN } },
      ],
    ],
  },
  'cluster-admin-account': {
    raised: [['an account with all rights', pod({}), { bound: [ROOT] }]],
    not: [
      ['one with other rights', pod({}), { bound: [{ ...ROOT, allRights: false }] }],
      ['one whose binding was changed since', pod({}), { bound: [{ ...ROOT, confirmed: false }] }],
      [
        'all rights in a namespace',
        pod({}),
        { bound: [{ ...ROOT, binding: { kind: 'RoleBinding', namespace: 'shop', name: 'all' } }] },
      ],
      ['a namespace', namespaceCreated(), { bound: [ROOT] }],
    ],
  },
  'token-not-for-pod': {
    raised: [['a pod’s token that somebody asked for', pod({}), calledBy('dora')]],
    not: [
      ['one that a kubelet asked for', pod({}), calledBy('system:node:n-1')],
      ['one of which that was not seen', pod({}), calledBy(undefined)],
    ],
  },
  'risky-in-new-namespace': {
    raised: [['a risky pod in a namespace ten minutes old', risky, { surroundings: { ageSeconds: 600 } }]],
    not: [
      ['one in a namespace a second older', risky, { surroundings: { ageSeconds: 601 } }],
      [
        'a pod of 39 points or fewer',
        pod({ hostNetwork: true }, CONTROLLER, OWNED),
        { ...by({}), surroundings: { ageSeconds: 5 } },
      ],
      ['a namespace whose beginning was not seen', risky, {}],
    ],
  },
  'unlimited-namespace': {
    raised: [['five minutes without either', pod({}), { surroundings: { ageSeconds: 300 } }]],
    not: [
      ['a second less', pod({}), { surroundings: { ageSeconds: 299 } }],
      ['a quota', pod({}), { surroundings: { ageSeconds: 900, quotas: standing } }],
      ['a policy', pod({}), { surroundings: { ageSeconds: 900, networkPolicies: standing } }],
      ['a namespace from before the stream', pod({}), {}],
    ],
  },
  'system-namespace': {
    raised: [
      ['a person’s Deployment', inSystem, by({ username: 'dave' })],
      [
        'one who calls himself a deploy controller, from elsewhere',
        inSystem,
        by({ ...DEPLOYER, address: '10.0.0.7' }),
      ],
    ],
    not: [
      [
        'the control plane’s own',
        inSystem,
        by({ username: 'system:serviceaccount:kube-system:addon-manager' }),
      ],
      ['an author who was not seen', inSystem, { author: { madeByController: true, creator: UNSEEN } }],
      ['a person’s Deployment elsewhere', made, by({ username: 'dave' })],
      ['the deploy controller of RKE2 on its server', inSystem, by(DEPLOYER)],
    ],
  },
  'anonymous-actor': {
    raised: [['an author without credentials', made, by({ username: 'system:anonymous' })]],
    not: [['an author with a name', made, by({ username: 'dave' })]],
  },
  'system-principal-public': {
    raised: [
      [
        'a service account from outside behind a controller’s pod',
        made,
        by({ username: 'system:serviceaccount:ci:bot', address: '1.1.1.1' }),
      ],
    ],
    not: [
      ['the same from inside', made, by({ username: 'system:serviceaccount:ci:bot', address: '10.0.0.1' })],
      ['a person', made, by({ username: 'dave', address: '1.1.1.1' })],
    ],
  },
  'privileged-impersonation': {
    raised: [['an author who acts as the administrator', made, by({ impersonatedUsername: 'system:admin' })]],
    not: [['an author who acts as another person', made, by({ impersonatedUsername: 'bob' })]],
  },
};

for (const [id, { raised, not }] of Object.entries(CASES))
  describe(`the signal ${id}, of the context,`, () => {
    const found = (event: Json, changes: Changes): readonly string[] => idsOf(riskWith(event, changes));
    for (const [what, event, changes] of raised)
      it(`is raised by ${what}`, () => {
        assert.ok(found(event, changes).includes(id), found(event, changes).join());
      });
    for (const [what, event, changes] of not)
      it(`is not raised by ${what}`, () => {
        assert.ok(!found(event, changes).includes(id));
      });
  });

describe('a known pipeline that is the author', () => {
  const lists = { pipelineAccounts: ['deployer'] };
  const event = pod({ hostNetwork: true }, CONTROLLER, OWNED);
  const spared = (changes: Changes): boolean =>
    idsOf(riskWith(event, changes, lists)).includes('known-pipeline');

  it('is spared what the pods of its Deployments have', () => {
    const { signals, score } = riskWith(event, by({ username: 'deployer' }), lists);
    assert.deepEqual(signals.at(-1), {
      id: 'known-pipeline',
      points: -20,
      techniques: [],
      text: 'Made by "deployer", which the list of pipelines names.',
      fields: ['author.templateAuthor.username'],
    });
    assert.equal(score, 0);
  });

  it('is not one that acts as somebody else, nor one between which and another the events do not decide', () => {
    assert.ok(!spared(by({ username: 'deployer', impersonatedUsername: 'bob' })));
    assert.ok(!spared(by({ username: 'deployer' }, { username: 'dave' })));
    assert.ok(spared(by({ username: 'deployer' }, { username: 'deployer' })));
  });
});

describe('what the context does not show', () => {
  const OF_CONTEXT: readonly SignalId[] = [
    'self-granted-hour',
    'self-granted-day',
    'cluster-admin-account',
    'token-not-for-pod',
    'first-seen-actor',
    'first-impersonation',
    'first-seen-registry',
    'first-seen-image',
    'first-seen-user-agent',
    'denied-before',
    'risky-in-new-namespace',
    'unlimited-namespace',
  ];

  it('is nothing where all was seen', () => {
    const risk = riskWith(podCreated(), {});
    assert.deepEqual([risk.confidence, risk.notAssessed, risk.signals], ['high', [], []]);
  });

  it('is everything where it could not be asked, and that lowers the confidence', () => {
    const risk = riskWith(podCreated(), null);
    assert.equal(risk.confidence, 'medium');
    assert.deepEqual(risk.notAssessed, [
      {
        signals: OF_CONTEXT,
        reason: 'notSeen',
        detail: 'the store of what the audit stream has shown could not be read',
      },
    ]);
    assert.ok(!unassessed(risk).includes('system-namespace'));
    assert.ok(unassessed(riskWith(made, null)).includes('system-namespace'));
  });

  it('leaves what the event shows', () => {
    const missing = unassessed(riskWith(atLevelMetadata(risky), {}));
    assert.ok(
      missing.includes('first-seen-image') &&
        missing.includes('cluster-admin-account') &&
        !missing.includes('denied-before'),
    );
  });

  const OF_RBAC = { authorizer: 'rbac' as const, selfGranted: false, changes: [] };
  const GAPS: readonly (readonly [
    what: string,
    event: Json,
    changes: Changes,
    signals: readonly SignalId[],
    detail: RegExp,
  ])[] = [
    [
      'an author who was not seen',
      made,
      { author: { madeByController: true, creator: UNSEEN, templateAuthor: UNSEEN } },
      [
        'anonymous-actor',
        'system-principal-public',
        'privileged-impersonation',
        'system-namespace',
        'self-granted-hour',
        'self-granted-day',
        'first-seen-actor',
        'first-impersonation',
        'first-seen-user-agent',
        'denied-before',
      ],
      /its author has not been seen/,
    ],
    [
      'a right that several may have given',
      podCreated(),
      { grant: { selfGranted: null, unknownBecause: 'several', changes: [change(9, { gave: null })] } },
      ['self-granted-hour', 'self-granted-day'],
      /several changes/,
    ],
    [
      'a right that was changed by its user, and may be older',
      podCreated(),
      { grant: { selfGranted: null, unknownBecause: 'older', changes: [change(9, { gave: null })] } },
      ['self-granted-hour', 'self-granted-day'],
      /may have had it before the stream began/,
    ],
    [
      'a right whose changes were evicted, though none of his is left',
      podCreated(),
      { grant: { selfGranted: null, unknownBecause: 'forgotten', changes: [change(9, bob)] } },
      ['self-granted-hour', 'self-granted-day'],
      /were evicted/,
    ],
    [
      'a right of which nothing was seen, in a stream that began within the day',
      podCreated(),
      {
        grant: { ...OF_RBAC, wholeHistory: false },
        firstSeen: [
          {
            what: 'address',
            name: 'r',
            seen: { status: 'learning', watchedSince: ACT.received - 3_600_000_000 },
          },
        ],
        surroundings: { ageSeconds: 9 },
      },
      ['self-granted-hour', 'self-granted-day'],
      /how the right came about before that is not known/,
    ],
    [
      'an authorizer that names no binding',
      podCreated(),
      { grant: { authorizer: 'other' } },
      ['self-granted-hour', 'self-granted-day'],
      /without the name of a binding/,
    ],
    [
      'a stream that is still young',
      podCreated(),
      { firstSeen: [observation('registry', 'r', 'learning')], surroundings: { ageSeconds: 9 } },
      ['first-seen-registry'],
      /^the stream is watched since 2023-11-14T22:13:20\.000000Z, which is too short/,
    ],
    [
      'a namespace whose beginning may be from before it',
      podCreated(),
      { firstSeen: [observation('address', 'r', 'learning')] },
      ['risky-in-new-namespace', 'unlimited-namespace'],
      /the stream is young/,
    ],
    [
      'a token whose issue was not seen',
      podCreated(),
      calledBy(undefined),
      ['token-not-for-pod'],
      /requested the pod’s token/,
    ],
    [
      'a binding that was changed since',
      podCreated(),
      { bound: [{ ...ROOT, confirmed: false }] },
      ['cluster-admin-account'],
      /was changed since/,
    ],
  ];
  for (const [what, event, changes, signals, detail] of GAPS)
    it(`is reported for ${what}`, () => {
      const risk = riskWith(event, changes);
      assert.deepEqual(unassessed(risk), signals);
      assert.match(risk.notAssessed[0]?.detail ?? '', detail);
      assert.equal(risk.confidence, 'medium');
    });

  it('is not a right whose changes are older than a day', () => {
    assert.deepEqual(
      unassessed(
        riskWith(podCreated(), {
          grant: { selfGranted: null, unknownBecause: 'several', changes: [change(90_000, { gave: null })] },
        }),
      ),
      [],
    );
  });

  it('is not a right of which nothing was seen in a day of watching', () => {
    const grant = { ...OF_RBAC, wholeHistory: false };
    const old: FirstSeen = {
      what: 'registry',
      name: 'r',
      seen: { status: 'learning', watchedSince: ACT.received - 86_400_000_000 },
    };
    assert.ok(!unassessed(riskWith(podCreated(), { grant, firstSeen: [old] })).includes('self-granted-hour'));
    assert.ok(!unassessed(riskWith(podCreated(), { grant })).includes('self-granted-hour'));
  });

  it('has no row that this file does not know', () => {
    const rows = SIGNALS.map(({ id }) => id);
    assert.deepEqual(rows.slice(rows.indexOf('self-granted-hour')), OF_CONTEXT);
  });
});
