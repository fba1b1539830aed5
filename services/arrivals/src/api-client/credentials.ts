/**
 * A client's credentials and trusted CA: the options that name files of certificates, keys and tokens.
 *
 * Invariant: secrets come from files, never from the command line, where every user of the machine could read
 * them.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { isLoopback } from '@arrivals/host/command';
import { readText } from '../files.ts';

/** PEM texts, and the token. */
export interface Credentials {
  readonly ca?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  readonly token?: string;
}

export const CREDENTIAL_OPTIONS = {
  'ca-file': { type: 'string' },
  'client-cert-file': { type: 'string' },
  'client-key-file': { type: 'string' },
  'token-file': { type: 'string' },
} as const;

type CredentialValues = { readonly [name in keyof typeof CREDENTIAL_OPTIONS]?: string | undefined };

/** @throws ArrivalsError usage, input_unreadable */
export function readCredentials(values: CredentialValues): Credentials {
  const {
    'ca-file': caFile,
    'client-cert-file': certificateFile,
    'client-key-file': keyFile,
    'token-file': tokenFile,
  } = values;
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new ArrivalsError(
      'usage',
      '--client-cert-file and --client-key-file: expected both or neither, found one',
    );
  return {
    ...(caFile === undefined ? {} : { ca: readText(caFile) }),
    ...(certificateFile === undefined || keyFile === undefined
      ? {}
      : { clientCertificate: { certificate: readText(certificateFile), key: readText(keyFile) } }),
    ...(tokenFile === undefined ? {} : { token: readToken(tokenFile) }),
  };
}

/** For posting to a URL, or for no URL. @throws ArrivalsError usage, input_unreadable */
export function credentialsFor(to: URL | undefined, values: CredentialValues): Credentials {
  const given = Object.keys(CREDENTIAL_OPTIONS).find(
    (name) => values[name as keyof CredentialValues] !== undefined,
  );
  if (given !== undefined && to === undefined)
    throw new ArrivalsError('usage', `--${given}: expected --to with it`);
  const credentials = readCredentials(values);
  if (
    credentials.token !== undefined &&
    to?.protocol === 'http:' &&
    !isLoopback(to.hostname.replace(/^\[|\]$/g, ''))
  )
    throw new ArrivalsError(
      'usage',
      `--token-file: expected an https URL with it, found ${to.origin}: the network could read the token`,
    );
  return credentials;
}

function readToken(file: string): string {
  const token = readText(file).trim();
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ArrivalsError('input_unreadable', `${file}: expected one token of printable ASCII characters`);
  return token;
}
