/**
 * The kubeconfig by which an API server sends its audit events here.
 *
 * Invariant: self-contained; certificates, key and token are inside, so that only one file has to be copied.
 * Anyone who can read its key or token can send as that cluster.
 */
import type { Credentials } from './api-client/credentials.ts';

export function kubeconfig(url: string, cluster: string, credentials: Credentials): string {
  return `# For the API server of cluster ${cluster}: the audit webhook of Arrivals.
apiVersion: v1
kind: Config
clusters:
  - name: arrivals
    cluster:
      server: ${JSON.stringify(url)}${authority(url, credentials)}
users:
  - name: kube-apiserver
    user:${user(credentials)}
contexts:
  - name: arrivals
    context:
      cluster: arrivals
      user: kube-apiserver
current-context: arrivals
`;
}

/** The trusted CA; without one an API server trusts the system's CAs. */
function authority(url: string, { ca }: Credentials): string {
  if (ca !== undefined) return `\n      certificate-authority-data: ${base64(ca)}`;
  return url.startsWith('https:')
    ? '\n      # No --ca-file was given: the certificate must be signed by a CA that the API server’s system trusts.'
    : '';
}

function user({ clientCertificate, token }: Credentials): string {
  const lines = [
    ...(clientCertificate === undefined
      ? []
      : [
          `client-certificate-data: ${base64(clientCertificate.certificate)}`,
          `client-key-data: ${base64(clientCertificate.key)}`,
        ]),
    ...(token === undefined ? [] : [`token: ${JSON.stringify(token)}`]),
  ];
  return lines.length === 0 ? ' {}' : lines.map((line) => `\n      ${line}`).join('');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
