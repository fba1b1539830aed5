/**
 * arrivals certs revoke: puts certificates of the CA on its revocation list.
 *
 * Invariant: the list is replaced as a whole, so that a running Arrivals never reads half of it. Files of
 * certificates stay as they are: what was revoked is told by its serial number.
 */
import { ArrivalsError, shellWord } from '@arrivals/core/light';
import { clusterName, type Command, EXIT, parse } from '../command.ts';

const HELP = `Usage: arrivals certs revoke [CLUSTER…] [--cert-file FILE…] [--out FOLDER]

Puts client certificates on the revocation list of a folder that \`arrivals certs init\` made: from then on they make nobody
known. Arrivals, started with ARRIVALS_TLS_CRL_FILE, reads the list within a few seconds, without a restart, and ends
connections that showed a certificate.

  CLUSTER           the certificate that the folder has for this cluster, sender-CLUSTER.crt
  --cert-file FILE  another one of the same CA, as one whose file was moved away
  --out FOLDER      the folder (default ./certs); its ca.key is needed

Example: arrivals certs revoke edge-1
`;

const OPTIONS = {
  'cert-file': { type: 'string', multiple: true, default: [] as string[] },
  out: { type: 'string', default: './certs' },
} as const;

export const certsRevokeCommand: Command = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parse(args, OPTIONS, true);
    const clusters = [...new Set(positionals.map(clusterName))];
    if (clusters.length === 0 && values['cert-file'].length === 0)
      throw new ArrivalsError('usage', 'expected a cluster or --cert-file, found neither');
    const { CertificateFolder } = await import('../certificates/folder.ts');
    const folder = new CertificateFolder(values.out);
    const authority = await folder.readAuthority();
    const files = [...clusters.map((cluster) => `${folder.sender(cluster)}.crt`), ...values['cert-file']];
    await folder.revoke(authority, files, new Date());
    stdout.write(`# Revoked: ${files.map(shellWord).join(' ')}
# Arrivals reads the list by itself, if it was started with
export ARRIVALS_TLS_CRL_FILE=${shellWord(folder.revoked)}
`);
    if (clusters.length > 0) {
      const names = clusters.map((cluster) => `--cluster ${cluster}`).join(' ');
      const moved = clusters.flatMap((cluster) => [
        `${folder.sender(cluster)}.crt`,
        `${folder.sender(cluster)}.key`,
        folder.kubeconfig(cluster),
      ]);
      stdout.write(`# For successors move the files away first:
mkdir -p ${shellWord(folder.file('revoked'))} && mv ${moved.map(shellWord).join(' ')} ${shellWord(folder.file('revoked'))}
npx arrivals certs add ${names} --out ${shellWord(folder.folder)}
`);
    }
    return EXIT.ok;
  },
};
