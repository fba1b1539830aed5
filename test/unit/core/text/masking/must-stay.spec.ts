/** What an analyst needs is not taken for a secret. */
import { maskEntry, maskText } from '@arrivals/core';
import { maskImage, maskWords } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const TEXTS: readonly string[] = [
  `registry.example/app:1@sha256:${SHA256}`,
  `sha256:${SHA256}`,
  SHA256,
  '0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'resourceVersion: "81223"',
  'X509SHA256=1f:2e:3d:4c',
  'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
  'secretName: my-tls',
  'imagePullSecrets',
  '{"imagePullSecrets":[{"name":"regcred"}]}',
  '{"secret":{"secretName":"my-tls","defaultMode":420}}',
  '{"valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}',
  '{"tokenExpirationSeconds":3600,"serviceAccountToken":{"path":"token","expirationSeconds":3607}}',
  '{"automountServiceAccountToken":false}',
  '{"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"}]}',
  '{"matchExpressions":[{"key":"app","operator":"In","values":["web"]}]}',
  'imagePullSecrets:\n- name: regcred\ncontainers:\n- name: app\n  image: nginx:1.25',
  'secretKeyRef:\n  name: db\n  key: password',
  'tokenExpirationSeconds: 3600',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/var/run/secrets/kubernetes.io/serviceaccount',
  'kube-api-access-x7k2p',
  '--secret-name=db-credentials',
  '--token-ttl=24h',
  '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
  '--service-account-key-file=/etc/kubernetes/pki/sa.pub',
  '--kubeconfig=/etc/kubernetes/admin.conf',
  '--authorization-mode=Node,RBAC',
  '--authentication-token-webhook=true',
  '--max-tokens=4096',
  'PASSWORD_FILE=/run/secrets/db',
  'TOKEN=$(TOKEN)',
  'API_KEY=${API_KEY}',
  'sortKey=created',
  'publicKey: ssh-ed25519',
  'topologyKey: kubernetes.io/hostname',
  'ssh -p 22 host.example',
  'mkdir -p /var/lib/data',
  'docker run -p 8080:80 nginx:1.25',
  'docker run -u 1000:1000 nginx',
  'nc -p 4444 -l',
  'tar -xzf a.tgz -C /opt',
  'kubectl create secret generic db --from-file=/tmp/a',
  'kubectl -n shop get secrets',
  'system:serviceaccount:kube-system:token-cleaner',
  'serviceAccount:app@project.iam.gserviceaccount.com',
  'mailto:alice@example.com',
  'alice@example.com',
  'https://accounts.example.com#alice@example.com',
  'http://a.example:8080/u:p',
  'RBAC: allowed by ClusterRoleBinding "secret-reader" of ClusterRole "secret-reader" to User "alice"',
  'argocd-controller',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'kube-controller-manager/v1.35.4 (linux/amd64) kubernetes/1a2b3c4/system:serviceaccount:kube-system:tokens-controller',
  '/apis/apps/v1/namespaces/shop/deployments?fieldManager=kubectl-client-side-apply&limit=500&continue=',
  'arn:aws:iam::123456789012:role/app',
  'the pod bypasses: no check',
  'monkey=1',
  '{"replicas":2,"image":"nginx:1.25","ports":[{"containerPort":80}]}',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'cacheKey=a',
];

const ENTRIES: readonly (readonly [key: string, value: string])[] = [
  ['app.kubernetes.io/name', 'vault-token'],
  ['kubernetes.io/service-account.name', 'default'],
  ['authentication.kubernetes.io/credential-id', 'JTI=0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10'],
  ['checksum/secret', SHA256],
  ['checksum/config', SHA256],
  ['pod-template-hash', '5d4f7c9b8'],
  ['controller-uid', '0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10'],
  ['vault.example.com/agent-inject', 'true'],
  ['example.com/secret-name', 'db'],
  ['kubernetes.io/metadata.name', 'shop'],
  ['security.example.io/tlsMode', 'istio'],
  ['pod-security.kubernetes.io/enforce', 'restricted'],
  ['kubernetes.io/config.hash', '0123456789abcdef0123456789abcdef'],
  ['cni.example.org/podIP', '10.0.0.7/32'],
];

describe('what is no secret', () => {
  for (const text of TEXTS) {
    it(`stays: ${JSON.stringify(text.slice(0, 70))}`, () => {
      assert.equal(maskText(text), text);
    });
  }

  for (const [key, value] of ENTRIES) {
    it(`stays under ${key}`, () => {
      assert.equal(maskEntry(key, value), value);
    });
  }

  for (const words of [
    ['tool', '--secret-name', 'db'],
    ['nginx', '-p', '/etc/nginx'],
    ['app', '-p', '8080'],
    ['server', '--key', '/etc/tls/tls.key', '--cert', '/etc/tls/tls.crt'],
    ['kubectl', 'patch', 'pod', 'x', '-p', '{"spec":{}}'],
    ['app', '--token', '$(TOKEN)'],
    ['psql', '-U', 'app', '-p', '5432'],
  ]) {
    it(`stays in ${words.join(' ')}`, () => {
      assert.deepEqual(maskWords(words), words);
    });
  }

  it('stays of an image: its host, path, tag and digest', () => {
    for (const image of [
      'registry.example:5000/team/external-secrets:v0.9.11',
      `nginx:1.25@sha256:${SHA256}`,
      'localhost/app',
    ])
      assert.equal(maskImage(image), image);
  });
});
