/** arrivals webhook-config: what an API server needs to send its audit events here, each flag with its reason. */
import { ArrivalsError, CLUSTER_NAME, messageOf } from '@arrivals/core';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { auditUrl, choice, type Command, EXIT, httpUrl, parse } from '../command.ts';
import { INSTALLATION } from '../version.ts';

const HELP = `Usage: arrivals webhook-config --cluster NAME --url URL [--ca-file FILE] [--part PART] [--fixed-server]

Prints what the API server of cluster NAME needs to send its audit events to URL: a kubeconfig, an audit policy and flags,
each with its reason.

  --cluster NAME    the cluster's name, one of ARRIVALS_CLUSTERS
  --url URL         where Arrivals runs, as the API server reaches it; it has no cluster DNS, so use an address
  --ca-file FILE    for an https URL: PEM file with the CA that its certificate is signed by
  --part PART       kubeconfig, policy or flags alone, for writing into a file (default: all)
  --fixed-server    the policy for API servers with the fix of kubernetes/kubernetes PR 139419

Example: arrivals webhook-config --cluster default --url http://127.0.0.1:8080 --part kubeconfig > audit-webhook.kubeconfig
`;

const PARTS = ['all', 'kubeconfig', 'policy', 'flags'] as const;

/** Flag, value, and why. Figures: k8s.io/apiserver audit options, and measurements on kube-apiserver 1.35. */
const FLAGS: readonly (readonly [flag: string, why: string])[] = [
  ['--audit-policy-file=/etc/kubernetes/audit/policy.yaml', 'What is recorded, and at which level. The file must be mounted into the API server’s pod.'],
  ['--audit-webhook-config-file=/etc/kubernetes/audit/audit-webhook.kubeconfig', 'Where it goes. Mounted likewise.'],
  ['--audit-webhook-mode=batch', 'The default: requests never wait for the audit webhook.'],
  ['--audit-webhook-batch-max-wait=1s', 'An alert within a second or two; the default of 30s delays each by up to half a minute.'],
  [
    '--audit-webhook-truncate-enabled=true',
    'Cuts the bodies of an event that is too large, and keeps an event that cannot be encoded from taking its whole batch with it.',
  ],
  [
    '--audit-webhook-truncate-max-event-size=7000000',
    'An event that is too large without its bodies too is dropped, and a URI may make one of 6 MB: at the default of 102400 a long query hides a creation, and padded annotations hide its containers.',
  ],
  [
    '--audit-webhook-batch-max-size=2',
    'So many events of that size fit the 16 MiB that are accepted of a post; a larger post is refused and lost with all in it.',
  ],
  ['--audit-webhook-batch-throttle-qps=2000', 'Together with the smaller batches this keeps the default’s 4,000 events a second.'],
  ['--audit-webhook-batch-throttle-burst=3000', 'Likewise.'],
];

export const webhookConfigCommand: Command = {
  name: 'webhook-config',
  summary: 'print the kubeconfig, the policy and the flags for an API server',
  help: HELP,
  run: (args, { stdout }) => {
    const { values } = parse(args, {
      cluster: { type: 'string' },
      url: { type: 'string' },
      'ca-file': { type: 'string' },
      part: { type: 'string', default: 'all' },
      'fixed-server': { type: 'boolean', default: false },
    });
    if (values.cluster === undefined || !CLUSTER_NAME.test(values.cluster)) {
      throw new ArrivalsError(
        'usage',
        `--cluster: expected 1 to 63 of a-z, 0-9, "-" and ".", found ${values.cluster === undefined ? 'nothing' : JSON.stringify(values.cluster)}`,
      );
    }
    if (values.url === undefined) throw new ArrivalsError('usage', '--url: expected where Arrivals runs, found nothing');
    const url = auditUrl(httpUrl('url', values.url), values.cluster);
    const part = choice('part', values.part, PARTS);
    const policy = readFileSync(path.join(INSTALLATION, 'deploy', values['fixed-server'] ? 'audit-policy-fixed-servers.yaml' : 'audit-policy.yaml'), 'utf8');
    const texts = { kubeconfig: kubeconfig(url, values.cluster, authorityOf(url, values['ca-file'])), policy, flags: flags() };
    stdout.write(part === 'all' ? everything(texts) : texts[part]);
    return Promise.resolve(EXIT.ok);
  },
};

function everything({ kubeconfig: config, policy, flags: list }: Readonly<Record<'kubeconfig' | 'policy' | 'flags', string>>): string {
  return (
    `# ---- /etc/kubernetes/audit/audit-webhook.kubeconfig (--part kubeconfig)\n${config}\n` +
    `# ---- /etc/kubernetes/audit/policy.yaml (--part policy)\n${policy}\n` +
    `# ---- flags of kube-apiserver (--part flags)\n${list}`
  );
}

/** The line that says whom to trust; an API server trusts the system's CAs when there is none. */
function authorityOf(url: string, file: string | undefined): string {
  if (file === undefined)
    return url.startsWith('https:') ? '\n      # No --ca-file was given: the certificate must be signed by a CA that the API server’s system trusts.' : '';
  if (!url.startsWith('https:')) throw new ArrivalsError('usage', '--ca-file: expected an https URL with it');
  try {
    return `\n      certificate-authority-data: ${readFileSync(file).toString('base64')}`;
  } catch (error) {
    throw new ArrivalsError('input_unreadable', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

function kubeconfig(url: string, cluster: string, authority: string): string {
  return `# Tells the API server of cluster ${cluster} where Arrivals receives its audit events.
apiVersion: v1
kind: Config
clusters:
  - name: arrivals
    cluster:
      server: ${JSON.stringify(url)}${authority}
users:
  - name: kube-apiserver
    user: {}
contexts:
  - name: arrivals
    context:
      cluster: arrivals
      user: kube-apiserver
current-context: arrivals
`;
}

function flags(): string {
  return FLAGS.map(([flag, why]) => `# ${why}\n${flag}\n`).join('');
}
