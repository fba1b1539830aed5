/**
 * Answers about rights: by which grant, how it came about, what the service account may do, what the actor
 * did before and what of it is new.
 */
import { formatMicros } from '../../base/time.ts';
import type { FirstSeen, TimelinePart } from '../../context/actor-history.ts';
import type { AccountBinding } from '../../context/account-rights.ts';
import type { GrantAnswer, GrantChange, UnknownGrant } from '../../context/grant.ts';
import type { ActorOperation } from '../../context/actor-history.ts';
import { type Answer, standardAnswer } from './question.ts';
import { counted, listed, named, span, who } from './wording.ts';

export function grantAnswer(grant: GrantAnswer | undefined): Answer {
  if (grant === undefined)
    return { status: 'notObservable', answer: 'The server recorded no authorization decision.' };
  switch (grant.authorizer) {
    case 'systemMasters':
      return {
        status: 'observed',
        answer:
          'Allowed as a member of system:masters, whom no authorizer refuses: there is no binding to review.',
      };
    case 'node':
      return {
        status: 'observed',
        answer:
          'Allowed without a reason to a member of system:nodes, as the Node authorizer does for kubelets.',
      };
    case 'other':
      return {
        status: 'observed',
        answer: `Allowed by another authorizer than RBAC, in its words: ${named(grant.reason ?? '')}.`,
      };
    case 'noReason':
      return { status: 'notObservable', answer: 'Allowed, but the authorizer gave no reason.' };
    case 'rbac':
      return { status: 'observed', answer: rbacAnswer(grant) };
  }
}

const UNKNOWN_GRANTS: Readonly<Record<UnknownGrant, string>> = {
  several: 'outcomes of changes are not recorded',
  older: 'it may be older than what was seen',
  forgotten: 'there were more changes than are kept',
  through: 'of one of the two only the account is known, which acts for others',
};

function rbacAnswer({
  binding,
  role,
  subject,
  allRights,
  changes,
  selfGranted,
  unknownBecause,
  wholeHistory,
}: GrantAnswer): string {
  const place = binding === undefined || binding.namespace === null ? '' : ` in ${named(binding.namespace)}`;
  const part = (what: { readonly kind: string; readonly name: string } | undefined): string =>
    what === undefined ? '?' : `${what.kind} ${named(what.name)}`;
  const last = changes.at(-1);
  const sentences = [
    `Allowed by ${part(binding)}${place}, which gives ${part(role)} to ${part(subject)}.`,
    allRights ? 'That role allows everything.' : '',
    last === undefined
      ? `No change of the binding or role was seen${wholeHistory ? '' : '; one from before watching began is not known'}.`
      : `Last changed ${span(last.secondsBefore)} before: ${changeText(last)}.`,
    selfGranted === true ? 'The one who used it granted it to themselves.' : '',
    selfGranted === null
      ? `Whether the one who used it granted it to themselves cannot be told: ${UNKNOWN_GRANTS[unknownBecause ?? 'several']}.`
      : '',
    wholeHistory || last === undefined ? '' : 'The binding is older than what was seen of it.',
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function changeText({ of, what, action, gave }: GrantChange): string {
  return `${of} ${what} by ${who(action)}${action.address === undefined ? '' : ` from ${named(action.address)}`}${gave === true ? ', which gave the right' : ''}`;
}

export function accountAnswer(
  account: string | null,
  accountBindings: readonly AccountBinding[] | undefined,
): Answer {
  if (accountBindings === undefined || account === null)
    return standardAnswer('newPod', 'service-account', 'notObservable');
  if (accountBindings.length === 0)
    return {
      status: 'notObserved',
      answer: `No binding of the service account ${named(account)} was seen; older ones may exist.`,
    };
  const all = accountBindings.filter(({ allRights }) => allRights);
  const texts = accountBindings.map(
    ({ binding, role, subject, confirmed }) =>
      `${role?.kind ?? 'role'} ${named(role?.name ?? '?')} by ${named(binding.name)} as ${subject.kind} ${named(subject.name)}${confirmed ? '' : ' (changed since, outcome not recorded)'}`,
  );
  const plain =
    all.length === 0
      ? ''
      : ` It may do everything: ${listed(all.map(({ role, binding }) => `${role?.name ?? '?'} by ${named(binding.name)}`))}.`;
  return {
    status: 'observed',
    answer: `The service account ${named(account)} holds ${listed(texts)}.${plain}`,
  };
}

const OPERATIONS: Readonly<Record<ActorOperation, readonly [one: string, many: string]>> = {
  denied: ['refused request', 'refused requests'],
  secrets: ['read of Secrets', 'reads of Secrets'],
  rbac: ['write of roles or bindings', 'writes of roles or bindings'],
  exec: ['way taken into a pod', 'ways taken into pods'],
  token: ['token asked for', 'tokens asked for'],
  impersonation: ['act as somebody else', 'acts as somebody else'],
};

export function timelineAnswer(timeline: readonly TimelinePart[]): Answer {
  const done = timeline.filter(({ count }) => count > 0);
  if (done.length === 0) return standardAnswer('newPod', 'before', 'notObserved');
  const counts = done.map(
    ({ operation, count, atLeast }) =>
      `${atLeast ? 'at least ' : ''}${counted(count, ...OPERATIONS[operation])}`,
  );
  const latest = done.flatMap(({ newest }) => newest).sort((a, b) => b.at - a.at)[0];
  const last =
    latest === undefined
      ? ''
      : ` Last: ${latest.what}${latest.target === undefined ? '' : ` ${named(latest.target)}`} at ${formatMicros(latest.at)}.`;
  return { status: 'observed', answer: `In the half hour before: ${listed(counts, 6)}.${last}` };
}

/**
 * @param expected what such a creation brings names of; those that its event does not have are told as not
 * known
 */
export function firstSeenAnswer(
  firstSeen: readonly FirstSeen[],
  expected: readonly FirstSeen['what'][],
): Answer {
  const unknown = expected
    .filter((what) => !firstSeen.some((entry) => entry.what === what))
    .map((what) => OBSERVATIONS[what]);
  const missing = unknown.length === 0 ? '' : ` Not known: ${listed(unknown)}.`;
  const first = firstSeen.filter(({ seen }) => seen.status === 'first');
  if (first.length > 0) {
    const never = first
      .filter(({ seen }) => seen.status === 'first' && seen.since === undefined)
      .map(observationText);
    const fresh = first.flatMap(({ what, name, seen }) =>
      seen.status === 'first' && seen.since !== undefined
        ? [`${OBSERVATIONS[what]} ${named(name)} (first seen at ${formatMicros(seen.since)})`]
        : [],
    );
    const sentences = [
      never.length === 0 ? '' : `Never seen before in this cluster: ${listed(never)}.`,
      fresh.length === 0 ? '' : `New since less than a day: ${listed(fresh)}.`,
    ];
    return {
      status: 'observed',
      answer: `${sentences.filter((sentence) => sentence !== '').join(' ')}${missing}`,
    };
  }
  const learning = firstSeen.filter(({ seen }) => seen.status === 'learning');
  if (learning.length === 0 && unknown.length > 0) return partlySeen(firstSeen, missing);
  if (learning.length === 0) return standardAnswer('newPod', 'first-seen', 'notObserved');
  // Which they are and since when is watched stands in the context.
  const { status, answer } = standardAnswer('newPod', 'first-seen', 'notObservable');
  return { status, answer: `${answer}${missing}` };
}

function partlySeen(firstSeen: readonly FirstSeen[], missing: string): Answer {
  const seen =
    firstSeen.length === 0
      ? 'Nothing is known by which it could be told.'
      : `Seen before: ${listed(firstSeen.map(observationText))}.`;
  return { status: 'notObservable', answer: `${seen}${missing}` };
}

const OBSERVATIONS: Readonly<Record<FirstSeen['what'], string>> = {
  actor: 'the user',
  impersonator: 'this user as one who acts as others',
  address: 'the address',
  userAgent: 'the client',
  image: 'the image',
  registry: 'the registry',
  accountInNamespace: 'this user in the namespace',
};

function observationText({ what, name }: FirstSeen): string {
  return `${OBSERVATIONS[what]} ${named(name)}`;
}
