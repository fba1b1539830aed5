/**
 * The TLS side of the HTTP server: what it is served with, and that client certificates are asked for but not demanded.
 *
 * Invariant: a connection without a certificate, or with one that is not accepted, is served like any other, so that
 * health stays reachable and a refused sender gets a reason instead of a broken handshake. Who may do what is decided by
 * who handles a request (senders/authorize.ts).
 */
import { ArrivalsError, messageOf } from '@arrivals/core';
import { constants, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CAs of client certificates; without it none is asked for. */
  readonly clientCaFile?: string;
}

/** @throws ArrivalsError listen_failed */
export function createTlsServer(files: TlsFiles, listener: RequestListener): Server {
  try {
    return createServer(
      {
        cert: readFileSync(files.certFile),
        key: readFileSync(files.keyFile),
        // HTTP/2 costs more than it brings for one connection with large bodies, so it is not offered.
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        ...clientCertificates(files.clientCaFile),
      },
      listener,
    );
  } catch (error) {
    throw new ArrivalsError('listen_failed', `cannot use the TLS certificate or key: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Each connection shows its certificate anew, once: a resumed session would keep the verdict of an earlier one, and TLS 1.2
 * could exchange the certificate in the middle of a connection while Node keeps saying `authorized`.
 */
function clientCertificates(caFile: string | undefined): ServerOptions {
  if (caFile === undefined) return {};
  return {
    ca: readAuthorities(caFile),
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Node takes a file without certificates without a word, and nobody could send. */
function readAuthorities(file: string): string[] {
  const certificates = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new Error(`${file}: expected at least one PEM certificate, found none`);
  for (const certificate of certificates) new X509Certificate(certificate);
  return certificates;
}
