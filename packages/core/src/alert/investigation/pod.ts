/**
 * The questions about a new pod, one for each line of its investigation, with what the stream answers to
 * them.
 */
import type { AlertObject } from '../alert.ts';
import { isPod } from '../../facts/extract/workloads.ts';
import { objectName, shellCommand } from '../../text/shell.ts';
import type { NamespaceObject, Surroundings } from '../../context/surroundings.ts';
import { asked, type Findings, type Question } from './question.ts';
import { accountAnswer, firstSeenAnswer, grantAnswer, timelineAnswer } from './rights.ts';
import { counted, listed, named, attributionText, whoWhen } from './wording.ts';

export function podQuestions(findings: Findings): readonly Question[] {
  return [
    ...aboutItsMaker(findings),
    ...aboutItself(findings),
    ...aboutItsRights(findings),
    ...aboutWhatDepends(findings),
  ];
}

/** Commands about the pod itself, or about its namespace. */
function commands(object: AlertObject): {
  readonly inside: readonly string[];
  readonly pod: (fixed: string, ...options: string[]) => string | null;
  readonly get: (resource: string, ...options: string[]) => string;
} {
  const [namespace, name] = [objectName(object.namespace), objectName(object.name)];
  const inside = namespace === null ? [] : [`--namespace=${namespace}`];
  return {
    inside,
    pod: (fixed, ...options) => (name === null ? null : shellCommand(fixed, [...inside, ...options], [name])),
    get: (resource, ...options) => shellCommand(`kubectl get ${resource}`, [...inside, ...options]),
  };
}

function aboutItsMaker(findings: Findings): readonly Question[] {
  const { pod } = commands(findings.object);
  return [
    {
      id: 'source',
      question: asked('NewPod', 'source'),
      ...sourceAnswer(findings),
      fields: ['author', 'actor', 'object.ownerReferences', 'provenance.auditId'],
      howToLook: pod('kubectl get pod', '--output=yaml', '--show-managed-fields'),
    },
    {
      id: 'before',
      question: 'What did whoever is behind it do in the half hour before?',
      ...timelineAnswer(findings.timeline),
      fields: ['context.timeline'],
      howToLook: null,
    },
    {
      id: 'first-seen',
      question:
        'Is anything about it new to this cluster: the user, the address, the client, the image, the registry?',
      ...firstSeenAnswer(findings.firstSeen, ['actor', 'address', 'userAgent', 'image']),
      fields: ['context.firstSeen'],
      howToLook: null,
    },
  ];
}

function aboutItself({ object, surroundings }: Findings): readonly Question[] {
  const { get, pod } = commands(object);
  return [
    {
      id: 'configuration',
      question: asked('NewPod', 'configuration'),
      ...configurationAnswer(object),
      fields: ['object.name', 'object.namespace', 'object.labels', 'object.containers'],
      howToLook: pod('kubectl get pod', '--output=yaml'),
    },
    {
      id: 'services',
      question: 'Which Services send it traffic?',
      ...namespaceObjectsAnswer(surroundings?.services, object.labels, 'Service', 'select it', 'selects it'),
      fields: ['context.surroundings.services'],
      howToLook: get('services,endpointslices', '--output=wide'),
    },
    {
      id: 'activity',
      question: asked('NewPod', 'activity'),
      status: 'notObserved',
      answer: 'Nothing so far: this is written as the pod is made, and not again for what follows.',
      fields: ['object.uid', 'object.serviceAccountName'],
      howToLook:
        object.uid === null ? null : get('events', `--field-selector=involvedObject.uid=${object.uid}`),
    },
    {
      id: 'resource-use',
      question: 'Does it use network or CPU in an unusual way?',
      status: 'notObservable',
      answer: 'Audit events tell of requests to the API, not of traffic or load.',
      fields: ['object.nodeName'],
      howToLook: pod('kubectl top pod', '--containers'),
    },
  ];
}

function aboutItsRights({ object, grants, accountBindings, surroundings }: Findings): readonly Question[] {
  const { inside, get, pod } = commands(object);
  const [namespace, account] = [objectName(object.namespace), objectName(object.serviceAccountName)];
  const as =
    namespace === null || account === null ? null : `--as=system:serviceaccount:${namespace}:${account}`;
  return [
    {
      id: 'access-controls',
      question: asked('NewPod', 'access-controls'),
      ...grantAnswer(grants[0]),
      fields: ['grant'],
      howToLook: get('rolebindings', '--output=wide'),
    },
    {
      id: 'service-account',
      question: 'What may its service account do?',
      ...accountAnswer(object.serviceAccountName, accountBindings),
      fields: ['context.serviceAccount', 'object.serviceAccountName'],
      howToLook:
        as === null
          ? pod('kubectl get pod', '--output=jsonpath={.spec.serviceAccountName}')
          : shellCommand('kubectl auth can-i --list', [...inside, as]),
    },
    {
      id: 'network-policies',
      question: 'Which NetworkPolicies apply to it?',
      ...namespaceObjectsAnswer(
        surroundings?.networkPolicies,
        object.labels,
        'NetworkPolicy',
        'apply to it',
        'applies to it',
      ),
      fields: ['context.surroundings.networkPolicies'],
      howToLook: get('networkpolicies', '--output=yaml'),
    },
  ];
}

function aboutWhatDepends({ object, surroundings }: Findings): readonly Question[] {
  const { namespace } = object;
  return [
    {
      id: 'dependencies',
      question: asked('NewPod', 'dependencies'),
      ...dependencyAnswer(object, surroundings),
      fields: ['object.volumes', 'object.containers'],
      howToLook: commands(object).get('persistentvolumeclaims,secrets,configmaps'),
    },
    {
      id: 'impact',
      question: asked('NewPod', 'impact'),
      ...impactAnswer(object, surroundings),
      fields: ['object.namespace', 'object.nodeName', 'object.hostAccess', 'context.surroundings.namespace'],
      howToLook:
        objectName(namespace) === null
          ? null
          : shellCommand('kubectl get namespace', ['--output=yaml'], [namespace ?? '']),
    },
  ];
}

type Answer = Pick<Question, 'status' | 'answer'>;

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

function throughText({ through }: Findings['author']): string {
  return through
    .map(
      ({ pod, creator, issuedTo }) =>
        ` The call came with the token of pod ${named(`${pod.namespace}/${pod.name}`)}, created by ${attributionText(creator)}${issuedTo === undefined || issuedTo.startsWith('system:node:') ? '' : `; that token was asked for by ${named(issuedTo)}, who is no kubelet`}.`,
    )
    .join('');
}

function configurationAnswer({ containers, namespace, name, generateName }: AlertObject): Answer {
  if (containers === null)
    return { status: 'notObservable', answer: 'Its specification is not in the event.' };
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
    ({ name, action, sure }) => `${named(name)} (${sure ? 'since' : 'perhaps; patched'} ${whoWhen(action)})`,
  );
  return { status: 'observed', answer: `${listed(texts)} ${objects.length === 1 ? one : many}.` };
}

function dependencyAnswer({ volumes }: AlertObject, surroundings: Surroundings | undefined): Answer {
  if (volumes === null) return { status: 'notObservable', answer: 'Its specification is not in the event.' };
  if (volumes.length === 0) return { status: 'notObserved', answer: 'It mounts no volumes.' };
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
    parts.push(host.length === 0 ? 'It asks for no access to its host.' : `It has ${listed(host)}.`);
  }
  if (nodeName !== null) parts.push(`It goes to the node ${named(nodeName)} without the scheduler.`);
  if (parts.length === 0)
    return {
      status: 'notObservable',
      answer: 'Its specification is not in the event, and nothing is known of its namespace.',
    };
  return { status: 'observed', answer: parts.join(' ') };
}
