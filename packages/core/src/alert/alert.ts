/**
 * The alert: one record for each creation, as subscribers read it. schemas/alert.avsc describes the same
 * fields with the same names in the same order, and schemas/alert.schema.json its JSON form, which leaves out
 * what is null; a test holds the three together.
 *
 * Invariant: what cannot be known is null and listed in `unknown` with the reason; null without an entry
 * there means that the event shows there is none; an entry for what is not null means that what is shown is
 * not all. No text is "", but a label's or annotation's value or a word of a command line may be. Times are
 * RFC 3339 in UTC with microseconds.
 */

import type { AlertContext, Author, DisplayName, KeyValue, OnBehalfOf } from './context.ts';
import type { Grant } from '../kubernetes/rbac-reason.ts';
import type { PodSecurity, PodSecurityViolation } from '../pod-security/evaluate.ts';
import type { NotAssessed, RiskConfidence, RiskSeverity, RiskSignal } from '../risk/risk.ts';
import type { Unknown } from '../creation/unknown.ts';
import type { ReadFrom } from '../creation/created-object.ts';
import type { ContainerKind } from '../kubernetes/pod-containers.ts';
import type { Image } from '../kubernetes/image-reference.ts';

export type * from './context.ts';
export type { Grant } from '../kubernetes/rbac-reason.ts';
export type { Unknown } from '../creation/unknown.ts';

/** The version of schemas/alert.avsc that these types are of. */
export const ALERT_SCHEMA_VERSION = 3;

export type AlertKind = 'newPod' | 'newNamespace';

/**
 * What is unusual about an alert, in its making or in what it reports; see `flags` in schemas/alert.avsc. An
 * alert without flags is the first of its id and revision, and the object was stored, as far as can be known.
 */
export type AlertFlag = 'notDeduplicated' | 'notEnriched' | 'afterStateLoss' | 'unconfirmed';

/** In the order of the record: what is asked first comes first. */
export interface Alert {
  readonly schemaVersion: number;
  readonly product: Product;
  /** What happened, in a sentence. */
  readonly headline: string;
  readonly severity: RiskSeverity;
  /** 0 to 100. */
  readonly score: number;
  readonly kind: AlertKind;
  readonly title: string;
  readonly cluster: string;
  /** UUID (version 8), derived from the identity of the created object; the same in all revisions. */
  readonly alertId: string;
  /** From 1. A later revision replaces the ones before it. */
  readonly revision: number;
  /** When the API server finished the request (stageTimestamp, else when it received it). */
  readonly occurredAt: string | null;
  /** When the webhook had the event. */
  readonly receivedAt: string;
  readonly alertedAt: string;
  /** Empty in general. */
  readonly flags: readonly AlertFlag[];
  /**
   * Of a later revision: what it says otherwise than the ones before, for example author.templateAuthor.
   * Empty for the first.
   */
  readonly revised: readonly string[];
  /** The author. Null where the context was not asked (notEnriched). */
  readonly author: Author | null;
  readonly risk: AlertRisk;
  readonly object: AlertObject;
  readonly actor: Actor;
  /** Of this very request: of a controller's pod it is the controller's, and the author's is in `context`. */
  readonly grant: Grant | null;
  /** Null for a Namespace. */
  readonly podSecurity: AlertPodSecurity | null;
  /** What the audit stream has shown around it. Null where it was not asked. */
  readonly context: AlertContext | null;
  readonly provenance: Provenance;
  readonly investigation: readonly InvestigationStep[];
  readonly resolution: readonly ResolutionStep[];
  readonly unknown: readonly Unknown[];
  /** What was shortened to keep the record under its size. */
  readonly cuts: readonly Cut[];
}

/** What made the alert. */
export interface Product {
  readonly name: string;
  readonly version: string;
}

export interface AlertPodSecurity extends Omit<PodSecurity, 'violations'> {
  readonly violations: readonly AlertViolation[];
}

export interface AlertViolation extends Omit<PodSecurityViolation, 'reason' | 'fieldsLeftOut'> {
  /** As the API server words it; null where the check alone says it (podSecurityReason). */
  readonly reason: string | null;
  /** How many more there are; null where that is all. */
  readonly fieldsLeftOut: number | null;
}

/** The signals behind severity and score; risk/risk.ts says what they mean. */
export interface AlertRisk {
  /** The weightiest first; what lowers the score last. */
  readonly signalIds: readonly string[];
  /** Of MITRE ATT&CK, each once. */
  readonly techniqueIds: readonly string[];
  readonly confidence: RiskConfidence;
  readonly attackVersion: string;
  readonly signals: readonly AlertSignal[];
  readonly notAssessed: readonly NotAssessed[];
}

export interface AlertSignal extends Omit<RiskSignal, 'techniques'> {
  readonly techniqueIds: readonly string[];
}

export interface AlertObject {
  /** Null for a Namespace. */
  readonly namespace: string | null;
  readonly name: string | null;
  readonly kind: 'Pod' | 'Namespace';
  /** Of all containers, each once. */
  readonly images: readonly string[];
  /** Whether a container is privileged. */
  readonly privileged: boolean | null;
  readonly uid: string | null;
  readonly apiVersion: string;
  /** The prefix that the server completed to a name; null when the client gave a whole name. */
  readonly generateName: string | null;
  readonly serviceAccountName: string | null;
  /** Null for a pod that the scheduler still has to place. */
  readonly nodeName: string | null;
  readonly hostAccess: HostAccess | null;
  readonly ownerReferences: readonly OwnerReference[] | null;
  readonly labels: readonly KeyValue[] | null;
  readonly annotations: readonly KeyValue[] | null;
  /** All three lists, init containers first; null for a Namespace. */
  readonly containers: readonly Container[] | null;
  readonly volumes: readonly Volume[] | null;
  readonly metadataFrom: ReadFrom;
  /** Null when nothing of the spec was seen, and for a Namespace. */
  readonly specFrom: ReadFrom | null;
}

export interface OwnerReference {
  readonly apiVersion: string | null;
  readonly kind: string | null;
  readonly name: string | null;
  readonly uid: string | null;
  readonly controller: boolean;
}

export interface Container {
  readonly kind: ContainerKind;
  readonly name: string | null;
  readonly image: Image | null;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly ports: readonly ContainerPort[];
  readonly volumeMounts: readonly VolumeMount[];
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean | null;
  readonly runAsUser: number | null;
  readonly capabilitiesAdded: readonly string[];
}

export interface EnvironmentVariable {
  readonly name: string;
  /** "[masked]" for every literal value; null when it comes from elsewhere or is empty. */
  readonly value: string | null;
  /** For example "secret db-pass, key password". */
  readonly from: string | null;
}

export interface ContainerPort {
  readonly containerPort: number | null;
  readonly hostPort: number | null;
  readonly protocol: string | null;
}

export interface VolumeMount {
  readonly name: string | null;
  readonly mountPath: string | null;
  readonly readOnly: boolean;
}

export interface Volume {
  readonly name: string | null;
  /** The volume's kind as the API names it: hostPath, secret, projected, … */
  readonly type: string | null;
  /** What it points to: a path, a Secret's name, a claim, … */
  readonly source: string | null;
}

export interface HostAccess {
  readonly network: boolean;
  readonly pid: boolean;
  readonly ipc: boolean;
  readonly paths: readonly string[];
  readonly ports: readonly number[];
  readonly privilegedContainers: readonly string[];
}

export interface Actor {
  /** Who authenticated, also when acting as somebody else. */
  readonly username: string | null;
  readonly groups: readonly string[];
  readonly impersonatedUsername: string | null;
  readonly impersonatedGroups: readonly string[];
  /** What people call the effective user. Null where the authenticator says nothing beside the name. */
  readonly display: DisplayName | null;
  /**
   * For whom a platform’s own account did it, by what it wrote into the object. Null for everybody who is no
   * such account.
   */
  readonly onBehalfOf: OnBehalfOf | null;
  /** Of user.extra and impersonatedUser.extra what helps to find the person elsewhere. */
  readonly extra: readonly ActorExtra[];
  /** The connection's other end as the API server saw it. */
  readonly peerAddress: string | null;
  /** What X-Forwarded-For claimed: anybody can write anything there. */
  readonly claimedAddresses: readonly string[];
  readonly userAgent: string | null;
  /** For example "X509SHA256=…" or "JTI=…". */
  readonly credential: string | null;
  /** The pod that a bound service account token was made for; null for other credentials. */
  readonly podName: string | null;
}

export interface ActorExtra {
  /**
   * username, sessionName, email, upn, preferredUsername, principalId, arn, canonicalArn, accessKeyId, oid,
   * subject, tokenId, certificateId or nodeName.
   */
  readonly field: string;
  readonly value: string;
  /** For example user.extra.arn. */
  readonly from: string;
}

export interface Provenance {
  /** For finding the event again; a client can choose it. */
  readonly auditId: string | null;
  readonly level: string | null;
  /** The platform whose log the event was made from, where that is not the API server's own: GKE. */
  readonly platform: string | null;
  readonly verb: string | null;
  readonly requestUri: string | null;
  /** The API server, or the webhook, took bodies out of the event. */
  readonly truncated: boolean;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Position of the event in the record, from 0. */
  readonly index: number;
}

/** A question of the runbook; its text is the same for every alert of the kind (investigation/runbook.ts). */
export interface InvestigationStep {
  readonly id: string;
  /** observed, notObserved (the stream would show it, and has not) or notObservable. */
  readonly status: string | null;
  /** Null where it is the one that the runbook has. */
  readonly answer: string | null;
  /** Of a question that is not answered: a command that is safe to paste. */
  readonly command: string | null;
}

export interface ResolutionStep {
  readonly id: string;
  readonly commands: readonly Command[];
  /** What to know before, or why there is no command. */
  readonly note: string | null;
}

export interface Command {
  /** Change: it changes the cluster. */
  readonly kind: 'read' | 'change';
  readonly command: string;
}

export interface Cut {
  readonly path: string;
  /** Characters of a text, or entries of a list or map. */
  readonly kept: number;
  readonly of: number;
}
