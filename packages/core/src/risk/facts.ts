/**
 * What the signals read, extracted once from the raw event, and what of that the event does not show.
 *
 * Invariant: an aspect that is not wholly known is in `unseen` with the reason; what is known of it is there
 * all the same. Nothing is masked or cut here, so that signals see everything; their texts are bounded.
 */
import { findObject } from '../creation/created-object.ts';
import { type AuditEvent, extraOf } from '../audit/event.ts';
import { asObject, at, type JsonObject, textAt } from '../base/json.ts';
import type { CreationContext } from '../context/creation-context.ts';
import type { CreatedKind } from '../creation/select.ts';
import { type AuthorFacts, readAuthorFacts } from './author-facts.ts';
import { isServiceAccount, isSystemUser } from './accounts.ts';
import { excusableIn } from './infrastructure.ts';
import type { RiskLists } from './lists.ts';
import { type MakerFacts, type Owner, readMaker, readOwners } from './owners.ts';
import { type PodFacts, readPod } from './pod-facts.ts';
import { leftOutOfSpec, readUnseenSpec, type UnseenSpec } from './unseen-spec.ts';
import { type Aspect, type Unseen, unseenOf, unseenOfPod } from './unseen.ts';
import { unseenOfContext } from './unseen-context.ts';

export interface RiskInput {
  readonly event: AuditEvent;
  readonly created: CreatedKind;
  readonly lists: RiskLists;
  /** Null where it is unavailable, which is then in `notAssessed`; left out to assess the event alone. */
  readonly context?: CreationContext | null;
}

export interface ActorFacts {
  readonly username: string | undefined;
  readonly groups: readonly string[];
  readonly impersonated:
    { readonly username: string | undefined; readonly groups: readonly string[] } | undefined;
  /** The connection's other end. */
  readonly peer: string | undefined;
  /** The pod that the actor's token was made for. */
  readonly podName: string | undefined;
  readonly isServiceAccount: boolean;
  /** Part of the control plane or a kubelet, acting for itself. */
  readonly isSystem: boolean;
  /** On the list of pipelines, acting for itself. */
  readonly isPipeline: boolean;
}

export interface Facts {
  readonly created: CreatedKind;
  readonly actor: ActorFacts;
  /** Of what a controller made, its author; undefined for all else, and where he is not known. */
  readonly author: AuthorFacts | undefined;
  readonly context: CreationContext | undefined;
  /** Of a pod; of a namespace its own name. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
  readonly owners: readonly Owner[];
  readonly maker: MakerFacts;
  /** Of a pod whose spec was not seen, or was cut: what is known of it all the same. */
  readonly unseenSpec: UnseenSpec | undefined;
  /** Empty for a namespace, and where the spec is unknown. */
  readonly pod: PodFacts;
  readonly unseen: ReadonlyMap<Aspect, Unseen>;
  readonly lists: RiskLists;
}

export function readFacts({ event, created, lists, context }: RiskInput): Facts {
  const found = findObject(created, event);
  const { metadata } = found;
  const name = textAt(metadata, 'name') ?? event.objectRef.name;
  const namespace =
    created === 'Namespace' ? name : (event.objectRef.namespace ?? textAt(metadata, 'namespace'));
  const actor = readActorFacts(event, lists);
  const author = readAuthorFacts(context, lists);
  const unseen = new Map([
    ...unseenOf(created, event, found, { name, namespace, peer: actor.peer }),
    ...unseenOfContext(event, context),
  ]);
  const owners = readOwners(metadata, event, context, lists);
  const maker = readMaker(
    event,
    unseen.has('owners') ? undefined : owners,
    found.spec === undefined ? undefined : (textAt(found.spec, 'nodeName') ?? ''),
    lists,
  );
  const pod = readPod(
    found.spec,
    excusableIn({ maker, author, context, namespace: event.objectRef.namespace, lists }),
  );
  return {
    created,
    actor,
    author,
    context: context ?? undefined,
    namespace,
    name,
    labels: asObject(at(metadata, 'labels')) ?? {},
    annotations: asObject(at(metadata, 'annotations')) ?? {},
    owners,
    maker,
    unseenSpec: created === 'Pod' ? (readUnseenSpec(event, found) ?? leftOutOfSpec(pod.leftOut)) : undefined,
    pod,
    unseen: new Map([...unseenOfPod(pod.leftOut), ...unseen]),
    lists,
  };
}

function readActorFacts({ user, impersonatedUser, sourceIps }: AuditEvent, lists: RiskLists): ActorFacts {
  const { username, groups } = user;
  const forItself = username !== undefined && impersonatedUser === undefined;
  return {
    username,
    groups,
    impersonated:
      impersonatedUser === undefined
        ? undefined
        : { username: impersonatedUser.username, groups: impersonatedUser.groups },
    peer: peerOf(sourceIps),
    podName: extraOf(user, 'authentication.kubernetes.io/pod-name'),
    isServiceAccount: username !== undefined && isServiceAccount(username),
    isSystem: forItself && isSystemUser(username, lists),
    isPipeline: forItself && lists.pipelineAccounts.includes(username),
  };
}

/** Those before the last are claims of X-Forwarded-For. */
function peerOf(sourceIps: readonly string[]): string | undefined {
  return sourceIps.filter((address) => address !== '').at(-1);
}
