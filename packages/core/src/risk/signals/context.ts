/**
 * Signals of what came before and of the namespace: permissions granted to oneself, names never seen,
 * refusals, a namespace made for it.
 *
 * Invariant: each rests on events that the stream has shown; what these do not show is in unseen-context.ts.
 * About the author, where a controller acted for him. Without a context nothing is found.
 */
import type { EventField } from '../../audit/field-controllers.ts';
import type { Action } from '../../facts/action.ts';
import type { FirstSeen } from '../../context/actor-history.ts';
import { ownChange } from '../own-grant.ts';
import type { Facts } from '../facts.ts';
import type { SignalId } from '../risk.ts';
import { BOTH, type Finding, POD, type SignalRow } from './signal.ts';
import type { TechniqueId } from '../attack.ts';
import type { Aspect } from '../unseen.ts';
import { formatMicros } from '../../base/time.ts';
import { quoted } from '../../text/wording.ts';

const HOUR_SECONDS = 3_600;
const NEW_NAMESPACE_SECONDS = 600;
const SETTLED_NAMESPACE_SECONDS = 300;
/** Where medium begins. */
const RISKY = 40;
const NODE = 'system:node:';

/** What the name is that was not seen before. */
const WHOSE: Readonly<Record<FirstSeen['what'], EventField>> = {
  actor: 'user.username',
  impersonator: 'impersonatedUser',
  address: 'sourceIPs (the last)',
  userAgent: 'userAgent',
  image: 'object.spec.containers.image',
  registry: 'object.spec.containers.image',
  accountInNamespace: 'user.username',
};

export const CONTEXT_SIGNALS: readonly SignalRow[] = [
  {
    id: 'self-granted-hour',
    points: 40,
    isHard: true,
    techniques: ['T1098.006'],
    kinds: BOTH,
    looksAt: ['behind', 'grant'],
    reads: ['stream: rights', 'stream: authors'],
    excuses: [],
    find: (facts) => selfGranted(facts, (seconds) => seconds <= HOUR_SECONDS),
    say: (what) => `Made by a right that its user had granted to themselves within the hour: ${what}.`,
  },
  {
    id: 'self-granted-day',
    points: 25,
    isHard: false,
    techniques: ['T1098.006'],
    kinds: BOTH,
    looksAt: ['behind', 'grant'],
    reads: ['stream: rights', 'stream: authors'],
    excuses: [],
    find: (facts) => selfGranted(facts, (seconds) => seconds > HOUR_SECONDS),
    say: (what) => `Made by a right that its user had granted to themselves within the day: ${what}.`,
  },
  {
    id: 'cluster-admin-account',
    points: 30,
    isHard: false,
    techniques: ['T1098.006'],
    kinds: POD,
    looksAt: ['serviceAccount', 'accountRights'],
    reads: ['stream: rights', 'object.spec.serviceAccountName'],
    excuses: [],
    find: clusterAdmin,
    say: (what) => `Its service account may do everything in the cluster: ${what}.`,
  },
  {
    id: 'token-not-for-pod',
    points: 20,
    isHard: true,
    techniques: ['T1528'],
    kinds: BOTH,
    looksAt: ['token'],
    reads: ['stream: tokens', 'user.extra'],
    excuses: [],
    find: tokenNotForPod,
    say: (what) => `Made with a pod’s token that was not requested by the kubelet of that pod: ${what}.`,
  },
  firstSeen('first-seen-actor', 20, 'actor', {
    looksAt: ['behind', 'seenActor'],
    technique: 'T1078',
    noun: 'a user',
  }),
  {
    ...firstSeen('first-impersonation', 15, 'impersonator', {
      looksAt: ['actor', 'behind', 'seenActor'],
      technique: 'T1134',
      noun: '',
    }),
    reads: ['stream: names', 'stream: authors', 'user.username', 'impersonatedUser'],
    say: (found) => `By an account that was never seen before to act as somebody else: ${found}.`,
  },
  firstSeen('first-seen-registry', 15, 'registry', {
    looksAt: ['containers', 'seenRegistry'],
    technique: 'T1610',
    noun: 'a registry',
  }),
  firstSeen('first-seen-image', 10, 'image', {
    looksAt: ['containers', 'seenImage'],
    technique: 'T1610',
    noun: 'an image',
  }),
  firstSeen('first-seen-user-agent', 10, 'userAgent', {
    looksAt: ['behind', 'seenUserAgent'],
    technique: 'T1078',
    noun: 'a client',
  }),
  {
    id: 'denied-before',
    points: 15,
    isHard: false,
    techniques: ['T1613'],
    kinds: BOTH,
    looksAt: ['behind', 'denials'],
    reads: ['stream: actions', 'stream: authors'],
    excuses: [],
    find: deniedBefore,
    say: (what) => `Its author had been refused in the half hour before: ${what}.`,
  },
  {
    id: 'risky-in-new-namespace',
    points: 30,
    isHard: false,
    techniques: ['T1610'],
    kinds: POD,
    looksAt: ['namespaceAge'],
    reads: ['stream: namespaces', 'objectRef.namespace'],
    excuses: [],
    from: RISKY,
    find: inNewNamespace,
    say: (what, others) =>
      `A pod that is risky for other reasons (${others}) in a namespace that was just made: ${what}.`,
  },
  {
    id: 'unlimited-namespace',
    points: 10,
    isHard: false,
    techniques: [],
    kinds: POD,
    looksAt: ['namespaceAge'],
    reads: ['stream: namespaces', 'objectRef.namespace'],
    excuses: ['limited-namespace'],
    find: unlimitedNamespace,
    say: (what) =>
      `Neither a quota nor a NetworkPolicy for the pod has been seen in its namespace since that was made: ${what}.`,
  },
];

/** The author is known: of grants and timeline the first are then his. */
function attributionPathOf({ context, unseen }: Facts): Facts['context'] {
  return unseen.has('behind') ? undefined : context;
}

function selfGranted(facts: Facts, isThen: (secondsBefore: number) => boolean): readonly Finding[] {
  const [grant] = attributionPathOf(facts)?.grants ?? [];
  if (grant?.answer.selfGranted !== true) return [];
  const change = ownChange(grant.action, grant.answer);
  if (change === undefined || !isThen(change.secondsBefore)) return [];
  const role = quoted(grant.answer.role?.name ?? '?');
  const what = `${doerText(change.action)} ${change.what} the ${change.of} that gives ${role}, ${String(change.secondsBefore)} s before`;
  return [{ field: 'context.grants[0].changes', what }];
}

function doerText(action: Action): string {
  return action.impersonatedUsername === undefined
    ? quoted(action.username)
    : `${quoted(action.impersonatedUsername)} through ${quoted(action.username)}`;
}

/** A RoleBinding gives all that is in one namespace, which many installers do. */
function clusterAdmin({ context }: Facts): readonly Finding[] {
  return (context?.accountBindings ?? [])
    .filter(
      ({ allRights, confirmed, binding }) => allRights && confirmed && binding.kind === 'ClusterRoleBinding',
    )
    .map(({ role, binding }) => ({
      field: 'context.serviceAccount',
      what: `${quoted(role?.name ?? '?')} by ${quoted(binding.name)}`,
    }));
}

function tokenNotForPod({ context }: Facts): readonly Finding[] {
  return (context?.author.viaPods ?? []).flatMap(({ pod, issuedTo }, i) =>
    issuedTo === undefined || issuedTo.startsWith(NODE)
      ? []
      : [
          {
            field: `author.viaPods[${String(i)}].tokenIssuedTo`,
            what: `that of ${quoted(`${pod.namespace}/${pod.name}`)} by ${quoted(issuedTo)}`,
          },
        ],
  );
}

interface Sort {
  readonly looksAt: readonly Aspect[];
  readonly technique: TechniqueId;
  readonly noun: string;
}

function firstSeen(
  id: SignalId,
  points: number,
  what: FirstSeen['what'],
  { looksAt, technique, noun }: Sort,
): SignalRow {
  const kinds = what === 'image' || what === 'registry' ? POD : BOTH;
  return {
    id,
    points,
    isHard: false,
    techniques: [technique],
    kinds,
    looksAt,
    reads: ['stream: names', 'stream: authors', WHOSE[what]],
    excuses: [],
    find: ({ context }) =>
      (context?.firstSeen ?? [])
        // A cluster that grows has new nodes, whose kubelets report their static pods.
        .filter(
          (entry) =>
            entry.what === what &&
            entry.seen.status === 'first' &&
            !(what === 'actor' && entry.name.startsWith(NODE)),
        )
        .map(({ name, seen }) => ({ field: 'context.firstSeen', what: `${quoted(name)} (${since(seen)})` })),
    say: (found) => `With ${noun} that is new to this cluster: ${found}.`,
  };
}

/** What was seen first within the day is new still, and was seen all the same. */
function since(seen: FirstSeen['seen']): string {
  return seen.status === 'first' && seen.since !== undefined
    ? `first seen at ${formatMicros(seen.since)}`
    : 'never seen before';
}

function deniedBefore(facts: Facts): readonly Finding[] {
  const denied = attributionPathOf(facts)?.timeline.find(({ operation }) => operation === 'denied');
  if (denied === undefined || denied.count === 0) return [];
  const { count, atLeast, newest } = denied;
  const last = newest.at(-1);
  const times = `${atLeast ? 'at least ' : ''}${String(count)} ${count === 1 ? 'time' : 'times'}`;
  return [
    {
      field: 'context.timeline',
      what: last === undefined ? times : `${times}, last to ${quoted(last.what)}`,
    },
  ];
}

function inNewNamespace({ context }: Facts): readonly Finding[] {
  const { name, ageSeconds } = context?.surroundings?.namespace ?? {};
  if (name === undefined || ageSeconds === undefined || ageSeconds > NEW_NAMESPACE_SECONDS) return [];
  return [
    {
      field: 'context.surroundings.namespaceAgeSeconds',
      what: `${quoted(name)}, ${String(ageSeconds)} s before`,
    },
  ];
}

function unlimitedNamespace({ context }: Facts): readonly Finding[] {
  const { namespace, quotas, networkPolicies } = context?.surroundings ?? {};
  if (namespace?.ageSeconds === undefined || namespace.ageSeconds < SETTLED_NAMESPACE_SECONDS) return [];
  if (quotas?.length !== 0 || networkPolicies?.length !== 0) return [];
  const what = `${quoted(namespace.name)}, ${String(Math.floor(namespace.ageSeconds / 60))} min before`;
  return [{ field: 'context.surroundings', what }];
}
