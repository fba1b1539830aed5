/**
 * Whether the sender of a request may send for a cluster, by its credentials: a client certificate, a bearer
 * token, or both.
 *
 * Invariant: decided from the request's head and its connection, before any of the body is read. An unknown
 * sender does not learn which clusters exist. Messages contain no token, only the beginning of its digest.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { createHash, type X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Senders } from './senders-file.ts';

/** A request's credential, in the senders file's form, and as text for the log. */
interface Shown {
  readonly senders: readonly string[];
  readonly words: string;
}

const NO_CERTIFICATE: Shown = { senders: [], words: 'no certificate' };
const DIGEST_SHOWN = 8;
const NAME_SHOWN_MAX = 80;

/**
 * A certificate or a token is enough. @param nowMs milliseconds since 1970 @returns the sender, in the
 * senders file's form
 * @throws ArrivalsError sender_unknown, sender_forbidden
 */
export function authorize(
  message: IncomingMessage,
  cluster: string,
  senders: Senders,
  nowMs: number,
): string {
  const certificate = shownCertificate(message, nowMs);
  const token = shownToken(message.headers.authorization);
  const known = [...certificate.senders, ...token.senders].filter((sender) => senders.has(sender));
  const who = `${certificate.words} and ${token.words}`;
  if (known.length === 0)
    throw new ArrivalsError(
      'sender_unknown',
      `cluster ${JSON.stringify(cluster)}: expected a known client certificate or bearer token, found ${who}`,
    );
  const allowed = known.find((sender) => senders.get(sender)?.has(cluster));
  if (allowed === undefined)
    throw new ArrivalsError(
      'sender_forbidden',
      `cluster ${JSON.stringify(cluster)}: expected a sender that may send for it, found ${who}`,
    );
  return allowed;
}

/** The sender by its certificate alone, for any cluster. */
export function knownByCertificate(socket: TLSSocket, senders: Senders, nowMs: number): string | undefined {
  return shownCertificate({ socket }, nowMs).senders.find((sender) => senders.has(sender));
}

/**
 * The certificate of the handshake. It does not change (server-tls.ts), so it is read once a connection:
 * reading is the slowest step here.
 */
interface ConnectionCertificate {
  readonly senders: readonly string[];
  readonly words: string;
  readonly validToMs: number;
  /** Why it is not accepted. */
  readonly refusedFor: string | undefined;
}

const certificates = new WeakMap<TLSSocket, ConnectionCertificate | null>();

/** A certificate counts only while it is valid; a connection may outlive it. */
function shownCertificate({ socket }: Pick<IncomingMessage, 'socket'>, nowMs: number): Shown {
  if (!(socket instanceof TLSSocket)) return NO_CERTIFICATE;
  let certificate = certificates.get(socket);
  if (certificate === undefined) {
    certificate = certificateOf(socket);
    certificates.set(socket, certificate);
  }
  if (certificate === null) return NO_CERTIFICATE;
  const refusedFor = certificate.validToMs < nowMs ? 'CERT_HAS_EXPIRED' : certificate.refusedFor;
  return refusedFor === undefined
    ? certificate
    : { senders: [], words: `${certificate.words} that is not accepted (${refusedFor})` };
}

/**
 * `authorized` alone is not enough: Node sets it for a resumed TLS 1.3 session that never had a certificate.
 */
function certificateOf(socket: TLSSocket): ConnectionCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const name = commonNameOf(certificate);
  const pinned = `cert-sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return {
    senders: name === undefined ? [pinned] : [`cert-cn:${name}`, pinned],
    words: `certificate ${JSON.stringify(name?.slice(0, NAME_SHOWN_MAX) ?? null)}`,
    validToMs: Date.parse(certificate.validTo),
    // Typed as an Error; it is OpenSSL's name for the reason.
    refusedFor: socket.authorized ? undefined : String(socket.authorizationError),
  };
}

/** Only if there is exactly one: with several, the choice would be a guess. */
function commonNameOf(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' ? name : undefined;
}

/**
 * Looked up by its SHA-256: timing reveals something about the digest, which does not help to guess a token
 * of 256 random bits. So the comparison need not take constant time.
 */
function shownToken(authorization: string | undefined): Shown {
  if (authorization === undefined) return { senders: [], words: 'no token' };
  const [, token] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined) return { senders: [], words: 'an Authorization that is no bearer token' };
  // Node reads headers as Latin-1, so this returns the original bytes.
  const digest = createHash('sha256').update(token, 'latin1').digest('hex');
  return {
    senders: [`token-sha256:${digest}`],
    words: `a token of SHA-256 ${digest.slice(0, DIGEST_SHOWN)}…`,
  };
}
