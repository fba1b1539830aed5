/**
 * The TLS side of the HTTP server: its certificate and key; client certificates are requested but not
 * required.
 *
 * Invariant: a connection without a certificate, or with one that is not accepted, is served like any other,
 * so that health stays reachable and a refused sender gets a reason instead of a failed handshake.
 * Authorization is decided for each request (http/senders/authorize.ts). Changed files apply to later
 * handshakes; unusable files change nothing.
 */
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { constants, X509Certificate } from 'node:crypto';
import type { RequestListener, ServerOptions as HttpServerOptions } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { LISTEN_SETTINGS } from '../config/settings/listen.ts';
import { canBeWatched, readAll, watchFiles, type Watching, type WatchOptions } from '../file-watch.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CAs of client certificates; without it none is requested. */
  readonly clientCaFile?: string;
  /** Revocation lists of these CAs, one for each. */
  readonly crlFile?: string;
}

/** The kernel detects a peer that disappeared silently. Host headers are checked in http-hosts.ts. */
export const TCP_OPTIONS: HttpServerOptions = {
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  requireHostHeader: false,
};

/** @throws ArrivalsError config_invalid */
export function createTlsServer(
  files: TlsFiles,
  handshakeTimeout: number,
  listener: RequestListener,
): Server {
  try {
    const asked: ServerOptions =
      files.clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
    // HTTP/2 has no benefit for one connection with large bodies, so it is not offered.
    return createServer(
      {
        ...TCP_OPTIONS,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout,
        ...asked,
        ...contextOptions(files, readAll(pathsOf(files))),
      },
      listener,
    );
  } catch (error) {
    const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = LISTEN_SETTINGS;
    const names = [tlsCertFile, tlsKeyFile, ...(files.clientCaFile === undefined ? [] : [tlsClientCaFile])]
      .map(({ env }) => env)
      .join(', ');
    // Not after the word key and a colon: the log would mask it as a secret.
    throw new ArrivalsError(
      'config_invalid',
      `${names}: expected files in PEM that fit together, found: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * @param onTrust called when the CAs or revocation lists change: certificates of earlier handshakes were
 * verified with the old ones
 */
export function watchTlsFiles(
  files: TlsFiles,
  server: Server,
  options: WatchOptions,
  onTrust: () => void,
): Watching | undefined {
  const paths = pathsOf(files);
  if (!canBeWatched(paths)) return undefined;
  let inUse = readAll(paths);
  const use = (contents: readonly Buffer[]): void => {
    const context = contextOptions(files, contents);
    // The server would accept a key that does not match its certificate, and then fail every handshake.
    createSecureContext(context);
    server.setSecureContext(context);
    const trusted = trustOf(files, contents);
    const changed = !trusted.equals(trustOf(files, inUse));
    inUse = contents;
    if (changed) onTrust();
  };
  return watchFiles({ of: 'tls', files: paths, inUse, use }, options);
}

function pathsOf({ certFile, keyFile, clientCaFile, crlFile }: TlsFiles): readonly string[] {
  return [certFile, keyFile, clientCaFile, crlFile].filter((file) => file !== undefined);
}

function trustOf(files: TlsFiles, contents: readonly Buffer[]): Buffer {
  return Buffer.concat(contents.slice(pathsOf({ certFile: files.certFile, keyFile: files.keyFile }).length));
}

/**
 * Each connection presents its certificate once: a resumed session would keep an earlier verification, and
 * TLS 1.2 could replace the certificate during a connection while Node keeps `authorized`.
 */
function contextOptions(
  { clientCaFile, crlFile }: TlsFiles,
  [cert, key, ca, crl]: readonly Buffer[],
): SecureContextOptions {
  const served: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
  if (clientCaFile === undefined) return served;
  return {
    ...served,
    ca: certificatesIn(clientCaFile, ca),
    ...(crlFile === undefined ? {} : { crl: partsOf(crlFile, crl, 'X509 CRL', 'revocation list') }),
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

function certificatesIn(file: string, pem: Buffer | undefined): string[] {
  const certificates = partsOf(file, pem, 'CERTIFICATE', 'certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
  return certificates;
}

/**
 * Node silently accepts a file without any, and no sender would be accepted; of several revocation lists in
 * one text it reads the first.
 */
function partsOf(file: string, pem: Buffer | undefined, label: string, what: string): string[] {
  const parts =
    pem?.toString('utf8').match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];
  if (parts.length === 0) throw new Error(`${file}: expected at least one PEM ${what}, found none`);
  return parts;
}
