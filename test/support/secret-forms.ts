/**
 * Forms in which people plant secrets into what an audit event shows, each made of a name and a secret.
 *
 * Invariant: of a seed the same forms. The secrets are made up at run time: random characters, so that
 * finding one anywhere is a leak.
 */
import { createHash } from 'node:crypto';
import { AGENTS, COMMANDS, HIDDEN, REFERENCES, SCRIPTS, TEXTS } from './secret-lines.ts';

/** Where in an event a form stands. */
export type Place =
  | { readonly annotation: readonly [key: string, value: string] }
  | { readonly label: readonly [key: string, value: string] }
  | { readonly command: readonly string[] }
  | { readonly args: readonly string[] }
  | { readonly image: string }
  | { readonly userAgent: string }
  | { readonly query: string }
  | { readonly group: string }
  | { readonly extra: readonly [key: string, value: string] }
  | { readonly hostPath: string }
  | { readonly mountPath: string }
  | { readonly requestPath: string }
  | { readonly address: string };

export interface SecretForm {
  readonly kind: string;
  /** What must be seen nowhere. */
  readonly secret: string;
  readonly place: Place;
}

/** Names that say secret: plain, compound, inflected, of no table. */
const NAMES: readonly string[] = [
  'password', 'DB_PASSWORD', 'dbPwd', 'MY_APP_PASSPHRASE', 'apiKeyV2', 'authz-hdr', 'client_secret', 'accessToken', 'redisPass', 'SMTP_PW',
  'x-internal-credential', 'signingKey', 'GITHUB_PAT', 'oauthBearerToken2', 'encryption.key', 'mysqlRootPasswd', 'session-cookie', 'vaultSecretId', 'STRIPE_API_KEYS', 'adminPassword_prod',
]; // prettier-ignore

type Make = (name: string, secret: string) => Place;

const flag = (name: string): string => name.replaceAll(/[_.]/g, '-').toLowerCase();
const note = (value: string): Place => ({ annotation: ['example.com/note', value] });
const shell = (line: string): Place => ({ command: ['/bin/sh', '-c', line] });
const secretKey = (name: string): string => `example.com/${name}`;

/** Each with a name of its own. */
const NAMED: Readonly<Record<string, Make>> = {
  'annotation by key': (name, secret) => ({ annotation: [secretKey(name), secret] }),
  'label by key': (name, secret) => ({ label: [name, secret] }),
  'name=value': (name, secret) => note(`${name}=${secret}`),
  'JSON by key': (name, secret) => note(JSON.stringify({ spec: { [name]: secret, replicas: 2 } })),
  'JSON list of names and values': (name, secret) => note(JSON.stringify({ parameters: [{ name, value: secret }] })),
  'JSON list, value in front': (name, secret) => note(JSON.stringify([{ value: secret, name }])),
  'JSON in JSON': (name, secret) => note(JSON.stringify({ config: JSON.stringify({ inner: JSON.stringify({ [name]: secret }) }) })),
  'JSON that is cut off': (name, secret) => note(JSON.stringify({ spec: { [name]: secret, more: 'x' } }).slice(0, -9)),
  'escaped JSON in a shell line': (name, secret) => shell(`curl -d "{\\"${name}\\":\\"${secret}\\"}" https://a.example/x`),
  'env list in any applied configuration': (_name, secret) =>
    ({ annotation: ['tool.example/last-applied', JSON.stringify({ spec: { containers: [{ env: [{ name: 'PLAIN', value: secret }] }] } })] }),
  'YAML by key': (name, secret) => note(`a: 1\n${name}: ${secret}\nb: 2`),
  'YAML list of names and values': (name, secret) => note(`env2:\n- name: ${name}\n  value: ${secret}\n- name: B\n  value: c`),
  'YAML env list': (_name, secret) => note(`containers:\n- name: app\n  env:\n  - name: PLAIN\n    value: ${secret}\n  image: nginx`),
  'YAML block scalar': (name, secret) => note(`${name}: |\n  ${secret}\n  ${secret}x\nother: 1`),
  'YAML list of texts': (name, secret) => note(`${name}:\n  - ${secret}\n  - ${secret}2\nother: 1`),
  'flag with a space': (name, secret) => ({ args: [`--${flag(name)}`, secret] }),
  'flag with an equals sign': (name, secret) => ({ args: [`--${flag(name)}=${secret}`] }),
  'flag in a shell line': (name, secret) => shell(`exec tool --verbose --${flag(name)} ${secret} --fast`),
  'flag in quotes': (name, secret) => shell(`tool --${flag(name)} "${secret} more" && run`),
  'flag in a JSON list': (name, secret) => note(JSON.stringify({ spec: { command: ['tool', `--${flag(name)}`, secret] } })),
  'variable in front of a command': (name, secret) => shell(`${name.replaceAll(/[.-]/g, '_')}=${secret} ./run --once`),
  'exported variable': (name, secret) => shell(`export ${name.replaceAll(/[.-]/g, '_')}='${secret} x'; ./run`),
  'query parameter': (name, secret) => note(`https://api.example/v1/x?a=1&${name}=${secret}&b=2`),
  'query of the request': (name, secret) => ({ query: `${name}=${secret}` }),
  'header flag': (name, secret) => shell(`curl -H "X-${name}: ${secret}" https://a.example`),
  'user agent': (name, secret) => ({ userAgent: `tool/1.0 (${name}=${secret})` }),
  'connection string': (name, secret) => note(`Server=db.example;Database=shop;${name}=${secret};Encrypt=true`),
  'from-literal': (name, secret) => ({ args: ['create', 'secret', 'generic', 'x', `--from-literal=${name}=${secret}`] }),
  'helm set': (name, secret) => shell(`helm upgrade shop ./chart --set auth.${name}=${secret}`),
  'TOML or properties': (name, secret) => note(`[main]\n${name} = "${secret}"\nport = 1`),
}; // prettier-ignore

/** Without a name: by their form or their place. */
const BARE: Readonly<Record<string, readonly ((secret: string) => Place)[]>> = {
  'user info of a URL': [
    (s) => note(`postgres://app:${s}@db.example:5432/shop`), (s) => shell(`git clone https://oauth2:${s}@git.example/a.git`), (s) => ({ args: [`--repo=https://${s}@git.example/a`] }),
    (s) => note(`redis://:${s}@cache.example:6379/0`), (s) => note(`mongodb+srv://u:${s}@a.example/x?w=1`), (s) => note(`amqp://a:${s}/x@mq.example/v`),
  ],
  'user info of an image': [(s) => ({ image: `ci:${s}@registry.example/app:1` }), (s) => ({ image: `https://ci:${s}@registry.example/team/app:1` })],
  'user:X@host': [(s) => shell(`sftp deploy:${s}@files.example`), (s) => ({ args: [`deploy:${s}@files.example`] }), (s) => note(`copied from root:${s}@10.0.0.5`)],
  'short flags': [
    (s) => ({ command: ['mysql', '-u', 'root', `-p${s}`] }), (s) => ({ args: ['-p', s] }), (s) => shell(`sshpass -p ${s} ssh a@b.example`), (s) => shell(`redis-cli -a ${s} ping`),
    (s) => ({ command: ['curl', '-u', `admin:${s}`, 'https://a.example'] }), (s) => shell(`curl -uadmin:${s} https://a.example`), (s) => shell(`docker login -u ci -p ${s} registry.example`),
    (s) => shell(`ldapsearch -x -D cn=a -w ${s} -b dc=x`), (s) => ({ args: ['--key', s] }), (s) => ({ args: ['--auth', s] }), (s) => ({ args: ['--jwt', s] }), (s) => ({ args: ['--pw', s] }),
    (s) => ({ args: [`--dsn=app:${s}@tcp(db:3306)/x`] }), (s) => ({ args: ['--dsn', `app:${s}@tcp(db:3306)/x`] }), (s) => shell(`mytool -p ${s}`), (s) => shell(`sqlcmd -S db -U sa -P ${s}`),
    (s) => shell(`openssl enc -pass pass:${s} -in a`), (s) => shell(`curl -b "sid=${s}; theme=x" https://a.example`), (s) => ({ command: ['mongo', '--username', 'a', '-p', s] }),
  ],
  headers: [
    (s) => shell(`curl -H "Authorization: Bearer ${s}" https://a.example`), (s) => shell(`curl -H 'Authorization: Token ${s}'`), (s) => note(`Cookie: theme=x; sid=${s}; b=c`),
    (s) => note(`Set-Cookie: sid=${s}; Path=/; HttpOnly`), (s) => note(`X-Api-Key: ${s}`), (s) => note(`Proxy-Authorization: Basic ${s}`), (s) => ({ args: ['-H', `Authorization: ${s}`] }),
    (s) => note(`Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=${s}`), (s) => note(JSON.stringify({ httpHeaders: [{ name: 'Authorization', value: s }] })),
    (s) => note(JSON.stringify({ headers: { 'X-Auth-Token': s, cookie: `a=${s}` } })), (s) => ({ userAgent: `curl/8 Authorization: Basic ${s}` }),
  ],
  'claimed addresses': [(s) => ({ address: s }), (s) => ({ address: `for=${s}` }), (s) => ({ address: `a b ${s}` })],
  hooks: [
    (s) => note(`https://hooks.slack.com/services/T0001/B0001/${s}`), (s) => note(`https://hooks.slack.com/triggers/E1/${s}`), (s) => note(`https://discord.com/api/webhooks/123456/${s}`),
    (s) => note(`https://acme.webhook.office.com/webhookb2/${s}/IncomingWebhook/a`), (s) => note(`https://chat.example/hooks/${s}`), (s) => shell(`curl https://api.telegram.org/bot1:${s}/sendMessage`),
    (s) => note(`https://hooks.zapier.com/hooks/catch/1/${s}/`), (s) => note(`https://maker.ifttt.com/trigger/x/with/key/${s}`),
  ],
  'signed URLs': [
    (s) => note(`https://b.s3.amazonaws.com/k?X-Amz-Credential=A&X-Amz-Signature=${s}`), (s) => note(`https://a.blob.core.windows.net/c/b?sv=2020&sig=${s}&se=1`), (s) => note(`https://f.example/api/x?code=${s}`),
    (s) => note(`https://storage.googleapis.com/b/o?X-Goog-Signature=${s}`), (s) => note(`https://d.cloudfront.net/a?Expires=1&Signature=${s}&Key-Pair-Id=K`), (s) => note(`https://x.example/?key=${s}`),
  ],
  'tokens that tell themselves': [
    (s) => note(`x ghp_${s}`), (s) => note(`glpat-${s} y`), (s) => note(`xoxb-1-${s}`), (s) => note(`AIza${s}`), (s) => note(`sk_live_${s}`), (s) => note(`npm_${s}`), (s) => note(`hvs.${s}`),
    (s) => note(`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0${s}.${s}`), (s) => note(`dckr_pat_${s}`), (s) => note(`github_pat_${s}`), (s) => ({ label: ['note', `ghs_${s}`] }), (s) => ({ userAgent: `bot/1 hf_${s}` }),
    (s) => note(`-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----`), (s) => note(`-----BEGIN EC PRIVATE KEY-----\\n${s}`), (s) => note(`$6$saltsalt$${s}`), (s) => ({ args: [`SG.${s}.x`] }),
  ],
  'what Kubernetes keeps': [
    (s) => note(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data: { plain: s } })), (s) => note(`apiVersion: v1\nkind: Secret\nstringData:\n  plain: ${s}\n`),
    (s) => note(JSON.stringify({ auths: { 'r.example': { auth: s, username: 'u' } } })), (s) => note(`users:\n- name: a\n  user:\n    client-key-data: ${s}\n`),
    (s) => note(`users:\n- name: a\n  user:\n    token: ${s}\n`), (s) => note(JSON.stringify({ '.dockerconfigjson': s })), (s) => note(JSON.stringify({ users: [{ user: { 'client-key-data': s } }] })),
  ],
  phrases: [
    (s) => shell(`psql -c "ALTER USER app WITH PASSWORD '${s}'"`), (s) => shell(`mysql -e "CREATE USER a IDENTIFIED BY '${s}'"`), (s) => ({ command: ['redis-server', '--requirepass', s] }),
    (s) => ({ args: ['requirepass', s] }), (s) => note(`machine a.example login u password ${s}`), (s) => shell(`echo ${s} | docker login --password-stdin r.example`), (s) => shell(`vault login ${s}`),
    (s) => shell(`aws configure set aws_secret_access_key ${s}`), (s) => shell(`echo "root:${s}" | chpasswd`), (s) => shell(`npm config set //registry.example/:_authToken=${s}`),
  ],
  'words of a list, by their place': [
    (s) => ({ command: ['vault', 'login', s] }), (s) => ({ command: ['vault', 'kv', 'put', 'secret/x', 'plain=1', `foo=${s}`] }), (s) => ({ command: ['aws', 'configure', 'set', 'aws_secret_access_key', s] }),
    (s) => ({ command: ['npm', 'config', 'set', '//registry.example/:_authToken', s] }), (s) => ({ command: ['kubectl', 'create', 'secret', 'generic', 'x', `--from-literal=foo=${s}`] }),
    (s) => shell(`kubectl create secret generic x --from-literal foo=${s}`), (s) => ({ command: ['htpasswd', '-bc', '/f', 'user', s] }), (s) => ({ command: ['net', 'user', 'admin', s] }),
    (s) => ({ args: ['mc', 'alias', 'set', 'm', 'http://m.example', 'minio', s] }), (s) => ({ command: ['xfreerdp', '/u:a', `/p:${s}`] }), (s) => ({ command: ['tool.exe', `/password:${s}`] }),
    (s) => shell(`wpa_passphrase home ${s} > /etc/wpa.conf`), (s) => ({ command: ['ipmitool', '-U', 'a', '-P', s] }), (s) => ({ command: ['snmpwalk', '-v3', '-A', s] }), (s) => ({ command: ['k3s', 'agent', '-t', s] }),
  ],
  'words of people': [
    (s) => note(`the password is ${s}`), (s) => note(`use password ${s} to log in`), (s) => note(`password -> ${s}`), (s) => note(`password\t${s}`), (s) => shell(`printf "AUTH ${s}\\r\\n" | nc r 6379`),
    (s) => shell(`psql -c "ALTER ROLE x PASSWORD '${s}'"`), (s) => note(`<db><password>${s}</password></db>`),
  ],
  'names in other languages and scripts': ['пароль', '密码', 'パスワード', 'ｐａｓｓｗｏｒｄ', 'zugangscode', 'clave', 'mdp', 'wachtwoord', 'haslo', 'parola', 'heslo', 'şifre'].flatMap((name) => [
    (s: string) => note(`${name}=${s}`), (s: string) => ({ args: [`--${name}=${s}`] }), (s: string) => note(JSON.stringify({ [name]: s })),
  ]),
}; // prettier-ignore

/** Lines of secret-lines.ts, each in the places that it may stand in. */
const LINES: Readonly<Record<string, readonly (readonly [of: string, make: (secret: string) => Place])[]>> = Object.fromEntries<readonly (readonly [string, (secret: string) => Place])[]>([
  ...Object.entries(COMMANDS).map(([kind, lines]): readonly [string, readonly (readonly [string, (secret: string) => Place])[]] => [kind, [...planted(lines, shell), ...planted(lines, (line) => ({ command: line.split(' ') }))]]),
  ...Object.entries(SCRIPTS).map(([kind, lines]): readonly [string, readonly (readonly [string, (secret: string) => Place])[]] => [kind, planted(lines, shell)]),
  ...Object.entries(TEXTS).map(([kind, lines]): readonly [string, readonly (readonly [string, (secret: string) => Place])[]] => [kind, planted(lines, note)]),
  ['paths, groups and extras', [
    ...planted(REFERENCES, (line) => ({ hostPath: `/srv/${line}` })), ...planted(REFERENCES, (line) => ({ mountPath: `/srv/${line}` })),
    ...planted(REFERENCES, (line) => ({ requestPath: line })), ...planted(REFERENCES, (line) => ({ group: line })),
    ...planted(REFERENCES.filter((line) => !line.includes('secret:')), (line) => ({ image: `registry.example/${line}` })), ...planted(REFERENCES, (line) => ({ extra: ['a.example/username', line] })),
  ]],
  ['words of a user agent', planted(AGENTS, (userAgent) => ({ userAgent }))],
]); // prettier-ignore

function planted(
  lines: readonly string[],
  place: (line: string) => Place,
): readonly (readonly [string, (secret: string) => Place])[] {
  return lines.map((line) => [line, (secret) => place(line.replaceAll(HIDDEN, secret))]);
}

/** Letters of both kinds and digits, no word. */
function secretOf(seed: string): string {
  const hash = createHash('sha256').update(seed).digest('hex');
  return `Zq7${hash.slice(0, 9)}xK${hash.slice(9, 16)}`;
}

export function secretForms(seed: number): readonly SecretForm[] {
  const made = (kind: string, of: string, make: (secret: string) => Place): SecretForm => {
    const secret = secretOf(`${String(seed)} ${kind} ${of}`);
    return { kind, secret, place: make(secret) };
  };
  const named = Object.entries(NAMED).flatMap(([kind, make]) =>
    NAMES.map((name) => made(kind, name, (secret) => make(name, secret))),
  );
  const bare = Object.entries(BARE).flatMap(([kind, makes]) =>
    makes.map((make, i) => made(kind, String(i), make)),
  );
  const lines = Object.entries(LINES).flatMap(([kind, makes]) =>
    makes.map(([line, make]) => made(kind, line, make)),
  );
  return [...named, ...bare, ...lines];
}
