/** Certificates for one test, right or wrong in one respect. */
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  type Extension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Pair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Pair {
  readonly signingKey: webcrypto.CryptoKey;
}

export interface LeafOptions {
  /** One common name, several, or none. */
  readonly names?: readonly string[];
  /** Absent: a client's. null: no extended key usage at all. */
  readonly usage?: 'client' | 'server' | null;
  /** Counted from now. */
  readonly validFromMs?: number;
  readonly validToMs?: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

export async function authority(name = 'test-ca'): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    ...period(-HOUR_MS, HOUR_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    cert: certificate.toString('pem'),
    key: await pemOf(keys.privateKey),
    signingKey: keys.privateKey,
  };
}

export async function leaf(issuer: Authority, options: LeafOptions = {}): Promise<Pair> {
  const { names = ['prod'], usage = 'client', validFromMs = -HOUR_MS, validToMs = HOUR_MS } = options;
  const keys = await newKeys();
  const subject: JsonName = names.map((name) => ({ CN: [name] }));
  const usages = { client: ExtendedKeyUsage.clientAuth, server: ExtendedKeyUsage.serverAuth };
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ];
  if (usage !== null) extensions.push(new ExtendedKeyUsageExtension([usages[usage]]));
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: new X509Certificate(issuer.cert).subjectName,
    ...period(validFromMs, validToMs),
    publicKey: keys.publicKey,
    signingKey: issuer.signingKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

/** @param validMs counted from now */
export async function revocationList(
  issuer: Authority,
  revoked: readonly Pair[],
  validMs = HOUR_MS,
): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: new X509Certificate(issuer.cert).subjectName,
    thisUpdate: new Date(Date.now() - HOUR_MS),
    nextUpdate: new Date(Date.now() + validMs),
    entries: revoked.map(({ cert }) => ({
      serialNumber: new X509Certificate(cert).serialNumber,
      revocationDate: new Date(),
    })),
    signingAlgorithm: ALGORITHM,
    signingKey: issuer.signingKey,
  });
  return PemConverter.encode(list.rawData, 'X509 CRL');
}

/** A server's certificate and key, and the CA of its clients, as files. */
export async function tlsFiles(
  folder: string,
  issuer?: Authority,
): Promise<{ readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string }> {
  const signing = issuer ?? (await authority());
  const { cert, key } = await leaf(signing, { names: ['localhost'], usage: 'server' });
  const files = {
    certFile: path.join(folder, 'cert.pem'),
    keyFile: path.join(folder, 'key.pem'),
    clientCaFile: path.join(folder, 'ca.pem'),
  };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key);
  writeFileSync(files.clientCaFile, signing.cert);
  return files;
}

function period(fromMs: number, toMs: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: new Date(nowMs + fromMs), notAfter: new Date(nowMs + toMs) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
