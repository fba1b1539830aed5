/**
 * The names of subjects: what facts are about.
 *
 * Invariant: different subjects have different names, at most SUBJECT_BYTES_MAX bytes long: a slash inside a
 * part is escaped, and what is too long is hashed. A workload is named by group, namespace and name, as a
 * patch without bodies has no more of it; the resource is in its facts.
 */
import { Buffer } from 'node:buffer';
import { SUBJECT_BYTES_MAX } from '../ports/fact-store.ts';
import { digestOf } from '../base/digest.ts';

/** In place of the namespace of what has none. */
const NONE = '-';

export const SINCE = 'since';

export type SeenWhat =
  'actor' | 'impersonator' | 'address' | 'userAgent' | 'image' | 'registry' | 'accountInNamespace';

export function writesAbout(group: string, namespace: string | undefined, name: string): string {
  return about('written', group === '' ? 'core' : group, namespace ?? NONE, name);
}

export function objectAbout(uid: string): string {
  return about('object', uid);
}

/** The pods lost by an owner of this name, of whatever kind. */
export function removedAbout(namespace: string, ownerName: string): string {
  return about('removed', namespace, ownerName);
}

export function credentialAbout(id: string): string {
  return about('credential', id);
}

export function bindingAbout(namespace: string | undefined, name: string): string {
  return about('binding', namespace ?? NONE, name);
}

export function roleAbout(namespace: string | undefined, name: string): string {
  return about('role', namespace ?? NONE, name);
}

export function boundAbout(kind: string, namespace: string | undefined, name: string): string {
  return about('bound', kind, namespace ?? NONE, name);
}

export function actorAbout(username: string): string {
  return about('actor', username);
}

export function namespaceAbout(name: string): string {
  return about('namespace', name);
}

export function seenAbout(what: SeenWhat, ...parts: readonly string[]): string {
  return about('seen', what, digestOf(...parts));
}

function about(sort: string, ...parts: readonly string[]): string {
  const name = [
    sort,
    ...parts.map((part) => part.toWellFormed().replaceAll('%', '%25').replaceAll('/', '%2F')),
  ].join('/');
  // Lone surrogates were replaced above: what is hashed must still distinguish texts.
  const altered = parts.some((part) => !part.isWellFormed());
  return altered || Buffer.byteLength(name) > SUBJECT_BYTES_MAX ? `${sort}/#${digestOf(...parts)}` : name;
}
