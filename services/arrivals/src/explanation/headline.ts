/** What happened, in one sentence; when, where, and what to know before reading on. */
import type { Actor, Alert, AlertFlag, AlertObject, Risk } from '@arrivals/core';
import { controlledKind, identityWords, nodeOf, principal } from './principal.ts';
import { type Line, row, type Section, type Tone } from './section.ts';
import { begun, listed, moment, named } from './words.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export function headline(alert: Alert): Section {
  const { object, actor, risk, cluster, occurredAt, receivedAt, revision, flags } = alert;
  const lines: Line[] = [
    row('When', occurredAt === null ? `the event does not say; received ${moment(receivedAt)}` : moment(occurredAt)),
    row('Cluster', named(cluster)),
    row('Alert', `${alert.title}, ${alert.alertId}${revision === 1 ? '' : `, revision ${String(revision)}`}`),
    ...flags.map((flag) => row('Note', flagWords(flag))),
  ];
  const created = flags.includes('unconfirmed') ? 'may have created' : 'created';
  const sentence = alert.headline !== null && tellsMore(alert) ? alert.headline : `${actorWords(actor)} ${created} ${objectWords(object, actor)}`;
  return { title: begun(`${sentence} ${riskWords(risk)}`), tone: toneOf(risk), lines };
}

/** Whether other events have shown who is behind it, or how he came to be allowed to. */
function tellsMore({ author, context }: Alert): boolean {
  const isKnown = author?.madeByController === true && (author.creator ?? author.templateAuthor) !== null;
  return isKnown || (author?.through.length ?? 0) > 0 || context?.grants[0]?.selfGranted === true;
}

function actorWords(actor: Actor): string {
  const { username, podName, impersonatedUsername, impersonatedGroups } = actor;
  const user = (name: string): string => principal(name, name === username ? podName : null);
  const who = username === null ? 'somebody whom the event does not name' : identityWords({ ...actor, username }, { user, name: named, isAside: true });
  if (impersonatedUsername !== null) return username === null ? `${who}, acting as ${user(impersonatedUsername)},` : who;
  return impersonatedGroups.length === 0 ? who : `${who}, acting as ${listed(impersonatedGroups.map(named))},`;
}

function objectWords(object: AlertObject, actor: Actor): string {
  const { kind, namespace, name, generateName, hostAccess, annotations } = object;
  const isPrivileged = hostAccess !== null && hostAccess.privilegedContainers.length > 0;
  // Anybody can write the annotation; only of a kubelet’s pod it is true.
  const isByKubelet = actor.impersonatedUsername === null && nodeOf(actor.username ?? '') !== undefined;
  const isMirror = isByKubelet && annotations !== null && Object.hasOwn(annotations, MIRROR);
  const what = `${isPrivileged ? 'privileged ' : ''}${isMirror ? 'mirror ' : ''}${kind}`;
  if (name !== null) return `the ${what} ${named(namespace === null ? name : `${namespace}/${name}`)}${ownerWords(object, actor)}`;
  const place = namespace === null ? '' : ` in ${named(namespace)}`;
  const begins = generateName === null ? 'whose name is not in the event' : `of whose name only the beginning is known, ${named(generateName)}`;
  return `a ${what}${place}${ownerWords(object, actor)}, ${begins}`;
}

/** An owner is what the pod says; only a controller's pods are believed. */
function ownerWords({ ownerReferences }: AlertObject, { username, podName, impersonatedUsername }: Actor): string {
  if (username === null || podName !== null || impersonatedUsername !== null) return '';
  const kind = controlledKind(username);
  const owner = ownerReferences?.find((reference) => reference.controller && reference.kind === kind);
  return kind === undefined || owner === undefined || owner.name === null ? '' : ` for the ${kind} ${named(owner.name)}`;
}

function riskWords(risk: Risk | null): string {
  if (risk === null) return '(risk not assessed)';
  const { severity, score, confidence } = risk;
  return `(${severity}, ${String(score)}${confidence === 'LOW' ? `, confidence ${confidence}` : ''})`;
}

function toneOf(risk: Risk | null): Tone {
  switch (risk?.severity) {
    case 'CRITICAL':
    case 'HIGH':
      return 'alarm';
    case 'MEDIUM':
      return 'warning';
    case 'LOW':
    case 'INFO':
    case undefined:
      return 'strong';
  }
}

/** A flag of a later version is shown as it is. */
function flagWords(flag: AlertFlag | (string & {})): string {
  switch (flag) {
    case 'notDeduplicated':
      return 'made while the state store was away, so nobody could tell whether this creation had been told before: there may be another record with this ID and revision (notDeduplicated)';
    case 'notEnriched':
      return 'made without what the state store knows (notEnriched)';
    case 'afterStateLoss':
      return 'made when the state store had lately lost what it knew: there may be an earlier record with this ID and revision (afterStateLoss)';
    case 'unconfirmed':
      return 'the API server answered with a failure after which the object may be there all the same: look whether it is (unconfirmed)';
    default:
      return flag;
  }
}
