/**
 * The questions about a new namespace, one for each line of its investigation, with what the stream answers
 * to them.
 */
import { objectName, shellCommand } from '../../text/shell.ts';
import { asked, type Findings, type Question } from './question.ts';
import { firstSeenAnswer, grantAnswer, timelineAnswer } from './rights.ts';
import { listed, named, attributionText } from './wording.ts';

export function namespaceQuestions(findings: Findings): readonly Question[] {
  const { object, identifiedAs, grants, timeline, firstSeen } = findings;
  const { name } = object;
  const own = objectName(name);
  const inside = (fixed: string, ...options: string[]): string | null =>
    own === null ? null : shellCommand(fixed, [`--namespace=${own}`, ...options]);
  return [
    {
      id: 'details',
      question: asked('NewNamespace', 'details'),
      ...detailsAnswer(findings),
      fields: [
        'object.name',
        'occurredAt',
        'object.labels',
        'object.annotations',
        'context.surroundings.namespace',
      ],
      howToLook: own === null ? null : shellCommand('kubectl get namespace', ['--output=yaml'], [own]),
    },
    {
      id: 'permission',
      question: asked('NewNamespace', 'permission'),
      ...grantAnswer(grants[0]),
      fields: ['actor', 'grant'],
      howToLook: identifiedAs === null ? null : shellCommand('kubectl auth can-i --list', identifiedAs),
    },
    {
      id: 'actor-activity',
      question: asked('NewNamespace', 'actor-activity'),
      ...timelineAnswer(timeline),
      fields: ['context.timeline', 'actor', 'occurredAt', 'provenance.auditId'],
      howToLook: null,
    },
    {
      id: 'first-seen',
      question: 'Is anything about its maker new to this cluster: the user, the address, the client?',
      ...firstSeenAnswer(firstSeen, ['actor', 'address', 'userAgent']),
      fields: ['context.firstSeen'],
      howToLook: null,
    },
    {
      id: 'network',
      question: asked('NewNamespace', 'network'),
      status: 'notObservable',
      answer:
        'Audit events tell of requests to the API, not of traffic. Services, Ingresses and load balancers made inside it are seen as they come.',
      fields: ['object.name'],
      howToLook: inside('kubectl get services,ingresses,endpointslices', '--output=wide'),
    },
    {
      id: 'contents',
      question: asked('NewNamespace', 'contents'),
      status: 'notObserved',
      answer:
        'Nothing yet: this is written as the namespace is made. Pods that arrive in it are alerts of their own.',
      fields: ['object.name'],
      howToLook: inside(
        'kubectl get pods',
        '--output=jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.spec.containers[*].image}{"\\n"}{end}',
      ),
    },
    {
      id: 'ask',
      question: asked('NewNamespace', 'ask'),
      status: 'observed',
      answer: `To be asked: ${attributionText(findings.author.creator)}. “You made the namespace ${name ?? '?'}: what is it for, and who is to answer for it?”`,
      fields: ['actor.username', 'actor.impersonatedUsername'],
      howToLook: null,
    },
  ];
}

function detailsAnswer({ object, author, surroundings }: Findings): Pick<Question, 'status' | 'answer'> {
  const labels = Object.entries(object.labels ?? {}).map(([key, value]) => named(`${key}=${value}`));
  const levels = Object.entries(surroundings?.namespace.podSecurity ?? {}).map(
    ([mode, level]) => `${mode} ${named(level)}`,
  );
  const sentences = [
    `Named ${named(object.name ?? object.generateName ?? '?')}, made by ${attributionText(author.creator)}.`,
    object.labels === null
      ? 'Its labels are not in the event.'
      : labels.length === 0
        ? 'It has no labels.'
        : `Labels: ${listed(labels)}.`,
    levels.length === 0 ? 'No Pod Security level of its own was seen.' : `Pod Security: ${listed(levels)}.`,
  ];
  return { status: 'observed', answer: sentences.join(' ') };
}
