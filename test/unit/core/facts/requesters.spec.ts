/**
 * For whom a platform's account made something: by what it alone writes, and never by what anybody may write.
 */
import { readAuditEvent, REQUESTERS, requesterOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { alertOf, namespaceCreated } from '../alert/creations.ts';
import type { Json } from '../samples.ts';

const made = (username: string, metadata: Json, impersonated?: string): Json =>
  namespaceCreated({
    metadata: { name: 'lab', ...metadata },
    event: {
      user: { username },
      objectRef: { resource: 'namespaces', name: 'lab', apiVersion: 'v1' },
      ...(impersonated === undefined ? {} : { impersonatedUser: { username: impersonated, groups: [] } }),
    },
  });
const requester = (...parts: Parameters<typeof made>) => requesterOf(readAuditEvent(made(...parts)));

const OPENSHIFT = 'system:serviceaccount:openshift-apiserver:openshift-apiserver-sa';
const RANCHER = 'system:serviceaccount:cattle-system:rancher';
const ARGO = 'system:serviceaccount:argocd:argocd-application-controller';
const FLUX = 'system:serviceaccount:flux-system:kustomize-controller';
const HELM = 'system:serviceaccount:flux-system:helm-controller';
const HNC = 'system:serviceaccount:hnc-system:default';
const CAPSULE = 'system:serviceaccount:capsule-system:capsule';

const CASES: readonly (readonly [
  platform: string,
  username: string,
  metadata: Json,
  what: string,
  name: string,
])[] = [
  ['OpenShift', OPENSHIFT, { annotations: { 'openshift.io/requester': 'vera' } }, 'requester', 'vera'],
  ['Rancher', RANCHER, { annotations: { 'field.cattle.io/creatorId': 'u-k2m8p' } }, 'requester', 'u-k2m8p'],
  [
    'Rancher with the directory’s name',
    RANCHER,
    {
      annotations: {
        'field.cattle.io/creatorId': 'u-k2m8p',
        'field.cattle.io/creator-principal-name': 'okta_user://v',
      },
    },
    'requester',
    'okta_user://v',
  ],
  [
    'the hierarchical namespace controller',
    HNC,
    { annotations: { 'hnc.x-k8s.io/subnamespace-of': 'team' } },
    'parent namespace',
    'team',
  ],
  ['Capsule', CAPSULE, { labels: { 'capsule.clastix.io/tenant': 'gas' } }, 'Tenant', 'gas'],
  [
    'Argo CD',
    ARGO,
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/Namespace:lab/lab' } },
    'Application',
    'shop',
  ],
  [
    'Flux',
    FLUX,
    {
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    },
    'Kustomization',
    'flux-system/apps',
  ],
  [
    'Flux’s Helm',
    HELM,
    { labels: { 'helm.toolkit.fluxcd.io/name': 'db', 'helm.toolkit.fluxcd.io/namespace': 'pay' } },
    'HelmRelease',
    'pay/db',
  ],
  [
    'a Helm release',
    HELM,
    { annotations: { 'meta.helm.sh/release-name': 'db', 'meta.helm.sh/release-namespace': 'pay' } },
    'release',
    'pay/db',
  ],
];

describe('for whom something was made', () => {
  for (const [platform, username, metadata, what, name] of CASES) {
    it(`is read from ${platform}’s own account`, () => {
      const told = requester(username, metadata);
      assert.deepEqual([told?.what, told?.name], [what, name]);
    });
    it(`is not read from a plain user who writes what ${platform} writes, nor by an account of the like in his own namespace`, () => {
      const account = username.split(':').at(-1) ?? '';
      for (const other of ['mallory', `system:serviceaccount:mallory:${account}`, `${username}-2`])
        assert.equal(requester(other, metadata), undefined, other);
      assert.equal(
        requester('mallory', metadata, username),
        undefined,
        'who takes on the name of the account is not the account',
      );
    });
  }

  it('has an example of each row', () => {
    const texts = JSON.stringify(CASES);
    for (const { key } of REQUESTERS) assert.ok(texts.includes(key), key);
  });

  it('is not read from what a person wrote through a proxy’s account', () => {
    assert.equal(
      requester(RANCHER, { annotations: { 'field.cattle.io/creatorId': 'u-victim' } }, 'u-mallory'),
      undefined,
    );
  });

  it('is read from a GitOps tool that acts as a tenant’s account, as it writes the label itself', () => {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'team-a',
    };
    assert.equal(requester(FLUX, { labels }, 'system:serviceaccount:team-a:reconciler')?.name, 'team-a/apps');
  });

  it('is not read from a tracking id that was copied from another object', () => {
    for (const id of [
      'shop:/Namespace:other/other',
      'shop:apps/Deployment:lab/lab',
      ':/Namespace:lab/lab',
      '',
    ])
      assert.equal(requester(ARGO, { annotations: { 'argocd.argoproj.io/tracking-id': id } }), undefined, id);
  });

  it('stands in alert and headline', () => {
    const alert = alertOf(made(OPENSHIFT, { annotations: { 'openshift.io/requester': 'vera' } }));
    assert.deepEqual(alert.actor.onBehalfOf, {
      what: 'requester',
      name: 'vera',
      from: 'annotations: openshift.io/requester',
    });
    assert.equal(alert.headline, `“${OPENSHIFT}” for “vera” created the namespace “lab”`);
  });
});
