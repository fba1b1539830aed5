/**
 * Whose a request is: the identity that it was authorized as, which is the impersonated one where there is
 * one, with the authenticated one kept beside it.
 *
 * Invariant: impersonation gives its user no credit. What excuses a person rests on his own name alone; what
 * incriminates counts for the impersonated identity and for the impersonator, unless that is a program that
 * acts for many people, as proxies do.
 */
import type { Action } from './action.ts';

type Identities = Pick<Action, 'username' | 'impersonatedUsername' | 'uid' | 'isUnnamed'>;

/** The effective user's name. Of one that the event does not name, who authenticated is all that is known. */
export function personOf({
  username,
  impersonatedUsername,
}: Pick<Action, 'username' | 'impersonatedUsername'>): string {
  return impersonatedUsername ?? username;
}

export function isImpersonating({
  impersonatedUsername,
  isUnnamed,
}: Pick<Action, 'impersonatedUsername' | 'isUnnamed'>): boolean {
  return impersonatedUsername !== undefined || isUnnamed;
}

/** A service account or a part of the control plane; all names that begin so are Kubernetes' own. */
export function isProgram(username: string): boolean {
  return username.startsWith('system:');
}

/** For lists: whether a second action is by somebody whom the first has named already. */
export function isSamePerson(a: Action, b: Action): boolean {
  return (
    personOf(a) === personOf(b) &&
    a.isUnnamed === b.isUnnamed &&
    !(a.uid !== undefined && b.uid !== undefined && a.uid !== b.uid)
  );
}

/**
 * Whether one person did both; null where that is unknown. An impersonated uid is its user's choice, so it
 * distinguishes nobody. A person who authenticated for both did both, under whatever name, if one of them was
 * under his own: he may have granted himself a right as somebody else. A program is left out, as it may have
 * acted for anybody.
 */
export function didBoth(a: Identities, b: Identities): boolean | null {
  if (a.isUnnamed || b.isUnnamed) return null;
  const areImpersonated = [a, b].map(({ impersonatedUsername }) => impersonatedUsername !== undefined);
  if (personOf(a) === personOf(b)) {
    const isAnotherUid = a.uid !== undefined && b.uid !== undefined && a.uid !== b.uid;
    return isAnotherUid ? (areImpersonated.includes(true) ? null : false) : true;
  }
  if (a.username !== b.username) return false;
  const isBothImpersonated = !areImpersonated.includes(false);
  if (isProgram(a.username)) return isBothImpersonated ? false : null;
  return isBothImpersonated ? null : true;
}
