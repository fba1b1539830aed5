/**
 * Headlines of what really happened: the scenarios of the captures, whose truth their own commands tell, and
 * names that somebody chose to mislead.
 */
import type { CreationContext } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertWith, readScenarios, type ScenarioCreation } from '../context/creations.ts';
import { alertOf, podCreated, unseenContext } from './creations.ts';

/** Endings and spans differ with every capture. */
function plain(headline: string): string {
  return headline
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}”/g, '-HASH-ENDING”')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}”/g, '-ENDING”');
}

describe('a headline', () => {
  let creations: readonly ScenarioCreation[];
  before(async () => {
    creations = await readScenarios(true);
  });

  const HEADLINES: readonly (readonly [scenario: string, name: string, headline: string])[] = [
    [
      'escalate-then-deploy',
      'night-6',
      '“dave” deployed the privileged Deployment “pay/night” (its pod “pay/night-HASH-ENDING”) with an image never seen before, 6 s after granting themselves “edit”, in a namespace made 112 s before by “grace”',
    ],
    [
      'escalate-then-deploy',
      'night-shell',
      '“dave” created the privileged pod “pay/night-shell”, 7 s after granting themselves “edit”, in a namespace made 113 s before by “grace”',
    ],
    [
      'self-grant-by-group',
      'export',
      '“quinn” created the pod “batch/export” with an image never seen before, right after granting themselves “edit”, in a namespace made 114 s before by “grace”',
    ],
    [
      'role-widened',
      'wide',
      '“judy” created the pod “pay/wide” with an image never seen before, 5 s after granting themselves more by “reader”, in a namespace made 2 min before by “grace”',
    ],
    [
      'gitops-controllers',
      'argocd',
      '“grace” deployed the StatefulSet “argocd/argocd-application-controller” (its pod “argocd/argocd-application-controller-0”) from a registry never seen before, 6 s after “admin” had granted the right by “cluster-admin”, in a namespace made 4 s before by “grace”',
    ],
    [
      'gitops-argocd',
      'catalog-6',
      '“system:serviceaccount:argocd:argocd-application-controller” (Argo CD) deployed the Deployment “shop/catalog” (its pod “shop/catalog-HASH-ENDING”) with an image never seen before, 49 s after “grace” had granted the right by “argocd-application-controller”, in a namespace made 54 s before by “grace”',
    ],
    [
      'gitops-argocd',
      'catalog-54',
      '“ben” changed the Deployment “shop/catalog” (its pod “shop/catalog-HASH-ENDING”) with an image never seen before',
    ],
    [
      'gitops-flux',
      'reindex',
      '“system:serviceaccount:flux-system:kustomize-controller” (Flux) created the Job “edge-apps/reindex” (its pod “edge-apps/reindex-ENDING”) with an image never seen before',
    ],
    [
      'burst',
      'burst',
      '“anna” deployed the Deployment “shop/burst” (its pod “shop/burst-HASH-ENDING”) with an image never seen before',
    ],
    ['statefulset', 'db-3', '“erik” scaled the StatefulSet “data/db” of “ben” (its pod “data/db-3”)'],
    [
      'cronjob-changed',
      'tick',
      '“ben” changed the CronJob “batch/tick” (its pod “batch/tick-29927438-ENDING”) with an image never seen before',
    ],
    [
      'daemonset',
      'agent',
      '“anna” deployed the privileged DaemonSet “ops/agent” with hostPath “/” and host PID (its pod “ops/agent-ENDING”), with an image never seen before, 69 s after “grace” had granted the right by “edit”, in a namespace made 70 s before by “grace”',
    ],
    [
      'operator-makes-pods',
      'w1-worker',
      '“system:serviceaccount:ops:widget-operator” created the pod “shop/w1-worker” for the Widget “w1” of “anna” with an image never seen before, 1 s after “grace” had granted the right by “widget-operator”, in a namespace made 97 s before by “grace”',
    ],
    [
      'operator-makes-a-deployment',
      'w2',
      '“system:serviceaccount:ops:widget-operator” deployed the Deployment “shop/w2” (its pod “shop/w2-HASH-ENDING”) for the Widget “w2” of “carla” with an image never seen before',
    ],
    [
      'forged-owner',
      'quiet',
      '“dora” created the pod “shop/quiet” with an image never seen before, 98 s after “grace” had granted the right by “edit”',
    ],
    [
      'pods-own-token',
      'step-1',
      '“system:serviceaccount:ci:builder” created the pod “ci/step-1” with an image never seen before, right after “grace” had granted the right by “edit”, with the token of the pod “ci/runner-HASH-ENDING”, in a namespace made 101 s before by “grace”',
    ],
    [
      'token-made-by-a-person',
      'step-3',
      '“system:serviceaccount:ci:builder” created the pod “ci/step-3” with a client never seen before, 1 s after “grace” had granted the right by “edit”, with the token of the pod “ci/runner-HASH-ENDING” that “dora” had asked for, in a namespace made 101 s before by “grace”',
    ],
    ['impersonation', 'as-anna', '“oscar” acting as “anna” created the pod “shop/as-anna”'],
    [
      'impersonation',
      'as-grace',
      '“victor” acting as “grace” created the namespace “as-grace” as a user never seen before, 105 s after “admin” had granted the right by “cluster-admin”',
    ],
    [
      'anonymous',
      'free',
      'Somebody without credentials created the pod “delivery/free” with an image never seen before, right after “victor” had granted the right by “edit”, in a namespace made 2 min before by “grace”',
    ],
    [
      'namespace-shortly-after-permission',
      'sandbox-heidi',
      '“heidi” created the namespace “sandbox-heidi” as a user never seen before, 5 s after “victor” had granted the right by “namespace-maker”',
    ],
    [
      'namespace-shortly-after-permission',
      'tools',
      '“heidi” created the privileged pod “sandbox-heidi/tools” with host network, 5 s after “victor” had granted the right by “namespace-maker”, in a namespace made just before by “heidi”',
    ],
    [
      'lookalike-namespace',
      'kube-systern',
      '“trudy” created the namespace “kube-systern” as a user never seen before, right after “victor” had granted the right by “namespace-maker”; the name of the namespace passes for a trusted one',
    ],
    [
      'lookalike-namespace',
      'kube-proxy',
      '“trudy” created the pod “kube-systern/kube-proxy-ENDING” with hostPath “/”, host network and host PID, with an image never seen before, right after “victor” had granted the right by “namespace-maker”, in a namespace made just before by “trudy”; the name of the namespace passes for a trusted one',
    ],
    [
      'lookalike-namespace',
      'coredns',
      '“trudy” deployed the Deployment “kube-systern/coredns” (its pod “kube-systern/coredns-HASH-ENDING”) with an image never seen before, 1 s after “victor” had granted the right by “namespace-maker”; the name of the namespace passes for a trusted one',
    ],
    [
      'mirror-pod',
      'static-web',
      'The kubelet of node “edge-1” reported the static pod “kube-system/static-web-edge-1” with an image never seen before',
    ],
    ['long-standing-rights', 'vault', '“admin” created the pod “pay/vault” with an image never seen before'],
  ];

  for (const [scenario, name, headline] of HEADLINES)
    it(`says of ${name} in ${scenario} what a person would`, () => {
      const found =
        creations.find((creation) => creation.scenario === scenario && creation.name.startsWith(name)) ??
        assert.fail();
      assert.equal(plain(alertWith(found.event, found.context).headline), headline);
    });

  /** What the commands of the captures did besides: restarts, undos, deletions and an eviction. */
  for (const [scenario, headline] of [
    [
      'rollout',
      '“carla” restarted the Deployment “shop/web” as “ben” wrote it (its pod “shop/web-HASH-ENDING”)',
    ],
    ['rollout', '“anna” rolled back the Deployment “shop/web” (its pod “shop/web-HASH-ENDING”)'],
    [
      'hung-rollout',
      '“finn” rolled back the Deployment “shop/cart” to what “anna” wrote (its pod “shop/cart-HASH-ENDING”)',
    ],
    [
      'statefulset',
      '“finn” rolled back the StatefulSet “data/db” to what “anna” wrote (its pod “data/db-0”)',
    ],
    [
      'statefulset',
      'The StatefulSet “data/db”, which “anna” deployed 2 s before, has a new pod “data/db-0”, which replaces the one of that name that “carla” deleted just before',
    ],
    [
      'autoscaler',
      'The Deployment “shop/web”, which “erik” changed 23 s before, has a new pod “shop/web-HASH-ENDING”, which replaces the pod “web-HASH-ENDING” that “grace” evicted just before',
    ],
    [
      'bare-replicaset',
      'The ReplicaSet “data/bare”, which “ben” changed just before, has a new pod “data/bare-ENDING” with an image never seen before, which replaces the pod “bare-ENDING” that “carla” deleted just before',
    ],
  ] as const)
    it(`says in ${scenario}: ${headline.slice(0, 60)}…`, () => {
      const all = creations
        .filter((creation) => creation.scenario === scenario)
        .map(({ event, context }) => plain(alertWith(event, context).headline));
      assert.ok(all.includes(headline), all.join('\n'));
    });

  it('is a sentence with all its words for every creation of the captures', () => {
    assert.ok(creations.length > 200);
    for (const { event, context } of creations) {
      const { headline } = alertWith(event, context);
      assert.match(headline, /^(?:“|Somebody |The )/);
      assert.doesNotMatch(headline, /undefined|null|\[object|\?| {2}|,,|“”/);
      assert.ok(headline.length < 420, headline);
    }
  });

  it('says who is behind it only where that was seen', () => {
    const found = creations.find(({ scenario }) => scenario === 'escalate-then-deploy') ?? assert.fail();
    assert.match(
      alertWith(found.event, unseenContext('Pod', found.event)).headline,
      /^Somebody whom the audit stream has not shown is behind the privileged ReplicaSet “pay\/night-\w+” \(its pod “pay\/night-\w+-\w+”\)$/,
    );
    assert.match(
      alertWith(found.event, null).headline,
      /^“system:serviceaccount:kube-system:replicaset-controller” created the privileged pod “pay\/night-/,
    );
  });

  it('tells of an author from long before without claiming that he just did it', () => {
    const found =
      creations.find(
        ({ scenario, context: { author } }) => scenario === 'escalate-then-deploy' && author.madeByController,
      ) ?? assert.fail();
    const [author, request] = found.context.grants;
    assert.ok(author !== undefined && request !== undefined);
    const context: CreationContext = {
      ...found.context,
      firstSeen: [],
      surroundings: undefined,
      grants: [
        author,
        { ...request, action: { ...request.action, received: request.action.received + 3 * 3_600_000_000 } },
      ],
    };
    assert.equal(
      plain(alertWith(found.event, context).headline),
      'The privileged Deployment “pay/night”, which “dave” deployed 3 h before, 6 s after granting themselves “edit”, has a new pod “pay/night-HASH-ENDING”',
    );
  });

  it('keeps a name that was chosen to mislead inside its quotes, short and printable', () => {
    const hostile = `x” deployed nothing\n\u202e\u0000${'y'.repeat(5_000)}`;
    const event = podCreated({
      metadata: { name: hostile, namespace: hostile },
      event: { user: { username: hostile, groups: [] } },
    });
    const headline = alertOf(event).headline;
    assert.ok(headline.length <= 600, String(headline.length));
    assert.doesNotMatch(headline, /[\p{Cc}\p{Cf}]/u);
    assert.match(headline, /^“[^“”]*” created the pod “[^“”]*”$/);
  });

  it('quotes a kind that no kind is called', () => {
    const ownerReferences = [
      {
        apiVersion: 'evil.example/v1',
        kind: 'Thing” of “root',
        name: 'n'.repeat(900),
        uid: 'u',
        controller: true,
      },
    ];
    const user = { username: 'system:serviceaccount:ops:operator', groups: [] };
    const event = podCreated({ metadata: { ownerReferences }, event: { user } });
    const headline = alertOf(event).headline;
    assert.ok(
      headline.startsWith(
        '“system:serviceaccount:ops:operator” created the pod “shop/web”, by its own word for the “',
      ),
      headline,
    );
    assert.ok(headline.length < 400);
  });

  it('says of no person that he made it for an owner that he wrote into it', () => {
    const ownerReferences = [
      { apiVersion: 'shop.example/v1', kind: 'Widget', name: 'w', uid: 'u', controller: true },
    ];
    assert.equal(
      alertOf(podCreated({ metadata: { ownerReferences } })).headline,
      '“alice” created the pod “shop/web”',
    );
  });

  for (const [what, username] of [
    ['a person', 'mallory'],
    ['somebody’s account', 'system:serviceaccount:ci:deployer'],
    [
      'an account of such a name in somebody’s namespace',
      'system:serviceaccount:team-m:argocd-application-controller',
    ],
  ] as const)
    it(`names no tool that ${what} calls himself`, () => {
      for (const tool of [
        'argocd-controller',
        'argocd-application-controller',
        'kustomize-controller',
        'fleetagent',
      ]) {
        const requestURI = `/api/v1/namespaces/shop/pods?fieldManager=${tool}`;
        const { headline, author } = alertOf(
          podCreated({ event: { user: { username, groups: [] }, requestURI, userAgent: `${tool}/v2` } }),
        );
        assert.equal(headline, `“${username}” created the pod “shop/web”`);
        assert.equal(author?.creator?.gitOps, null);
      }
    });
});
