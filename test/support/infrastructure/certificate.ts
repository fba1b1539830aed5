/**
 * A server certificate for this machine's loopback address, with the authority it is signed by, as PEM files.
 * Gone at the end of the run.
 */
import { tlsFiles } from '../certificates.ts';
import { ownFolder } from './programs.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** What a client has to trust. */
  readonly caFile: string;
}

export async function loopbackCertificate(): Promise<Certificate> {
  const { certFile, keyFile, clientCaFile } = await tlsFiles(await ownFolder());
  return { certFile, keyFile, caFile: clientCaFile };
}
