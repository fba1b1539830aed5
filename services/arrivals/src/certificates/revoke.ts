/**
 * Revocation lists of the CA.
 *
 * Invariant: a list keeps all entries of the one before it, with the CA's name and signature. It is valid as
 * long as the CA, as an expired list makes every sender unknown. Writes no files.
 */
import 'reflect-metadata';
import {
  PemConverter,
  X509Certificate,
  X509Crl,
  type X509CrlEntryParams,
  X509CrlGenerator,
} from '@peculiar/x509';
import { type Authority, BACKDATED_MS, SIGNING_ALGORITHM } from './issue.ts';

/**
 * @param before the list so far, as PEM; absent: none. @param serialNumbers of the certificates to add, as
 * hexadecimal digits
 */
export async function issueRevocationList(
  authority: Authority,
  before: string | undefined,
  serialNumbers: readonly string[],
  now: Date,
): Promise<string> {
  const earlier = before === undefined ? [] : revokedIn(before);
  const known = new Set(earlier.map(({ serialNumber }) => serialNumber));
  const added = [...new Set(serialNumbers)]
    .filter((serialNumber) => !known.has(serialNumber))
    .map((serialNumber) => ({ serialNumber, revocationDate: now }));
  const list = await X509CrlGenerator.create({
    issuer: authority.certificate.subjectName,
    // For clocks that are behind this one: a list from the future makes every sender unknown.
    thisUpdate: new Date(now.getTime() - BACKDATED_MS),
    nextUpdate: authority.certificate.notAfter,
    entries: [...earlier, ...added],
    signingAlgorithm: SIGNING_ALGORITHM,
    signingKey: authority.key,
  });
  return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

/** @throws Error when it is no revocation list */
function revokedIn(pem: string): readonly X509CrlEntryParams[] {
  return new X509Crl(pem).entries.map(({ serialNumber, revocationDate }) => ({
    serialNumber,
    revocationDate,
  }));
}

/** @throws Error when it is no certificate, or another CA's */
export function serialNumberOf(pem: string, { certificate }: Authority): string {
  const { issuer, serialNumber } = new X509Certificate(pem);
  if (issuer !== certificate.subject)
    throw new Error(`expected one that ${certificate.subject} signed, found one of ${issuer}`);
  return serialNumber;
}
