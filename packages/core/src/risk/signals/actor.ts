/**
 * Signals of who made it: unauthenticated, impersonated, or from a place where the identity does not belong.
 */
import { contains, isPublic, parseAddress } from '../detectors/addresses.ts';
import { isServiceAccount, isSystemUser } from '../accounts.ts';
import type { Facts } from '../facts.ts';
import type { RiskLists } from '../lists.ts';
import { BOTH, type Finding, type SignalRow } from './signal.ts';
import { listed, quoted } from '../../text/wording.ts';

const ANONYMOUS = 'system:anonymous';
const UNAUTHENTICATED = 'system:unauthenticated';
const MASTERS = 'system:masters';

export const ACTOR_SIGNALS: readonly SignalRow[] = [
  {
    id: 'anonymous-actor',
    points: 90,
    isHard: true,
    techniques: ['T1078.001'],
    kinds: BOTH,
    looksAt: ['actor', 'behind'],
    reads: ['user.username', 'user.groups', 'stream: authors'],
    excuses: [],
    find: ({ actor, author }) => [
      ...(author?.action.username === ANONYMOUS
        ? [{ field: `${author.field}.username`, what: ANONYMOUS }]
        : []),
      ...(actor.username === ANONYMOUS ? [{ field: 'actor.username', what: ANONYMOUS }] : []),
      ...(actor.groups.includes(UNAUTHENTICATED)
        ? [{ field: 'actor.groups', what: `the group ${UNAUTHENTICATED}` }]
        : []),
    ],
    say: (what) => `Made without authentication, as ${what}.`,
  },
  {
    id: 'system-principal-public',
    points: 35,
    isHard: true,
    techniques: ['T1078'],
    kinds: BOTH,
    looksAt: ['actor', 'address', 'behind'],
    reads: ['user.username', 'sourceIPs (the last)', 'stream: authors'],
    excuses: ['own-network'],
    find: systemPrincipalPublic,
    say: (what) => `The account of a program, ${what}, which is an address of the public internet.`,
  },
  {
    id: 'privileged-impersonation',
    points: 25,
    isHard: true,
    techniques: ['T1134'],
    kinds: BOTH,
    looksAt: ['actor', 'behind'],
    reads: ['user.username', 'impersonatedUser', 'stream: authors'],
    excuses: [],
    find: privilegedImpersonation,
    say: (what) => `Made under a privileged identity that the user took on by impersonation: ${what}.`,
  },
  {
    id: 'workload-token',
    points: 20,
    isHard: false,
    techniques: ['T1078'],
    kinds: BOTH,
    looksAt: ['actor'],
    reads: ['user.extra'],
    excuses: [],
    find: ({ actor }) =>
      actor.podName === undefined ? [] : [{ field: 'actor.podName', what: quoted(actor.podName) }],
    say: (what) => `Made with the token of a workload, the pod ${what}.`,
  },
];

/** Only the last address is the peer; those before it are claims, which could also hide a public one. */
function systemPrincipalPublic({ actor, author, lists }: Facts): readonly Finding[] {
  return [
    ...fromPublic(actor.username, actor.peer, 'actor.peerAddress', lists),
    ...(author === undefined
      ? []
      : fromPublic(author.action.username, author.action.address, `${author.field}.address`, lists)),
  ];
}

function fromPublic(
  username: string | undefined,
  peer: string | undefined,
  field: string,
  lists: RiskLists,
): readonly Finding[] {
  if (username === undefined || peer === undefined) return [];
  if (!isServiceAccount(username) && !isSystemUser(username, lists)) return [];
  const address = parseAddress(peer);
  if (
    address === undefined ||
    !isPublic(address) ||
    lists.ownNetworks.some((network) => contains(network, address))
  )
    return [];
  return [{ field, what: `${quoted(username)} came from ${quoted(peer)}` }];
}

function privilegedImpersonation({ actor, author, lists }: Facts): readonly Finding[] {
  const { impersonated } = actor;
  const as = author?.action.impersonatedUsername;
  if (author !== undefined && as !== undefined && isPrivileged(as, lists))
    return [{ field: `${author.field}.impersonatedUsername`, what: `the user ${quoted(as)}` }];
  if (impersonated === undefined) return [];
  const { username, groups } = impersonated;
  return [
    ...(username !== undefined && isPrivileged(username, lists)
      ? [{ field: 'actor.impersonatedUsername', what: `the user ${quoted(username)}` }]
      : []),
    ...(groups.includes(MASTERS)
      ? [{ field: 'actor.impersonatedGroups', what: `the group ${MASTERS}` }]
      : []),
  ];
}

/**
 * Names that begin with `system:` are Kubernetes' own (kubernetes.io/docs, "RBAC"); service accounts are so
 * only by their namespace.
 */
function isPrivileged(username: string, lists: RiskLists): boolean {
  return (
    isSystemUser(username, lists) ||
    (username.startsWith('system:') && username !== ANONYMOUS && !isServiceAccount(username))
  );
}

/** Lowers the score, and so is no row that finds: see assess.ts. */
export const KNOWN_PIPELINE: Pick<SignalRow, 'id' | 'points'> & {
  readonly say: (username: string) => string;
} = {
  id: 'known-pipeline',
  points: -20,
  say: (username) => `Made by ${listed([quoted(username)])}, which the list of pipelines names.`,
};
