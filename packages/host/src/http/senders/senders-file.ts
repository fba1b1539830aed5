/**
 * The senders file: who may send for which cluster, one binding a line.
 *
 *   CLUSTER cert-cn:NAME            a client certificate with this common name, signed by a CA of ARRIVALS_TLS_CLIENT_CA_FILE
 *   CLUSTER cert-sha256:HEX         the client certificate with this SHA-256 of its DER form, signed likewise
 *   CLUSTER token-sha256:HEX        a bearer token whose bytes have this SHA-256
 *
 * Invariant: a problem in the file is reported with its line, never guessed around. It holds no secrets, and
 * no message repeats one that was written there by mistake. Reloading is in live-senders.ts.
 */
import { CLUSTER_NAME, messageOf } from '@arrivals/core/light';
import { readFileSync, statSync } from 'node:fs';
import { LISTEN_SETTINGS } from '../../config/settings/listen.ts';

/**
 * Clusters by a sender's credential, in the file's form: "cert-cn:NAME", "cert-sha256:HEX" or
 * "token-sha256:HEX", HEX in lower case.
 */
export type Senders = ReadonlyMap<string, ReadonlySet<string>>;

export const SENDERS_FILE_BYTES_MAX: number = 4 * 1024 * 1024;
export const SENDERS_LINES_MAX = 20_000;
/** More would hide the others. */
const PROBLEMS_MAX = 20;
const CN_LENGTH_MAX = 200;

const { env } = LISTEN_SETTINGS.sendersFile;

/** @param problems receives a line for each problem */
export function readSendersFile(file: string, problems: string[]): Senders {
  try {
    // A file without a known size, such as a pipe, is checked by the bytes read.
    const text = statSync(file).size > SENDERS_FILE_BYTES_MAX ? undefined : readFileSync(file, 'utf8');
    if (text !== undefined && text.length <= SENDERS_FILE_BYTES_MAX) return parseSenders(text, problems);
    problems.push(`${env}: expected at most ${String(SENDERS_FILE_BYTES_MAX)} bytes, found more`);
  } catch (error) {
    problems.push(`${env}: cannot be read: ${messageOf(error)}`);
  }
  return new Map();
}

/** @param problems receives a line for each problem */
export function parseSenders(text: string, problems: string[]): Senders {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const senders = new Map<string, Set<string>>();
  const found: string[] = [];
  if (lines.length > SENDERS_LINES_MAX) {
    problems.push(
      `${env}: expected at most ${String(SENDERS_LINES_MAX)} lines, found ${String(lines.length)}`,
    );
    return senders;
  }
  for (const [index, line] of lines.entries()) {
    const content = line.replace(/(?:^|\s)#.*/, '').trim();
    if (content === '') continue;
    const binding = parseLine(content);
    if (typeof binding === 'string') {
      found.push(`${env} line ${String(index + 1)}: ${binding}`);
      continue;
    }
    const clusters = senders.get(binding.sender) ?? new Set();
    senders.set(binding.sender, clusters.add(binding.cluster));
  }
  if (senders.size === 0 && found.length === 0)
    problems.push(`${env}: expected at least one line, such as "default cert-cn:default", found none`);
  problems.push(...found.slice(0, PROBLEMS_MAX));
  if (found.length > PROBLEMS_MAX)
    problems.push(`${env}: ${String(found.length - PROBLEMS_MAX)} more lines with problems`);
  return senders;
}

interface Binding {
  readonly cluster: string;
  readonly sender: string;
}

/** The binding, or the problem of the line. */
function parseLine(content: string): Binding | string {
  const [, cluster = '', sender = ''] = /^(\S+)\s*(.*)$/s.exec(content) ?? [];
  if (!CLUSTER_NAME.test(cluster))
    return 'expected a cluster name of 1 to 63 of a-z, 0-9, "-" and ".", then its sender; found something else at its beginning';
  const [, kind = '', value = ''] = /^(cert-cn|cert-sha256|token-sha256):(.*)$/s.exec(sender) ?? [];
  switch (kind) {
    case 'cert-cn':
      return parseCommonName(cluster, value);
    case 'cert-sha256':
    case 'token-sha256':
      return parseDigest(cluster, kind, value);
    default:
      return `expected cert-cn:NAME, cert-sha256:HEX or token-sha256:HEX after the cluster, found ${sender === '' ? 'nothing' : 'something else'}`;
  }
}

function parseCommonName(cluster: string, name: string): Binding | string {
  if (/\s(?:cert-cn|cert-sha256|token-sha256):/.test(name))
    return 'expected one sender a line, found several';
  // eslint-disable-next-line no-control-regex -- they are what is not taken
  if (name === '' || name.length > CN_LENGTH_MAX || /^\s|[\u0000-\u001f\u007f]/.test(name))
    return `expected a common name of 1 to ${String(CN_LENGTH_MAX)} printable characters after cert-cn:, found ${JSON.stringify(name.slice(0, 80))}`;
  return { cluster, sender: `cert-cn:${name}` };
}

/** The value is not shown: it may be the token itself. */
function parseDigest(cluster: string, kind: string, value: string): Binding | string {
  const hex = value.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return { cluster, sender: `${kind}:${hex}` };
  return `expected a SHA-256 of 64 hexadecimal digits after ${kind}:, found ${String(value.length)} characters that are none`;
}
