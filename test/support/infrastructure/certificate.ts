/** A certificate for this machine's loopback address, as PEM files, which is its own authority. Gone at the end of the run. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';
import { ownFolder } from './programs.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** What a client has to trust. */
  readonly caFile: string;
}

export async function loopbackCertificate(): Promise<Certificate> {
  const altNames = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  const folder = await ownFolder();
  const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  return { certFile, keyFile, caFile: certFile };
}
