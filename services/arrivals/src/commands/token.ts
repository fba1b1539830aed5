/**
 * arrivals token: creates a bearer token for a cluster's API servers. The senders file holds only its digest.
 */
import { createHash, randomBytes } from 'node:crypto';
import { clusterName, type Command, EXIT, parse } from '../command.ts';
import { appendSender, writeSecret } from '../files.ts';

const TOKEN_BYTES = 32;

const HELP = `Usage: arrivals token --cluster NAME [--senders FILE] [--out FILE]

Creates a random bearer token that authenticates the API servers of cluster NAME. Prints the token to stdout, once, or writes it
to a file: it is stored nowhere else. The line for the senders file holds its SHA-256.

  --cluster NAME  the cluster that the token's bearer may send for
  --senders FILE  append the line to this file; without it, it goes to stderr
    --out FILE      write the token to this new file instead, readable by you only and ignored by Git

A token is secure only if it cannot be read on the way: API servers send it over https only. A running Arrivals reloads a
changed senders file.

Example: arrivals token --cluster prod --senders tokens/senders --out tokens/prod.token
         arrivals webhook-config --cluster prod --url https://10.0.0.5:8080 --ca-file ca.crt --token-file tokens/prod.token
`;

export const tokenCommand: Command = {
  help: HELP,
  run: (args, { stdout, stderr }) => {
    const { values } = parse(args, {
      cluster: { type: 'string' },
      senders: { type: 'string' },
      out: { type: 'string' },
    });
    const cluster = clusterName(values.cluster);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const sender = `token-sha256:${createHash('sha256').update(token).digest('hex')}`;
    // The step that may fail comes first: a known sender without its token is useless.
    if (values.out !== undefined) writeSecret(values.out, `${token}\n`);
    if (values.senders === undefined) stderr.write(`${cluster} ${sender}\n`);
    else appendSender(values.senders, cluster, sender);
    if (values.out === undefined) stdout.write(`${token}\n`);
    return Promise.resolve(EXIT.ok);
  },
};
