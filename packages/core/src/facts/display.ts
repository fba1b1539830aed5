/**
 * What an authenticator adds to a user's name: user.extra, and impersonatedUser.extra, as far as the table
 * below knows it.
 *
 * Invariant: only what the table lists is kept, as an extra may hold anything, and one text of each. A name
 * for display is the first of the list that the effective user has, else the authenticated one, and names its
 * source. It is for display only: no rule and no identity uses it, as a user who assumes an AWS role may
 * choose the session's name. Sources: kubernetes-sigs/aws-iam-authenticator, Rancher's impersonation,
 * Kubernetes documentation, "Authenticating".
 */
import { maskName, maskText } from '../text/mask.ts';
import { type AuditEvent, type AuditUser } from '../audit/event.ts';
import { asArray, asText } from '../base/json.ts';

export interface DisplayName {
  readonly name: string;
  /** For example impersonatedUser.extra.username. */
  readonly from: string;
}

export interface ExtraEntry {
  /** The table's name for it. */
  readonly field: ExtraField;
  readonly value: string;
  /** Whose extra, and the key there. */
  readonly from: string;
}

type ExtraField =
  | 'username'
  | 'sessionName'
  | 'email'
  | 'upn'
  | 'preferredUsername'
  | 'principalId'
  | 'arn'
  | 'canonicalArn'
  | 'accessKeyId'
  | 'oid'
  | 'subject'
  | 'tokenId'
  | 'certificateId'
  | 'nodeName';

interface ExtraRow {
  readonly field: ExtraField;
  /** What it looks like where it may be shown although it has a secret's form. */
  readonly harmless?: RegExp;
}

/**
 * By the key's last part, in small letters: authenticators put a domain of their own in front of it.
 * The ids of pods and credentials, authentication.kubernetes.io/…, are fields of the actor themselves.
 */
export const EXTRA_FIELDS: Readonly<Record<string, ExtraRow>> = {
  // Rancher.
  username: { field: 'username' },
  principalid: { field: 'principalId' },
  // EKS. The id of an access key is no secret, and names the session in CloudTrail.
  arn: { field: 'arn' },
  canonicalarn: { field: 'canonicalArn' },
  sessionname: { field: 'sessionName' },
  accesskeyid: { field: 'accessKeyId', harmless: /^A[A-Z0-9]{15,31}$/ },
  // GKE, AKS, OpenID Connect.
  email: { field: 'email' },
  oid: { field: 'oid' },
  upn: { field: 'upn' },
  preferred_username: { field: 'preferredUsername' },
  sub: { field: 'subject' },
  // Ids of tokens and certificates, and the node of a pod's token.
  jti: { field: 'tokenId' },
  'certificate-id': { field: 'certificateId' },
  'node-name': { field: 'nodeName' },
};

/** The most specific first. Rancher's principal is the user's place in his directory; AWS' is a number. */
const NAMES: readonly ExtraField[] = [
  'username',
  'sessionName',
  'email',
  'upn',
  'preferredUsername',
  'principalId',
  'arn',
  'canonicalArn',
  'oid',
];
/** Keys that are looked at of one extra, and characters of a text. */
const KEYS_MAX = 64;
const VALUE_MAX = 1024;

export function extrasOf({ user, impersonatedUser }: AuditEvent): readonly ExtraEntry[] {
  return [
    ...(impersonatedUser === undefined ? [] : entriesOf(impersonatedUser, 'impersonatedUser')),
    ...entriesOf(user, 'user'),
  ];
}

export function displayOf({ user, impersonatedUser }: AuditEvent): DisplayName | undefined {
  const effective = impersonatedUser === undefined ? undefined : nameIn(impersonatedUser, 'impersonatedUser');
  return effective ?? nameIn(user, 'user');
}

function nameIn(user: AuditUser, of: 'user' | 'impersonatedUser'): DisplayName | undefined {
  const entries = entriesOf(user, of);
  const found = NAMES.flatMap((field) =>
    entries.filter(
      (entry) => entry.field === field && (field !== 'principalId' || entry.value.includes('://')),
    ),
  )[0];
  return found === undefined || found.value === user.username
    ? undefined
    : { name: found.value, from: found.from };
}

/** A user's extras are read again and again, and may have tens of thousands of keys. */
const ENTRIES = new WeakMap<AuditUser, readonly ExtraEntry[]>();

function entriesOf(user: AuditUser, of: 'user' | 'impersonatedUser'): readonly ExtraEntry[] {
  const before = ENTRIES.get(user);
  if (before !== undefined) return before;
  const entries = readEntries(user, of);
  ENTRIES.set(user, entries);
  return entries;
}

function readEntries({ extra }: AuditUser, of: 'user' | 'impersonatedUser'): readonly ExtraEntry[] {
  const entries = new Map<ExtraField, ExtraEntry>();
  for (const key of Object.keys(extra).slice(0, KEYS_MAX)) {
    const last = key.slice(key.lastIndexOf('/') + 1).toLowerCase();
    const row = Object.hasOwn(EXTRA_FIELDS, last) ? EXTRA_FIELDS[last] : undefined;
    const value = asText(asArray(extra[key])[0])?.slice(0, VALUE_MAX);
    if (row === undefined || value === undefined || value === '' || entries.has(row.field)) continue;
    entries.set(row.field, {
      field: row.field,
      value: shown(row, value),
      from: `${of}.extra.${key.slice(0, 128)}`,
    });
  }
  return [...entries.values()];
}

/** An address in angle brackets or a directory's path is a name; what has the form of a token is none. */
function shown({ field, harmless }: ExtraRow, value: string): string {
  if (harmless !== undefined) return harmless.test(value) ? value : maskText(value);
  return field === 'principalId' || field === 'arn' || field === 'canonicalArn'
    ? maskName(value)
    : maskText(value);
}
