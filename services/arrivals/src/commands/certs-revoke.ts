/**
 * arrivals certs revoke: adds certificates of the CA to its revocation list.
 *
 * Invariant: the list is replaced atomically, so that a running Arrivals never reads half of it. Certificate
 * files are unchanged: a revoked certificate is identified by its serial number.
 */
import { ArrivalsError, shellWord } from '@arrivals/core/light';
import { clusterName, type Command, EXIT, parse } from '../command.ts';

const HELP = `Usage: arrivals certs revoke [CLUSTER…] [--cert-file FILE…] [--out FOLDER]

Adds client certificates to the revocation list of a folder created by \`arrivals certs init\`: from then on they
are refused. Arrivals, started with ARRIVALS_TLS_CRL_FILE, reads the list within a few seconds, without a restart,
and closes connections with a client certificate.

  CLUSTER           the certificate of this cluster in the folder, sender-CLUSTER.crt
  --cert-file FILE  another certificate of the same CA, for example one whose file was moved away
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
# Arrivals reloads the list automatically, if it was started with
export ARRIVALS_TLS_CRL_FILE=${shellWord(folder.revoked)}
`);
    if (clusters.length > 0) {
      const names = clusters.map((cluster) => `--cluster ${cluster}`).join(' ');
      const moved = clusters.flatMap((cluster) => [
        `${folder.sender(cluster)}.crt`,
        `${folder.sender(cluster)}.key`,
        folder.kubeconfig(cluster),
      ]);
      stdout.write(`# To issue new certificates, move the files away first:
mkdir -p ${shellWord(folder.file('revoked'))} && mv ${moved.map(shellWord).join(' ')} ${shellWord(folder.file('revoked'))}
npx arrivals certs add ${names} --out ${shellWord(folder.folder)}
`);
    }
    return EXIT.ok;
  },
};
