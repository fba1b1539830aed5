/** Names that imitate trusted ones, and the many ordinary ones that do not. */
import { type Likeness, likenessOf, slip } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../../samples.ts';
import { LISTS } from '../risks.ts';

const TRUSTED = { system: LISTS.systemNamespaces, known: LISTS.knownNamespaces };
const likeness = (name: string) => likenessOf(name, TRUSTED);

/** As teams name them. */
const ORDINARY =
  `dev prod staging test qa uat sandbox demo preview system systems public node lease kube cube kubernetes platform infra infrastructure
  platform-system app-system build-system sub-system hub-system ml-system battle-system default-apps default-backend my-default apps backend frontend api gateway
  payments checkout cart cart-manager card-manager alert-manager core-manager user-manager order-manager password-manager orders inventory catalog search
  recommendations notifications email billing invoicing accounting ledger fraud risk identity auth sso login accounts users profiles sessions analytics
  reporting warehouse etl airflow spark kafka kafka-system zookeeper redis postgres mysql mongodb elastic elasticsearch logging monitoring observability
  metrics tracing jaeger grafana loki tempo prometheus alertmanager istio istio-operator ingress ingress-controller nginx nginx-ingress traefik cert-managers-team
  certs vault consul harbor falcon falco argo argocd-apps argocd2 gitlab gitlab-runner jenkins ci cd ci-runners builds tekton flux fluxcd velero backup
  team-a team-b team-1 alice-dev bob feature-123 pr-4711 release-2024 customer-acme tenant-42 web www shop store blog cms docs wiki intranet hr finance legal
  data data-platform mlops kubeflow kubevirt kubecost kubeapps rancher-monitoring longhorn rook minio seldon knative linkerd-jaeger istio-system-2 velero-2
  kube-prometheus kube-prometheus-stack kube-flannel kube-green kube-state-metrics kube-monitoring x a 1 0`.split(
    /\s+/,
  );

describe('a name', () => {
  it('that is ordinary is like none that is trusted', () => {
    assert.ok(ORDINARY.length > 150);
    assert.deepEqual(
      ORDINARY.filter((name) => likeness(name) !== undefined).map((name) => [name, likeness(name)]),
      [],
    );
  });

  it('that is trusted itself imitates nothing', () => {
    for (const name of [...TRUSTED.system, ...TRUSTED.known]) assert.equal(likeness(name), undefined, name);
  });

  const imitations: readonly (readonly [name: string, how: Likeness['how'], to: string])[] = [
    ['kube-systern', 'CHARACTERS', 'kube-system'],
    ['kube-syst3m', 'CHARACTERS', 'kube-system'],
    ['kube-5ystem', 'CHARACTERS', 'kube-system'],
    ['kubesystem', 'CHARACTERS', 'kube-system'],
    ['kube--system', 'CHARACTERS', 'kube-system'],
    ['ku-be-system', 'CHARACTERS', 'kube-system'],
    ['kube-pub1ic', 'CHARACTERS', 'kube-public'],
    ['kube-publlc', 'CHARACTERS', 'kube-public'],
    ['kube-n0de-lease', 'CHARACTERS', 'kube-node-lease'],
    ['kube-nocle-lease', 'CHARACTERS', 'kube-node-lease'],
    ['defau1t', 'CHARACTERS', 'default'],
    ['ist1o-system', 'CHARACTERS', 'istio-system'],
    ['amazon-cloudvvatch', 'CHARACTERS', 'amazon-cloudwatch'],
    ['cert-rnanager', 'CHARACTERS', 'cert-manager'],
    ['\uff4bube-system', 'CHARACTERS', 'kube-system'],
    ['KUBE-SYSTEM', 'CHARACTERS', 'kube-system'],
    ['kube-sytsem', 'TYPING', 'kube-system'],
    ['kube-systm', 'TYPING', 'kube-system'],
    ['kube-systems', 'TYPING', 'kube-system'],
    ['kub-system', 'TYPING', 'kube-system'],
    ['kubr-systm', 'TYPING', 'kube-system'],
    ['kubesysten', 'TYPING', 'kube-system'],
    ['defualt', 'TYPING', 'default'],
    ['defaults', 'TYPING', 'default'],
    ['istoi-system', 'TYPING', 'istio-system'],
    ['ingress-ngnix', 'TYPING', 'ingress-nginx'],
    ['cert-manger', 'TYPING', 'cert-manager'],
    ['kube-system-2', 'CONTAINS', 'kube-system'],
    ['my-kube-system', 'CONTAINS', 'kube-system'],
    ['a-kube-public-b', 'CONTAINS', 'kube-public'],
    ['kube-tools', 'RESERVED', 'kube-'],
  ];
  for (const [name, how, to] of imitations)
    it(`such as ${name} is like ${to}: ${how}`, () => {
      assert.deepEqual(likeness(name), { how, to });
    });

  it('of the operator’s own list is guarded like the others', () => {
    const own = { system: TRUSTED.system, known: [...TRUSTED.known, 'payments-prod'] };
    assert.deepEqual(likenessOf('paymnets-prod', own), { how: 'TYPING', to: 'payments-prod' });
    assert.equal(likenessOf('payments-test', own), undefined);
    assert.equal(likenessOf('payments-prod', own), undefined);
    assert.equal(likenessOf('team-monitoring', { system: ['monitoring'], known: [] }), undefined);
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        likeness(name);
      }),
      { seed: SEED, numRuns: 500 },
    );
    assert.equal(likeness(''), undefined);
  });
});

describe('a slip', () => {
  /** Damerau and Levenshtein's optimal string alignment, by its definition. */
  function distance([a, ...restA]: readonly string[], [b, ...restB]: readonly string[]): number {
    if (a === undefined) return restB.length + (b === undefined ? 0 : 1);
    if (b === undefined) return restA.length + 1;
    if (a === b) return distance(restA, restB);
    const swapped =
      restA[0] === b && restB[0] === a ? 1 + distance(restA.slice(1), restB.slice(1)) : Infinity;
    return Math.min(
      swapped,
      1 + Math.min(distance(restA, [b, ...restB]), distance([a, ...restA], restB), distance(restA, restB)),
    );
  }

  it('is a distance of exactly one', () => {
    const text = fc.stringMatching(/^[abc]{0,6}$/);
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(slip(a, b) !== undefined, distance(a.split(''), b.split('')) === 1, `${a} ${b}`);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
