/**
 * arrivals certs init and arrivals certs add: all the files by which API servers and Arrivals authenticate
 * each other.
 *
 * Invariant: stdout is a shell script of the next steps, with the actual paths and addresses. Certificates
 * are created in certificates/, which is loaded only here: the library takes a tenth of a second.
 */
import { ArrivalsError, didYouMean, shellWord } from '@arrivals/core/light';
import { isLoopback } from '@arrivals/host/command';
import { isIP, isIPv6 } from 'node:net';
import path from 'node:path';
import type * as Folder from '../certificates/folder.ts';
import type * as Issue from '../certificates/issue.ts';
import { clusterName, type Command, EXIT, httpUrl, parse, wholeNumber } from '../command.ts';
import { invocation, pasteable } from '../invocation.ts';
import { INSTALLATION } from '../version.ts';

const AUTHORITY_DAYS = 3652;
/** The longest validity of a server's certificate that strict verifiers accept. */
const LEAF_DAYS = 825;
const DEFAULT_PORT = 8080;
const ALWAYS_HOSTS = ['localhost', '127.0.0.1', '::1'];

const INIT_HELP = `Usage: arrivals certs init --cluster NAME… --host ADDRESS… [--url URL] [--out FOLDER] [--days N]

Creates the files to receive over https from known senders only: a CA, the server's certificate, a client certificate
for the API servers of each cluster with a kubeconfig that contains it, and the senders file. Prints the settings to
start Arrivals with, and the next steps.

  --cluster NAME  a cluster that will send; may be given several times
  --host ADDRESS  an address or name by which API servers reach Arrivals; may be given several times. API servers have no
                  cluster DNS, so use an IP address. localhost is added
  --url URL       the server of the kubeconfigs (default: https://, the first host, port ${String(DEFAULT_PORT)})
  --out FOLDER    where to write (default ./certs); nothing is overwritten
    --days N        validity of the server's and the clients' certificates (default ${String(LEAF_DAYS)}); the CA: ten years

Example: arrivals certs init --cluster prod --cluster staging --host 10.0.0.5
`;

const ADD_HELP = `Usage: arrivals certs add [--cluster NAME…] [--host ADDRESS…] [--out FOLDER] [--days N]

Creates more certificates with the CA of a folder created by \`arrivals certs init\`: for another cluster, or to renew
one whose files were moved away. A running Arrivals reloads them automatically.

  --cluster NAME  a client certificate and kubeconfig for this cluster, and its line in the senders file
  --host ADDRESS  a server certificate for this address; may be given several times. localhost is added
    --url URL       the server of the kubeconfigs (default: as with init)
  --out FOLDER    the folder (default ./certs)
    --days N        their validity (default ${String(LEAF_DAYS)})

Example: arrivals certs add --cluster edge-1
`;

const OPTIONS = {
  cluster: { type: 'string', multiple: true, default: [] as string[] },
  host: { type: 'string', multiple: true, default: [] as string[] },
  url: { type: 'string' },
  out: { type: 'string', default: './certs' },
  days: { type: 'string', default: String(LEAF_DAYS) },
} as const;

interface CertsOptions {
  readonly clusters: readonly string[];
  readonly hosts: readonly string[];
  readonly url: URL | undefined;
  readonly out: string;
  readonly days: number;
}

export const certsInitCommand: Command = {
  help: INIT_HELP,
  run: async (args, { stdout, env }) => {
    const options = readOptions(args);
    const command = invocation(env);
    const url = options.url ?? defaultUrl(options.hosts);
    if (options.clusters.length === 0)
      throw new ArrivalsError('usage', '--cluster: expected at least one cluster, found none');
    const { issue, folder } = await openFolder(options.out);
    folder.checkAbsent(options.clusters, [
      'url',
      'ca.crt',
      'ca.key',
      'crl.pem',
      'server.crt',
      'server.key',
      'senders',
    ]);
    const nowMs = Date.now();
    const period = issue.periodOf(options.days, nowMs);
    const authority = await folder.addAuthority(issue.periodOf(AUTHORITY_DAYS, nowMs), url);
    await folder.addServer(authority, [...new Set([...options.hosts, hostOf(url), ...ALWAYS_HOSTS])], period);
    for (const cluster of options.clusters) await folder.addSender(authority, cluster, url, period);
    stdout.write(
      `${describeStart(folder, url, options.hosts, period.notAfter, command)}\n${describeClusters(folder, url, options.clusters, command)}`,
    );
    return EXIT.ok;
  },
};

export const certsAddCommand: Command = {
  help: ADD_HELP,
  run: async (args, { stdout, env }) => {
    const options = readOptions(args);
    if (options.clusters.length === 0 && options.hosts.length === 0)
      throw new ArrivalsError('usage', 'expected --cluster or --host, found neither');
    const { issue, folder } = await openFolder(options.out);
    folder.checkAbsent(options.clusters, options.hosts.length === 0 ? [] : ['server.crt', 'server.key']);
    const command = invocation(env);
    const url = options.url ?? folder.readUrl();
    const authority = await folder.readAuthority();
    const period = issue.periodOf(options.days, Date.now());
    if (options.hosts.length > 0)
      await folder.addServer(authority, [...new Set([...options.hosts, ...ALWAYS_HOSTS])], period);
    for (const cluster of options.clusters) await folder.addSender(authority, cluster, url, period);
    stdout.write('# A running Arrivals reloads certificates and the senders file within a few seconds.\n\n');
    stdout.write(describeClusters(folder, url, options.clusters, command));
    return EXIT.ok;
  },
};

const HELP = `Usage: arrivals certs init|add|revoke …

init    creates a CA, the server's certificate, and for each cluster a client certificate with its kubeconfig
add     adds a cluster to them, or renews a certificate
revoke  adds client certificates to the revocation list

\`arrivals certs init --help\` describes init, and so on.

Example: arrivals certs init --cluster prod --host 10.0.0.5
`;

/** `arrivals certs` alone lists its commands. */
export const certsCommand: Command = {
  help: HELP,
  run: ([word], { stdout, env }) => {
    if (word !== undefined)
      throw new ArrivalsError(
        'usage',
        `expected init, add or revoke, found ${JSON.stringify(word)}${didYouMean(word, ['init', 'add', 'revoke'])}`,
      );
    stdout.write(pasteable(HELP, env));
    return Promise.resolve(EXIT.ok);
  },
};

async function openFolder(
  out: string,
): Promise<{ readonly issue: typeof Issue; readonly folder: Folder.CertificateFolder }> {
  const [issue, { CertificateFolder }] = await Promise.all([
    import('../certificates/issue.ts'),
    import('../certificates/folder.ts'),
  ]);
  return { issue, folder: new CertificateFolder(out) };
}

function readOptions(args: readonly string[]): CertsOptions {
  const { values } = parse(args, OPTIONS);
  const url = values.url === undefined ? undefined : httpUrl('url', values.url);
  if (url !== undefined && url.protocol !== 'https:')
    throw new ArrivalsError('usage', `--url: expected an https URL, found ${url.origin}`);
  return {
    clusters: [...new Set(values.cluster.map(clusterName))],
    hosts: [...new Set(values.host.map(hostName))],
    url,
    out: values.out,
    days: Math.max(1, wholeNumber('days', values.days, AUTHORITY_DAYS)),
  };
}

function hostName(value: string): string {
  if (isIP(value) !== 0 || /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i.test(value))
    return value.toLowerCase();
  throw new ArrivalsError(
    'usage',
    `--host: expected an IP address or a DNS name, without a port, found ${JSON.stringify(value)}`,
  );
}

function defaultUrl([first]: readonly string[]): URL {
  if (first === undefined)
    throw new ArrivalsError(
      'usage',
      '--host: expected an address by which API servers reach Arrivals, found none',
    );
  return new URL(`https://${isIPv6(first) ? `[${first}]` : first}:${String(DEFAULT_PORT)}`);
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: URL): string {
  return url.port === '' ? '443' : url.port;
}

function describeStart(
  folder: Folder.CertificateFolder,
  url: URL,
  hosts: readonly string[],
  notAfter: Date,
  command: string,
): string {
  const all = [hostOf(url), ...hosts];
  const settings = {
    ARRIVALS_LISTEN_HOST: all.every(isLoopback) ? hostOf(url) : all.some(isIPv6) ? '::' : '0.0.0.0',
    ARRIVALS_LISTEN_PORT: portOf(url),
    ARRIVALS_TLS_CERT_FILE: folder.file('server.crt'),
    ARRIVALS_TLS_KEY_FILE: folder.file('server.key'),
    ARRIVALS_TLS_CLIENT_CA_FILE: folder.file('ca.crt'),
    ARRIVALS_TLS_CRL_FILE: folder.revoked,
    ARRIVALS_SENDERS_FILE: folder.senders,
  };
  return `# Start Arrivals with these settings. The certificates are valid until ${notAfter.toISOString().slice(0, 10)}; ca.key is needed for \`certs add\` and \`certs revoke\` alone.
${Object.entries(settings)
  .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
  .join('')}${command} up
`;
}

function describeClusters(
  folder: Folder.CertificateFolder,
  url: URL,
  clusters: readonly string[],
  command: string,
): string {
  const sample = shellWord(path.join(INSTALLATION, 'samples/new-pod.jsonl'));
  const local = `https://127.0.0.1:${portOf(url)}`;
  const ca = shellWord(folder.file('ca.crt'));
  const from = shellWord(url.href.replace(/\/$/, ''));
  return clusters
    .map((cluster) => {
      const sender = folder.sender(cluster);
      return `# Cluster ${cluster}: copy this file to its control-plane nodes, as /etc/kubernetes/audit/audit-webhook.kubeconfig. It holds a private key.
ls -l ${shellWord(folder.kubeconfig(cluster))}
# The policy and the flags that go with it:
${command} webhook-config --cluster ${cluster} --url ${from} --part policy
${command} webhook-config --cluster ${cluster} --url ${from} --part flags
# A first alert, from this machine:
${command} replay --to ${local} --cluster ${cluster} --ca-file ${ca} --client-cert-file ${shellWord(`${sender}.crt`)} --client-key-file ${shellWord(`${sender}.key`)} ${sample}
${command} alerts --url ${local} --ca-file ${ca} --format table
`;
    })
    .join('\n');
}
