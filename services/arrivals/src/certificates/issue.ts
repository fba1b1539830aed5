/**
 * Creates X.509 certificates: a small CA, certificates for servers and for clients. The only file that
 * imports the library.
 *
 * Invariant: ECDSA P-256 with SHA-256, random serial numbers, and the extensions that OpenSSL and Go check:
 * critical basicConstraints and keyUsage, one extended key usage, subject and authority key identifiers.
 * Writes no files.
 */
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** PEM texts. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

export interface Period {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
export const SIGNING_ALGORITHM: webcrypto.EcdsaParams = { name: 'ECDSA', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** For clocks that are behind this one. */
export const BACKDATED_MS = 3_600_000;

export function periodOf(days: number, nowMs: number): Period {
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** Its name has a random part, so that two CAs of one owner are distinguished. */
export async function issueAuthority(period: Period): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...period,
    serialNumber: serialNumber(),
    name: [{ O: ['Arrivals'] }, { CN: [`arrivals-ca-${randomBytes(4).toString('hex')}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return issued(certificate, keys.privateKey);
}

/** @throws Error when they are not a CA's certificate and its P-256 key */
export async function readAuthority({ certificate, key }: Issued): Promise<Authority> {
  const [der] = PemConverter.decode(key);
  if (der === undefined) throw new Error('expected a PEM private key, found none');
  return {
    certificate: new X509Certificate(certificate),
    key: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']),
  };
}

/** @param hosts addresses and names that clients may reach the server by */
export async function issueServer(
  authority: Authority,
  hosts: readonly string[],
  period: Period,
): Promise<Issued> {
  const names = hosts.map((host) => ({
    type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
    value: host,
  }));
  return issueLeaf(
    authority,
    [{ O: ['Arrivals'] }, { CN: ['arrivals'] }],
    ExtendedKeyUsage.serverAuth,
    period,
    [new SubjectAlternativeNameExtension(names)],
  );
}

export async function issueClient(authority: Authority, commonName: string, period: Period): Promise<Issued> {
  return issueLeaf(
    authority,
    [{ O: ['Arrivals sender'] }, { CN: [commonName] }],
    ExtendedKeyUsage.clientAuth,
    period,
    [],
  );
}

async function issueLeaf(
  authority: Authority,
  subject: JsonName,
  usage: ExtendedKeyUsage,
  period: Period,
  more: readonly Extension[],
): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    notBefore: period.notBefore,
    // A certificate that outlives its CA would fail suddenly, for a reason that is hard to see.
    notAfter: new Date(Math.min(period.notAfter.getTime(), authority.certificate.notAfter.getTime())),
    serialNumber: serialNumber(),
    subject,
    issuer: authority.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...more,
    ],
  });
  return issued(certificate, keys.privateKey);
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** 126 random bits, positive, without leading zeros. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function issued(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<Issued> {
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`,
  };
}
