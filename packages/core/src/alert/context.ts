/**
 * The types of what an alert tells from the context: who is behind the creation, by what right, what came
 * before, where it stands. schemas/alert.avsc has the same names. Times are RFC 3339 in UTC with
 * microseconds.
 */
import type { GrantBinding, GrantRole, GrantSubject } from '../kubernetes/rbac-reason.ts';

/** An entry of a map whose keys are chosen outside: as a field of a document such a key could be anything. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What people call a user, as the authenticator says. */
export interface DisplayName {
  readonly name: string;
  /** For example impersonatedUser.extra.username. */
  readonly from: string;
}

/** For whom a platform’s own account did it. */
export interface OnBehalfOf {
  /**
   * requester, or what kind of object: Application, Kustomization, HelmRelease, release, Tenant, parent
   * namespace.
   */
  readonly what: string;
  readonly name: string;
  /** For example annotations: openshift.io/requester. */
  readonly from: string;
}

/** Who did something, as the API server recorded it. */
export interface Doer {
  /** Who authenticated. */
  readonly username: string;
  /** Whose identity he took on. */
  readonly impersonatedUsername: string | null;
  readonly display: DisplayName | null;
  readonly onBehalfOf: OnBehalfOf | null;
  readonly at: string;
  readonly auditId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly fieldManager: string | null;
  /** The GitOps tool that it is, for example "Argo CD": its author is who wrote the repository. */
  readonly gitOps: string | null;
  /** Others who may have been it, where the events do not decide. */
  readonly alternatives: readonly string[];
}

export interface OwnerLink {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly uid: string | null;
  /** Of the event that made it; null where that was not seen. */
  readonly auditId: string | null;
  /** The effective user. */
  readonly createdBy: string | null;
  /** Who authenticated, where that was another. */
  readonly createdThrough: string | null;
  /**
   * Of a custom object: who last changed it, other than its operator, before that worked for it; null where
   * nobody was seen to.
   */
  readonly changedBy: string | null;
  readonly changedAt: string | null;
}

/** A pod that was removed while its owner still wanted it. */
export interface ReplacedPod {
  readonly name: string;
  readonly uid: string | null;
  /** deleted, evicted, preempted or nodeGone. */
  readonly how: string;
  readonly by: Doer;
}

/** A pod whose token was used for it. */
export interface ViaPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Who asked for the token. A kubelet does so for its pods; anybody else had no business to. */
  readonly tokenIssuedTo: string | null;
  readonly creator: string | null;
  readonly templateAuthor: string | null;
}

export type AuthorType = 'human' | 'serviceAccount' | 'node' | 'controller' | 'pipeline' | 'unknown';

export interface Author {
  /** Of whom the headline names. */
  readonly type: AuthorType;
  /** The effective user; null where nobody is known. */
  readonly name: string | null;
  /** From the pod's owner upwards. */
  readonly chain: readonly OwnerLink[];
  /** Where it ends: top, notSeen, forgotten, notRecorded, customKind, node or tooLong. */
  readonly chainEnd: string;
  readonly madeByController: boolean;
  readonly creator: Doer | null;
  readonly templateAuthor: Doer | null;
  /** What the template's author did: wrote, restarted or rolledBack. */
  readonly templateAction: string;
  /** Of a restart or a roll-back: who wrote what is run again; null where the template's author did. */
  readonly contentAuthor: Doer | null;
  readonly scaler: Doer | null;
  /** The pod in whose place this one was made; null where none was seen to go. */
  readonly replaces: ReplacedPod | null;
  /** The nearest first. */
  readonly viaPods: readonly ViaPod[];
}

export interface GrantChange {
  /** binding or role. */
  readonly of: string;
  /** created, updated, patched or deleted. */
  readonly what: string;
  readonly by: string;
  readonly impersonatedUsername: string | null;
  readonly address: string | null;
  readonly at: string;
  readonly secondsBefore: number;
  /** Whether this change gave the right; null where that cannot be told. */
  readonly gave: boolean | null;
}

/** By what right somebody acted, and how the grant came to be. */
export interface ActionGrant {
  /** The action: author or request. The author's write is what a controller then carried out. */
  readonly of: string;
  readonly username: string;
  readonly impersonatedUsername: string | null;
  readonly at: string;
  /** rbac, systemMasters, node, other or noReason. */
  readonly authorizer: string;
  readonly binding: GrantBinding | null;
  readonly role: GrantRole | null;
  readonly subject: GrantSubject | null;
  /** The role allows everything. */
  readonly allRights: boolean;
  readonly changes: readonly GrantChange[];
  /** Whether who used the right had granted it to themselves; null where that cannot be told. */
  readonly selfGranted: boolean | null;
  /** The binding was seen being made; otherwise it is older than what is told here. */
  readonly wholeHistory: boolean;
}

/** A binding of the pod's service account, or of a group it is in. */
export interface AccountRight {
  readonly binding: GrantBinding;
  readonly role: GrantRole | null;
  readonly subject: GrantSubject;
  readonly allRights: boolean;
  readonly boundBy: string;
  readonly boundThrough: string | null;
  readonly boundAt: string;
  /** False: changed since by a patch whose outcome is not recorded. */
  readonly confirmed: boolean;
}

export interface TimelineEntry {
  readonly at: string;
  readonly what: string;
  readonly target: string | null;
  readonly auditId: string | null;
  readonly address: string | null;
  /** Who authenticated for it. */
  readonly username: string | null;
  readonly impersonatedUsername: string | null;
}

export interface TimelinePart {
  /** denied, secrets, rbac, exec, token or impersonation. */
  readonly operation: string;
  readonly count: number;
  /** There may have been more. */
  readonly atLeast: boolean;
  readonly newest: readonly TimelineEntry[];
}

/** A name that is new to the cluster. */
export interface FirstSeen {
  /**
   * actor, impersonator (the account as one that acts as others), address, userAgent, image, registry or
   * accountInNamespace.
   */
  readonly what: string;
  readonly name: string;
  /** When it was first seen, less than a day before; null where it was never seen. */
  readonly since: string | null;
}

export interface NamespaceObject {
  readonly name: string;
  readonly by: string;
  readonly through: string | null;
  readonly since: string;
  readonly confirmed: boolean;
}

export interface Surroundings {
  readonly namespace: string;
  readonly namespaceCreatedBy: string | null;
  readonly namespaceCreatedThrough: string | null;
  readonly namespaceCreatedAt: string | null;
  readonly namespaceAgeSeconds: number | null;
  readonly namespaceLabels: readonly KeyValue[] | null;
  /** Levels that the namespace's labels set, by mode. */
  readonly podSecurityLabels: readonly KeyValue[];
  /** system, labelled or configured, with what says so; null where nothing does. */
  readonly criticalBecause: string | null;
  readonly quotas: readonly NamespaceObject[];
  readonly networkPolicies: readonly NamespaceObject[];
  readonly services: readonly NamespaceObject[];
  readonly claims: readonly NamespaceObject[];
}

export interface AlertContext {
  /** The author's; of what was made directly, the request's. At most one. */
  readonly grants: readonly ActionGrant[];
  /** Null where the service account is not known, and for a Namespace. */
  readonly serviceAccount: readonly AccountRight[] | null;
  /** The author’s half hour before: operations that were seen. */
  readonly timeline: readonly TimelinePart[];
  readonly firstSeen: readonly FirstSeen[];
  /** What of that cannot be told, as the stream has not been watched for long enough. */
  readonly learning: readonly string[];
  /** Where something cannot be told: since when the stream is watched. */
  readonly watchedSince: string | null;
  readonly surroundings: Surroundings | null;
}
