/**
 * The folder of `arrivals certs`: a CA, a server certificate, and for each cluster a client certificate with
 * its kubeconfig; the senders file that names them all; the revocation list.
 *
 * Invariant: only the revocation list is overwritten, and it only grows; nothing is written if one of the
 * files exists. Every file is readable by its owner only from the moment it exists, and Git ignores the
 * folder. To renew a certificate, its files are moved away and it is created again.
 */
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { auditUrl } from '../command.ts';
import { appendSender, ignoreAll, makeFolder, readText, replace, writeNew } from '../files.ts';
import { kubeconfig } from '../kubeconfig.ts';
import {
  type Authority,
  issueAuthority,
  issueClient,
  issueServer,
  type Issued,
  type Period,
  readAuthority,
} from './issue.ts';
import { issueRevocationList, serialNumberOf } from './revoke.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export class CertificateFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = path.resolve(folder);
  }

  /** The path of a file in it. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  get senders(): string {
    return this.file('senders');
  }

  /** The path of the revocation list. */
  get revoked(): string {
    return this.file('crl.pem');
  }

  kubeconfig(cluster: string): string {
    return this.file(`audit-webhook-${cluster}.kubeconfig`);
  }

  /** Without .crt or .key. */
  sender(cluster: string): string {
    return this.file(`sender-${cluster}`);
  }

  /** The URL in the kubeconfigs. @throws ArrivalsError input_unreadable */
  readUrl(): URL {
    return new URL(readText(this.file('url')).trim());
  }

  /** @throws ArrivalsError output_exists */
  checkAbsent(clusters: readonly string[], names: readonly string[]): void {
    const files = [
      ...names.map((name) => this.file(name)),
      ...clusters.flatMap((name) => [`${this.sender(name)}.crt`, this.kubeconfig(name)]),
    ];
    const existing = files.find((file) => existsSync(file));
    if (existing !== undefined) throw new ArrivalsError('output_exists', `${existing} exists`);
  }

  /** Creates a CA, and the folder if needed. */
  async addAuthority(period: Period, url: URL): Promise<Authority> {
    makeFolder(this.folder, FOLDER_MODE);
    ignoreAll(this.folder);
    const issued = await issueAuthority(period);
    writeNew(this.file('url'), `${url.href}\n`, FILE_MODE);
    writeIssued(this.file('ca'), issued);
    const authority = await readAuthority(issued);
    // Empty: with it from the start, revoking needs no restart.
    writeNew(this.revoked, await issueRevocationList(authority, undefined, [], new Date()), FILE_MODE);
    return authority;
  }

  /** The existing CA. @throws ArrivalsError input_unreadable */
  async readAuthority(): Promise<Authority> {
    const certificate = readText(this.file('ca.crt'));
    const key = readText(this.file('ca.key'));
    try {
      return await readAuthority({ certificate, key });
    } catch (error) {
      throw new ArrivalsError(
        'input_unreadable',
        `${this.file('ca.crt')} and its key: expected those that arrivals certs init made: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** @param files of certificates that this CA signed. @throws ArrivalsError input_unreadable */
  async revoke(authority: Authority, files: readonly string[], now: Date): Promise<void> {
    const serialNumbers = files.map((file) => {
      const text = readText(file);
      try {
        return serialNumberOf(text, authority);
      } catch (error) {
        throw new ArrivalsError(
          'input_unreadable',
          `${file}: expected a PEM certificate: ${messageOf(error)}`,
          { cause: error },
        );
      }
    });
    const before = existsSync(this.revoked) ? readText(this.revoked) : undefined;
    replace(this.revoked, await issueRevocationList(authority, before, serialNumbers, now), FILE_MODE);
  }

  async addServer(authority: Authority, hosts: readonly string[], period: Period): Promise<void> {
    writeIssued(this.file('server'), await issueServer(authority, hosts, period));
  }

  /**
   * A client certificate for a cluster's API servers, the kubeconfig it is in, and its line in the senders
   * file.
   */
  async addSender(authority: Authority, cluster: string, url: URL, period: Period): Promise<void> {
    const issued = await issueClient(authority, cluster, period);
    writeIssued(this.sender(cluster), issued);
    writeNew(
      this.kubeconfig(cluster),
      kubeconfig(auditUrl(url, cluster), cluster, {
        ca: readText(this.file('ca.crt')),
        clientCertificate: issued,
      }),
      FILE_MODE,
    );
    appendSender(this.senders, cluster, `cert-cn:${cluster}`);
  }
}

function writeIssued(base: string, { certificate, key }: Issued): void {
  writeNew(`${base}.key`, key, FILE_MODE);
  writeNew(`${base}.crt`, certificate, FILE_MODE);
}
