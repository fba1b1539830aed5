/**
 * arrivals webhook-config: what an API server needs to send its audit events here, each flag with its reason.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { auditUrl, choice, clusterName, type Command, EXIT, httpUrl, parse } from '../command.ts';
import { CREDENTIAL_OPTIONS, readCredentials } from '../api-client/credentials.ts';
import { kubeconfig } from '../kubeconfig.ts';
import { INSTALLATION } from '../version.ts';

const HELP = `Usage: arrivals webhook-config --cluster NAME --url URL [options]

Prints what the API server of cluster NAME needs to send its audit events to URL: a kubeconfig, an audit policy and flags,
each with its reason.

  --cluster NAME    the cluster's name, one of ARRIVALS_CLUSTERS
  --url URL         where Arrivals runs, as the API server reaches it; it has no cluster DNS, so use an address
  --part PART       kubeconfig, policy or flags alone, for writing into a file (default: all)
  --fixed-server    the policy for API servers with the fix of kubernetes/kubernetes PR 139419

For an https URL, included in the kubeconfig:

  --ca-file FILE           PEM file with the CA that signed the URL's certificate
  --client-cert-file FILE  PEM file with the API server's client certificate, and
  --client-key-file FILE   its private key; \`arrivals certs init\` creates them, and this kubeconfig too
  --token-file FILE        the API server's bearer token; \`arrivals token\` creates one

Example: arrivals webhook-config --cluster default --url http://127.0.0.1:8080 --part kubeconfig > audit-webhook.kubeconfig
`;

const PARTS = ['all', 'kubeconfig', 'policy', 'flags'] as const;

/** Flag, value, and why. Figures: k8s.io/apiserver audit options, and measurements on kube-apiserver 1.35. */
const FLAGS: readonly (readonly [flag: string, why: string])[] = [
  [
    '--audit-policy-file=/etc/kubernetes/audit/policy.yaml',
    'Which events are recorded, at which level. The file must be mounted into the API server’s pod.',
  ],
  [
    '--audit-webhook-config-file=/etc/kubernetes/audit/audit-webhook.kubeconfig',
    'Where they are sent. Mounted likewise.',
  ],
  ['--audit-webhook-mode=batch', 'The default: requests never wait for the audit webhook.'],
  [
    '--audit-webhook-batch-max-wait=1s',
    'An alert within a second or two; the default of 30s delays each by up to half a minute.',
  ],
  [
    '--audit-webhook-truncate-enabled=true',
    'Removes the bodies of an event that is too large, and keeps an event that cannot be encoded from losing its whole batch.',
  ],
  [
    '--audit-webhook-truncate-max-event-size=7000000',
    'An event that is too large even without its bodies is dropped, and a URI can have 6 MB: at the default of 102400 a long query hides a creation, and padded annotations hide its containers.',
  ],
  [
    '--audit-webhook-batch-max-size=2',
    'Two events of that size fit the 16 MiB accepted for a POST; a larger POST is refused and all its events are lost.',
  ],
  [
    '--audit-webhook-batch-throttle-qps=2000',
    'With the smaller batches this keeps the default of 4,000 events a second.',
  ],
  ['--audit-webhook-batch-throttle-burst=3000', 'Likewise.'],
];

export const webhookConfigCommand: Command = {
  help: HELP,
  run: (args, { stdout }) => {
    const { values } = parse(args, {
      cluster: { type: 'string' },
      url: { type: 'string' },
      ...CREDENTIAL_OPTIONS,
      part: { type: 'string', default: 'all' },
      'fixed-server': { type: 'boolean', default: false },
    });
    const cluster = clusterName(values.cluster);
    if (values.url === undefined)
      throw new ArrivalsError('usage', '--url: expected where Arrivals runs, found nothing');
    const base = httpUrl('url', values.url);
    checkTransport(base, values);
    const credentials = readCredentials(values);
    const part = choice('part', values.part, PARTS);
    const policy = readFileSync(
      path.join(
        INSTALLATION,
        'deploy',
        values['fixed-server'] ? 'audit-policy-fixed-servers.yaml' : 'audit-policy.yaml',
      ),
      'utf8',
    );
    const texts = {
      kubeconfig: kubeconfig(auditUrl(base, cluster), cluster, credentials),
      policy,
      flags: flags(),
    };
    stdout.write(part === 'all' ? everything(texts) : texts[part]);
    return Promise.resolve(EXIT.ok);
  },
};

/** An API server ignores these without TLS, and does not send a token unencrypted. */
function checkTransport(base: URL, values: Readonly<Record<string, unknown>>): void {
  if (base.protocol === 'https:') return;
  const given = Object.keys(CREDENTIAL_OPTIONS).find((name) => values[name] !== undefined);
  if (given !== undefined)
    throw new ArrivalsError(
      'usage',
      `--${given}: expected an https URL with it, found ${base.origin}: API servers send credentials over https alone`,
    );
}

function everything({
  kubeconfig: config,
  policy,
  flags: list,
}: Readonly<Record<'kubeconfig' | 'policy' | 'flags', string>>): string {
  return (
    `# ---- /etc/kubernetes/audit/audit-webhook.kubeconfig (--part kubeconfig)\n${config}\n` +
    `# ---- /etc/kubernetes/audit/policy.yaml (--part policy)\n${policy}\n` +
    `# ---- flags of kube-apiserver (--part flags)\n${list}`
  );
}

function flags(): string {
  return FLAGS.map(([flag, why]) => `# ${why}\n${flag}\n`).join('');
}
