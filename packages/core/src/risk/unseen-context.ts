/**
 * What a signal needs of the context and cannot read, and why.
 *
 * Invariant: what was not looked up, is not yet learnt, or does not follow from the events is named; so the
 * unknown never counts as harmless.
 */
import type { AuditEvent } from '../audit/event.ts';
import type { AccountBinding } from '../context/account-rights.ts';
import { isController } from '../kubernetes/controllers.ts';
import type { CreationContext, GrantedAction } from '../context/creation-context.ts';
import type { UnknownGrant } from '../context/grant.ts';
import { formatMicros, type Micros } from '../base/time.ts';
import { doubtfulChange, ownChange } from './own-grant.ts';
import type { Aspect, ContextAspect, Unseen } from './unseen.ts';

type Noted = readonly (readonly [ContextAspect, Unseen])[];

const ALL: readonly ContextAspect[] = [
  'grant',
  'token',
  'denials',
  'seenActor',
  'seenUserAgent',
  'seenImage',
  'seenRegistry',
  'accountRights',
  'namespaceAge',
];
const OF_AUTHOR: readonly ContextAspect[] = ['behind', 'grant', 'denials', 'seenActor', 'seenUserAgent'];
const SEEN = {
  actor: 'seenActor',
  impersonator: 'seenActor',
  userAgent: 'seenUserAgent',
  image: 'seenImage',
  registry: 'seenRegistry',
} as const;

const NOT_ASKED: Unseen = {
  reason: 'notSeen',
  detail: 'the store of what the audit stream has shown could not be read',
};
const NO_AUTHOR: Unseen = {
  reason: 'notSeen',
  detail: 'a controller made it, and its author has not been seen so far',
};
const EVICTED_AUTHOR: Unseen = {
  reason: 'notSeen',
  detail:
    'a controller made it, and its author is not known any more: more were made or changed under the name of its owner than are kept',
};
const NO_RBAC: Unseen = {
  reason: 'notRbac',
  detail: 'allowed without the name of a binding, whose changes could be checked',
};
const UNKNOWN_GRANT: Readonly<Record<UnknownGrant, Unseen>> = {
  several: {
    reason: 'notSeen',
    detail: 'several changes may have given the right, and which of them did is not recorded',
  },
  older: {
    reason: 'notSeen',
    detail: 'the user of the right had changed it, and may have had it before the stream began',
  },
  forgotten: {
    reason: 'notSeen',
    detail: 'changes of the right were evicted, as there were more than are kept',
  },
  through: {
    reason: 'notSeen',
    detail:
      'the right was changed through the same account, and whether by the same person is not known, as that account acts for others',
  },
};
/** How far back a grant is looked at. */
const DAY_MICROS = 86_400_000_000;
const NO_ISSUER: Unseen = {
  reason: 'notSeen',
  detail: 'who requested the pod’s token that was used has not been seen',
};
const NO_ACCOUNT: Unseen = {
  reason: 'notInEvent',
  detail: 'which service account it runs as is not in its event',
};
const MAYBE_BOUND: Unseen = {
  reason: 'notSeen',
  detail:
    'a binding of its service account to every right was changed since, with an outcome that is not recorded',
};
const NO_BEGINNING: Unseen = {
  reason: 'notSeen',
  detail: 'when its namespace was made has not been seen, and the stream is young',
};
const EVICTED_BEGINNING: Unseen = {
  reason: 'notSeen',
  detail:
    'when its namespace was made is not known any more: it was made and deleted more often than is kept',
};

/** @param context undefined to assess the event alone: then nothing is missing */
export function unseenOfContext(
  event: AuditEvent,
  context: CreationContext | null | undefined,
): ReadonlyMap<Aspect, Unseen> {
  if (context === undefined) return new Map();
  if (context !== null) return firstOf(notedOf(context));
  const byController = event.impersonatedUser === undefined && isController(event.user.username ?? '');
  return firstOf([...ALL, ...(byController ? OF_AUTHOR : [])].map((aspect) => [aspect, NOT_ASKED]));
}

function notedOf(context: CreationContext): Noted {
  const { author, grants, accountBindings, firstSeen, surroundings } = context;
  const { madeByController, templateAuthor, creator, viaPods } = author;
  const isBehindKnown =
    !madeByController ||
    [templateAuthor, creator].some(
      (attribution) => attribution.known && !isController(attribution.action.username),
    );
  const learning = firstSeen.flatMap(({ what, seen }) =>
    seen.status === 'learning' ? [{ what, since: seen.watchedSince }] : [],
  );
  const isEvicted = [templateAuthor, creator].some(
    (attribution) => !attribution.known && attribution.why === 'forgotten',
  );
  const created = surroundings?.namespace.created;
  const young = learning.length > 0 && created === undefined;
  return [
    ...(isBehindKnown
      ? []
      : OF_AUTHOR.map((aspect) => [aspect, isEvicted ? EVICTED_AUTHOR : NO_AUTHOR] as const)),
    ...grants.slice(0, 1).flatMap((grant) => unseenGrant(grant, learning)),
    ...(viaPods[0] !== undefined && viaPods[0].issuedTo === undefined ? [['token', NO_ISSUER] as const] : []),
    ...learning.flatMap(({ what, since }) =>
      what in SEEN ? [[SEEN[what as keyof typeof SEEN], tooYoung(since)] as const] : [],
    ),
    ...unseenRights(accountBindings),
    ...(surroundings?.namespace.isEvicted === true ? [['namespaceAge', EVICTED_BEGINNING] as const] : []),
    ...(surroundings === undefined || young ? [['namespaceAge', NO_BEGINNING] as const] : []),
  ];
}

function unseenGrant({ action, answer }: GrantedAction, learning: readonly Learning[]): Noted {
  if (answer.authorizer === 'other' || answer.authorizer === 'noReason') return [['grant', NO_RBAC]];
  if (answer.authorizer !== 'rbac' || answer.selfGranted === true || isController(action.username)) return [];
  const { unknownBecause, wholeHistory } = answer;
  // His own change of more than a day before does not count; what was evicted may be of today.
  const isOfToday =
    unknownBecause === 'forgotten' ||
    ownChange(action, answer) !== undefined ||
    doubtfulChange(action, answer) !== undefined;
  if (unknownBecause !== undefined && isOfToday) return [['grant', UNKNOWN_GRANT[unknownBecause]]];
  const since = watchedSince(learning);
  return wholeHistory || since === null || (since !== undefined && action.received - since >= DAY_MICROS)
    ? []
    : [['grant', tooShort(since)]];
}

interface Learning {
  readonly since: Micros | undefined;
}

/**
 * From when on the stream is known to have been watched: undefined from this very event, null from long ago.
 */
function watchedSince(learning: readonly Learning[]): Micros | undefined | null {
  if (learning.length === 0) return null;
  const known = learning.flatMap(({ since }) => since ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}

function tooShort(since: Micros | undefined): Unseen {
  const from = since === undefined ? 'only now' : `since ${formatMicros(since)}`;
  return {
    reason: 'notSeen',
    detail: `the stream is watched ${from}, and how the right came about before that is not known`,
  };
}

function unseenRights(accountBindings: readonly AccountBinding[] | undefined): Noted {
  if (accountBindings === undefined) return [['accountRights', NO_ACCOUNT]];
  return accountBindings.some(({ allRights, confirmed }) => allRights && !confirmed)
    ? [['accountRights', MAYBE_BOUND]]
    : [];
}

function tooYoung(since: number | undefined): Unseen {
  const from = since === undefined ? 'only now' : `since ${formatMicros(since)}`;
  return {
    reason: 'notSeen',
    detail: `the stream is watched ${from}, which is too short to know what is new`,
  };
}

function firstOf(noted: Noted): ReadonlyMap<Aspect, Unseen> {
  return new Map([...noted].reverse());
}
