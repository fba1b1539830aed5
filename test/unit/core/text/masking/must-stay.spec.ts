/** What an analyst needs is not taken for a secret. */
import { maskEntry, maskText } from '@arrivals/core';
import { maskName, maskImage, maskWords } from '@arrivals/core/internal';
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
  // What stands near a name of a secret, or has the form of one.
  '--token-file=/etc/app/token',
  'password-policy=strict',
  '--password-policy strict',
  '--token-auth-file /etc/kubernetes/tokens.csv',
  'kubectl get secrets -o yaml | grep name',
  'kubectl delete secret my-db-credentials -n shop',
  '{"resources":["secrets","configmaps"],"verbs":["get","list"]}',
  '{"resources":["secrets","tokenreviews"],"apiGroups":["","authentication.k8s.io"]}',
  '{"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"db","items":[{"key":"ca","path":"ca.crt"}]}}]}}]}',
  '{"volumes":[{"secret":{"secretName":"my-tls","items":[{"key":"mariadb-root-password","path":"root"}],"optional":false}}]',
  '{"auth":{"enabled":true,"mode":"oidc","issuerUrl":"https://a.example"}}',
  'secret:\n  secretName: my-tls\n  items:\n  - key: a\n    path: b',
  'getToken("ci")',
  'os.getenv("DB_PASSWORD")',
  'process.env.TOKEN',
  'if (password === null) { return; }',
  'TOKEN=$(cat_token)',
  'the login page of user alice shows version 1.2.3',
  'user agent kubectl/v1.35.4 is new',
  'user: alice / group: dev',
  'name,kind,replicas\nweb,Deployment,3',
  'NAME    TYPE      AGE\nweb     Opaque    5d',
  'NAME      SECRETS   AGE\ndefault   1         5d',
  '<config><replicas>3</replicas><name>web</name></config>',
  '<a href="https://a.example/tokens">tokens</a>',
  'echo hello | tee /var/log/app.log',
  'cat <<EOF > /etc/app/config\nreplicas: 3\nEOF',
  'echo done | grep d',
  'spawn ssh u@h\nsend "ls -l\\r"',
  'chart: external-secrets-0.9.11',
  'app%3Dweb%2Ctier%3Dfront',
  'a &lt;b&gt; c &amp; d',
  'caf\u00e9 \u00e0 la carte: 3',
  '\u0432\u0441\u0435 \u0445\u043e\u0440\u043e\u0448\u043e: 5',
  '2001:db8:10:ab::1f2e',
  'fd00:10:96:ab:1f2e',
  '10.0.0.7:5432',
  'db.example:5432:shop',
  'system:node:worker-1',
  'oidc:alice@example.com',
  'team/app@v1.2.3',
  'connect to db.example/shop',
  'chown -R app:app /data',
  'psql -U app -d shop -h db',
  'curl -u app https://a.example',
  'secrets-store.csi.k8s.io',
  'sk8s-token-controller',
  'helm.sh/chart=vault-0.27.0',
  'cloud-credential-operator-7d5f9c8b6-x7k2p',
];

/** Names, hosts' paths and groups: `maskName`. */
const NAMES: readonly string[] = [
  'system:serviceaccounts:vault-token',
  'system:serviceaccount:token-system:token-cleaner',
  'oidc:alice@example.com',
  'azuread:Bob.Smith@corp.example.com',
  'CN=alice,OU=Keys,O=Example',
  'kubernetes:admin@prod-eu-1',
  'arn:aws:sts::123456789012:assumed-role/Admin/AliceSession1',
  '/var/lib/kubelet/pods/0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10/volumes/kubernetes.io~secret/token',
  '/etc/kubernetes/pki/sa.key',
  '/run/secrets/tokens/vault-token',
  'secret/vault-token-1',
  'X509SHA256=1f2e3d4c',
  'JTI=0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10',
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

  for (const name of NAMES) {
    it(`stays as a name: ${name.slice(0, 70)}`, () => {
      assert.equal(maskName(name), name);
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
