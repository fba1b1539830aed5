/**
 * arrivals token: makes a bearer token for a cluster's API servers. The senders file holds its digest alone.
 */
import { createHash, randomBytes } from 'node:crypto';
import { clusterName, type Command, EXIT, parse } from '../command.ts';
import { appendSender, writeSecret } from '../files.ts';

const TOKEN_BYTES = 32;

const HELP = `Usage: arrivals token --cluster NAME [--senders FILE] [--out FILE]

Makes a random bearer token by which the API servers of cluster NAME are known. Prints the token to stdout, this once, or writes it
into a file: it is kept nowhere else. The line for the senders file holds its SHA-256.

  --cluster NAME  the cluster that the token's bearer may send for
  --senders FILE  append the line to this file; without it, it goes to stderr
  --out FILE      write the token into this new file instead, readable by you alone; Git is told to leave it alone

A token says who sends only as long as nobody reads it on the way: API servers send it over https alone. Restart Arrivals
to have a changed senders file read.

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
    // First what may fail: a sender that is known although nobody has its token is no use.
    if (values.out !== undefined) writeSecret(values.out, `${token}\n`);
    if (values.senders === undefined) stderr.write(`${cluster} ${sender}\n`);
    else appendSender(values.senders, cluster, sender);
    if (values.out === undefined) stdout.write(`${token}\n`);
    return Promise.resolve(EXIT.ok);
  },
};
