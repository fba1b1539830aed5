/** Who made the request, as far as the server vouches for it; what is only claimed is called so. */
import type { Actor, Alert, AlertObject } from '@arrivals/core';
import { controlledKind, MASTERS, nodeOf, serviceAccountOf } from './principal.ts';
import { type Line, row, type Section, text } from './section.ts';
import { named, quotedWhole } from './format.ts';

const GROUPS: Readonly<Record<string, string>> = {
  [MASTERS]: 'may do everything',
  'system:unauthenticated': 'nobody has logged in',
};

export function who({ actor, object }: Alert): Section {
  const { username, groups, podName, userAgent } = actor;
  const lines: readonly Line[] = [
    row('User', username === null ? 'not in the event' : userWords(username)),
    ...(groups.length === 0 ? [] : [row('Groups', groups.map(groupWords).join(', '))]),
    ...impersonation(actor),
    ...namesOf(actor),
    row('Credential', credentialWords(actor.credential)),
    ...(podName === null
      ? []
      : [row('Token of', `the pod ${named(podName)}: this is the identity of a workload`)]),
    ...addresses(actor),
    row(
      'Client',
      userAgent === null ? 'not in the event' : `${quotedWhole(userAgent)} (its own word for itself)`,
    ),
    ...owners(object, actor),
  ];
  return { title: 'Who', tone: 'strong', lines };
}

function userWords(username: string): string {
  const account = serviceAccountOf(username);
  if (account !== undefined)
    return `${named(username)}, the service account ${named(account.name)} of the namespace ${named(account.namespace)}`;
  const node = nodeOf(username);
  if (node !== undefined) return `${named(username)}, the kubelet of the node ${named(node)}`;
  return username === 'system:anonymous' ? `${username}: nobody has logged in` : named(username);
}

function groupWords(group: string): string {
  const meaning = Object.hasOwn(GROUPS, group) ? GROUPS[group] : undefined;
  return meaning === undefined ? named(group) : `${group} (${meaning})`;
}

function impersonation({ impersonatedUsername, impersonatedGroups }: Actor): readonly Line[] {
  if (impersonatedUsername === null && impersonatedGroups.length === 0) return [];
  return [
    row(
      'Acting as',
      `${impersonatedUsername === null ? 'the same user' : userWords(impersonatedUsername)} (impersonation)`,
    ),
    ...(impersonatedGroups.length === 0
      ? []
      : [row('In groups', impersonatedGroups.map(groupWords).join(', '))]),
  ];
}

/** What people and other systems call them, with where each comes from; and for whom a platform acted. */
function namesOf({ display, onBehalfOf, extra }: Actor): readonly Line[] {
  const others = extra.filter(({ value, from }) => value !== display?.name || from !== display.from);
  return [
    ...(display === null ? [] : [row('Known as', `${named(display.name)} (${display.from})`)]),
    ...(onBehalfOf === null
      ? []
      : [
          row(
            'On behalf of',
            `${onBehalfOf.what} ${named(onBehalfOf.name)} (${onBehalfOf.from}, which this account alone writes)`,
          ),
        ]),
    ...others.map(({ field, value, from }) => row('Identity', `${field} ${named(value)} (${from})`)),
  ];
}

const KINDS_OF_CREDENTIAL: readonly (readonly [prefix: string, words: string])[] = [
  ['X509SHA256=', 'client certificate, SHA-256'],
  ['JTI=', 'service account token, id'],
];

function credentialWords(credential: string | null): string {
  if (credential === null) return 'not recorded';
  const kind = KINDS_OF_CREDENTIAL.find(([prefix]) => credential.startsWith(prefix));
  return kind === undefined ? named(credential) : `${kind[1]} ${named(credential.slice(kind[0].length))}`;
}

const LOOPBACK = /^(?:127\.|::1$)/;

function addresses({ peerAddress, claimedAddresses }: Actor): readonly Line[] {
  if (peerAddress === null) return [row('From', 'not in the event')];
  const where = LOOPBACK.test(peerAddress)
    ? 'the API server’s own machine, or a proxy on it'
    : 'the other end of the connection';
  return [
    row('From', `${named(peerAddress)}, ${where}`),
    ...(claimedAddresses.length === 0
      ? []
      : [
          row(
            'Claims',
            `to come from ${claimedAddresses.map(named).join(', ')} (X-Forwarded-For: anybody can write anything there)`,
          ),
        ]),
  ];
}

function owners({ kind, ownerReferences }: AlertObject, { username }: Actor): readonly Line[] {
  if (kind === 'Namespace' && (ownerReferences ?? []).length === 0) return [];
  if (ownerReferences === null) return [row('Owner', 'not seen')];
  if (ownerReferences.length === 0) return [row('Owner', 'none: made directly, by no controller')];
  const lines = ownerReferences.map((owner) =>
    row(
      'Owner',
      `${owner.kind === null ? 'something' : named(owner.kind)} ${named(owner.name ?? '?')}${owner.controller ? '' : ' (not its controller)'}`,
    ),
  );
  const isController = username !== null && controlledKind(username) !== undefined;
  return isController
    ? [...lines, text('A controller acts for whoever wrote its object, who is not in this event.')]
    : lines;
}
