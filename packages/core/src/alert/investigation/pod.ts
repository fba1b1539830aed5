/**
 * The questions about a new pod, one for each line of its investigation, with what the stream answers to
 * them.
 */
import type { AlertObject } from '../alert.ts';
import { isPod } from '../../facts/extract/workloads.ts';
import type { NamespaceObject, Surroundings } from '../../context/surroundings.ts';
import { type Answer, type Findings, type Question, standardAnswer } from './question.ts';
import { accountAnswer, firstSeenAnswer, grantAnswer, timelineAnswer } from './rights.ts';
import { counted, listed, named, attributionText, whoWhen } from './wording.ts';

export function podQuestions(findings: Findings): readonly Question[] {
  const { object, grants, accountBindings, surroundings, timeline, firstSeen } = findings;
  return [
    { id: 'source', ...sourceAnswer(findings) },
    { id: 'before', ...timelineAnswer(timeline) },
    { id: 'first-seen', ...firstSeenAnswer(firstSeen, ['actor', 'address', 'userAgent', 'image']) },
    { id: 'configuration', ...configurationAnswer(object) },
    {
      id: 'services',
      ...namespaceObjectsAnswer(surroundings?.services, object.labels, 'Service', 'select it', 'selects it'),
    },
    { id: 'activity', ...standardAnswer('newPod', 'activity', 'notObserved') },
    { id: 'resource-use', ...standardAnswer('newPod', 'resource-use', 'notObservable') },
    { id: 'access-controls', ...grantAnswer(grants[0]) },
    { id: 'service-account', ...accountAnswer(object.serviceAccountName, accountBindings) },
    {
      id: 'network-policies',
      ...namespaceObjectsAnswer(
        surroundings?.networkPolicies,
        object.labels,
        'NetworkPolicy',
        'apply to it',
        'applies to it',
      ),
    },
    { id: 'dependencies', ...dependencyAnswer(object, surroundings) },
    { id: 'impact', ...impactAnswer(object, surroundings) },
  ];
}

/** What the server adds to every pod that has a token. */
const TOKEN_VOLUME = 'serviceAccountToken, configMap kube-root-ca.crt, downwardAPI';

function sourceAnswer({ author, actor }: Findings): Answer {
  const from = actor.peerAddress === null ? '' : ` from ${named(actor.peerAddress)}`;
  if (!author.madeByController) {
    const { creator, chainEnd, chain } = author;
    const [owner] = chain;
    const belongs =
      owner !== undefined && (chainEnd === 'customKind' || (isPod(owner) && owner.created !== undefined));
    const itsMaker = owner?.created === undefined ? '' : `, made by ${whoWhen(owner.created)}`;
    const claims =
      owner === undefined
        ? ''
        : ` It names ${owner.kind} ${named(owner.name)} as its controller, which did not make it.`;
    const made = belongs
      ? ` It belongs to ${owner.kind} ${named(owner.name)}${itsMaker}.${changedText(author)}`
      : claims;
    return {
      status: 'observed',
      answer: `Made directly by ${attributionText(creator)}${from}.${made}${throughText(author)}`,
    };
  }
  if (author.chain.length === 0)
    return {
      status: 'notObservable',
      answer: `Made by a controller, ${named(actor.username ?? '?')}${from}; the owner it acted for is not recorded at this audit level.`,
    };
  const chain = author.chain.map(({ kind, name }) => `${kind} ${named(name)}`).join(' of ');
  const parts = `Created by ${attributionText(author.creator)}; ${templateText(author)}; scaled by ${attributionText(author.scaler)}.${changedText(author)}${replacesText(author)}`;
  return {
    status: author.creator.known || author.templateAuthor.known ? 'observed' : 'notObserved',
    answer: `Made by a controller for ${chain}. ${parts}${throughText(author)}`,
  };
}

function templateText({ templateAction, templateAuthor, contentAuthor }: Findings['author']): string {
  if (templateAction === 'wrote') return `template last changed by ${attributionText(templateAuthor)}`;
  const content =
    !contentAuthor.known && contentAuthor.why === 'none'
      ? ''
      : `, whose content was written by ${attributionText(contentAuthor)}`;
  return `template ${templateAction === 'restarted' ? 'restarted' : 'rolled back'} by ${attributionText(templateAuthor)}${content}`;
}

/** Of the custom objects that it was made for. */
function changedText({ chain }: Findings['author']): string {
  return chain
    .flatMap(({ kind, name, changed }) =>
      changed === undefined ? [] : [` The ${kind} ${named(name)} was last changed by ${whoWhen(changed)}.`],
    )
    .join('');
}

function replacesText({ replaces }: Findings['author']): string {
  if (replaces === undefined) return '';
  const { name, how, action } = replaces;
  const gone = how === 'evicted' || how === 'preempted' ? how : 'deleted';
  return ` It replaces the pod ${named(name)}, ${how === 'nodeGone' ? 'whose node was gone, ' : ''}${gone} by ${whoWhen(action)}.`;
}

function throughText({ viaPods }: Findings['author']): string {
  return viaPods
    .map(
      ({ pod, creator, issuedTo }) =>
        ` The call came with the token of pod ${named(`${pod.namespace}/${pod.name}`)}, created by ${attributionText(creator)}${issuedTo === undefined || issuedTo.startsWith('system:node:') ? '' : `; that token was asked for by ${named(issuedTo)}, who is no kubelet`}.`,
    )
    .join('');
}

function configurationAnswer({ containers, namespace, name, generateName }: AlertObject): Answer {
  if (containers === null) return standardAnswer('newPod', 'configuration', 'notObservable');
  const images = containers.map(
    ({ name: container, image }) => `${named(container ?? '?')} runs ${named(image?.reference ?? '?')}`,
  );
  return {
    status: 'observed',
    answer: `${named(`${namespace ?? '?'}/${name ?? generateName ?? '?'}`)} has ${counted(containers.length, 'container')}: ${listed(images)}.`,
  };
}

function namespaceObjectsAnswer(
  objects: readonly NamespaceObject[] | undefined,
  labels: AlertObject['labels'],
  kind: string,
  many: string,
  one: string,
): Answer {
  if (labels === null || objects === undefined)
    return {
      status: 'notObservable',
      answer: 'Its labels are not in the event, and selectors go by labels.',
    };
  if (objects.length === 0)
    return {
      status: 'notObserved',
      answer: `No ${kind} that ${one} was seen; one from before watching began is not known.`,
    };
  const texts = objects.map(
    ({ name, action, confirmed }) =>
      `${named(name)}${confirmed ? '' : ` (perhaps; patched ${whoWhen(action)})`}`,
  );
  return { status: 'observed', answer: `${listed(texts)} ${objects.length === 1 ? one : many}.` };
}

function dependencyAnswer({ volumes }: AlertObject, surroundings: Surroundings | undefined): Answer {
  if (volumes === null) return standardAnswer('newPod', 'dependencies', 'notObservable');
  if (volumes.length === 0) return standardAnswer('newPod', 'dependencies', 'notObserved');
  if (volumes.length === 1 && volumes.every(({ source }) => source === TOKEN_VOLUME))
    return standardAnswer('newPod', 'dependencies', 'observed');
  const texts = volumes.map(
    ({ type, source }) => `${type ?? 'volume'}${source === null ? '' : ` ${named(source)}`}`,
  );
  const claims = (surroundings?.claims ?? []).map(
    ({ name, action }) => ` The claim ${named(name)} was made or changed by ${whoWhen(action)}.`,
  );
  return { status: 'observed', answer: `It mounts ${listed(texts)}.${claims.slice(0, 3).join('')}` };
}

function impactAnswer({ hostAccess, nodeName }: AlertObject, surroundings: Surroundings | undefined): Answer {
  const parts: string[] = [];
  const criticality = surroundings?.namespace.criticality;
  if (criticality?.critical === true)
    parts.push(`The namespace is critical (${criticality.because}: ${named(criticality.what)}).`);
  if (hostAccess !== null) {
    const host = [
      ...(hostAccess.privilegedContainers.length > 0
        ? [counted(hostAccess.privilegedContainers.length, 'privileged container')]
        : []),
      ...(hostAccess.network ? ['the host’s network'] : []),
      ...(hostAccess.pid ? ['the host’s processes'] : []),
      ...(hostAccess.ipc ? ['the host’s IPC'] : []),
      ...hostAccess.paths.map((path) => `the host’s ${named(path)}`),
    ];
    parts.push(
      host.length === 0 ? standardAnswer('newPod', 'impact', 'observed').answer : `It has ${listed(host)}.`,
    );
  }
  if (nodeName !== null) parts.push(`It goes to the node ${named(nodeName)} without the scheduler.`);
  if (parts.length === 0) return standardAnswer('newPod', 'impact', 'notObservable');
  return { status: 'observed', answer: parts.join(' ') };
}
