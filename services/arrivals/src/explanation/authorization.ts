/** By what right the request was allowed: the grant in words, and how far it reaches. */
import type { Actor, Alert, Grant, GrantBinding, GrantRole, GrantSubject } from '@arrivals/core';
import { MASTERS, nodeOf, principal } from './principal.ts';
import { type Line, type Section, text } from './section.ts';
import { named } from './format.ts';

export function authorization({ grant, actor }: Alert): Section {
  return {
    title: 'By what right',
    tone: 'strong',
    lines:
      grant === null
        ? [text('Not known: the server wrote no decision into the event.')]
        : [...grantLines(grant, actor), ...impersonationLines(actor)],
  };
}

function grantLines({ decision, reason, binding, role, subject }: Grant, actor: Actor): readonly Line[] {
  const decided = decision === 'allow' ? [] : [text(`The authorizer’s decision was ${named(decision)}.`)];
  if (binding !== null && role !== null && subject !== null)
    return [
      ...decided,
      text(`${bindingWords(binding, role, subject)} ${reach(binding)}${everybody(subject)}`),
    ];
  if (reason !== null) return [...decided, text(`Not by RBAC. The authorizer said: ${named(reason)}`)];
  return [...decided, text(withoutReason(actor))];
}

function bindingWords(binding: GrantBinding, role: GrantRole, subject: GrantSubject): string {
  const to = `${named(subject.kind)} ${named(subject.namespace === null ? subject.name : `${subject.namespace}/${subject.name}`)}`;
  return `The ${named(binding.kind)} ${named(binding.name)} gives the ${named(role.kind)} ${named(role.name)} to the ${to}.`;
}

function reach({ namespace }: GrantBinding): string {
  return namespace === null
    ? 'It holds in every namespace.'
    : `It holds in the namespace ${named(namespace)}.`;
}

const EVERYBODY: Readonly<Record<string, string>> = {
  'system:authenticated': ' That group is everybody who has logged in.',
  'system:unauthenticated': ' That group is everybody who has not logged in.',
  'system:serviceaccounts': ' That group is every service account of the cluster.',
};

function everybody({ kind, name }: GrantSubject): string {
  return kind === 'Group' && Object.hasOwn(EVERYBODY, name) ? (EVERYBODY[name] ?? '') : '';
}

/** What the request was judged by: the identity acted as, where there is one. */
function withoutReason({ username, groups, impersonatedUsername, impersonatedGroups }: Actor): string {
  const isAnother = impersonatedUsername !== null || impersonatedGroups.length > 0;
  const assessed = impersonatedUsername ?? username;
  if (assessed === 'system:apiserver') return 'The API server did this by itself, and asked nobody.';
  if ((isAnother ? impersonatedGroups : groups).includes(MASTERS))
    return `Without any role: the group ${MASTERS} may do everything, and RBAC is not asked. No binding gave this right, so none can be removed to end it: the credential has to go.`;
  if (assessed !== null && nodeOf(assessed) !== undefined)
    return 'Without a role, as the Node authorizer allows it to a kubelet. The server gives no reason for that.';
  return `The server gives no reason, as for the group ${MASTERS} and for kubelets.`;
}

function impersonationLines({ username, impersonatedUsername, impersonatedGroups }: Actor): readonly Line[] {
  if (impersonatedUsername === null && impersonatedGroups.length === 0) return [];
  const whose =
    impersonatedUsername === null
      ? 'the identity that the request acted as'
      : principal(impersonatedUsername, null);
  const user = username === null ? 'the user' : principal(username, null);
  return [
    text(
      `The rights that counted are those of ${whose}. By what right ${user} may act so is not in the event.`,
    ),
  ];
}
