/**
 * The kinds of fact, and how many of each are kept about one subject.
 *
 * Invariant: all facts of a kind are ordered by the time the server had the request, in microseconds. Of
 * `current`, `wanted` and `owned` the first time of each id counts.
 */
import type { FactKind } from '../ports/fact-store.ts';

const newest = (name: string, max: number): FactKind => ({ name, keep: 'newest', max });

type KindName =
  | 'created'
  | 'changed'
  | 'scaled'
  | 'deleted'
  | 'removed'
  | 'current'
  | 'wanted'
  | 'owned'
  | 'pod'
  | 'issued'
  | 'denied'
  | 'secrets'
  | 'rbac'
  | 'exec'
  | 'token'
  | 'impersonation'
  | 'binding'
  | 'role'
  | 'made'
  | 'given'
  | 'bound'
  | 'boundall'
  | 'namespace'
  | 'namespacemade'
  | 'quota'
  | 'netpol'
  | 'service'
  | 'claim'
  | 'first';

export const KINDS: Readonly<Record<KindName, FactKind>> = {
  /**
   * A workload or custom object was created. Many: its pods may be looked up after the name was created
   * again, however often in one batch.
   */
  created: newest('created', 32),
  /**
   * It was written after that, by whatever verb. Many: a tool that writes the same each minute must not push
   * out who changed it.
   */
  changed: newest('changed', 64),
  scaled: newest('scaled', 16),
  /** As many: each ends a life of the name. */
  deleted: newest('deleted', 32),
  /** A pod was removed that its owner still wants. */
  removed: newest('removed', 32),
  /** A ReplicaSet or ControllerRevision became the one that pods are made from, the first time or again. */
  current: { name: 'current', keep: 'newestFirsts', max: 32 },
  /** Since when a ReplicaSet's Deployment wanted so many replicas. */
  wanted: { name: 'wanted', keep: 'newestFirsts', max: 32 },
  /** Since when a ReplicaSet has an owner: it can be left by one and adopted by another. */
  owned: { name: 'owned', keep: 'newestFirsts', max: 32 },
  /** A pod, by its uid. */
  pod: newest('pod', 1),
  /** Who requested the credential with an id. */
  issued: newest('issued', 1),
  denied: newest('denied', 32),
  secrets: newest('secrets', 32),
  rbac: newest('rbac', 32),
  exec: newest('exec', 16),
  token: newest('token', 16),
  impersonation: newest('impersonation', 16),
  /** History of one binding, of one role: the last changes, by any user. */
  binding: newest('binding', 32),
  role: newest('role', 32),
  /**
   * Of these, when it was made or deleted; and of each state that somebody left it in, the first time:
   * writing the same again pushes nothing out.
   */
  made: newest('made', 6),
  given: { name: 'given', keep: 'newestFirsts', max: 24 },
  /** The bindings of one subject; those that give everything have a quota of their own. */
  bound: newest('bound', 32),
  boundall: newest('boundall', 16),
  namespace: newest('namespace', 16),
  namespacemade: newest('namespacemade', 32),
  quota: newest('quota', 8),
  netpol: newest('netpol', 32),
  service: newest('service', 32),
  claim: newest('claim', 32),
  first: { name: 'first', keep: 'oldest', max: 1 },
};
