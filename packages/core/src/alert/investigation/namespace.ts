/**
 * The questions about a new namespace, one for each line of its investigation, with what the stream answers
 * to them.
 */
import { type Findings, type Question, standardAnswer } from './question.ts';
import { firstSeenAnswer, grantAnswer, timelineAnswer } from './rights.ts';
import { listed, named, attributionText } from './wording.ts';

export function namespaceQuestions(findings: Findings): readonly Question[] {
  const { object, grants, timeline, firstSeen } = findings;
  return [
    { id: 'details', ...detailsAnswer(findings) },
    { id: 'permission', ...grantAnswer(grants[0]) },
    { id: 'actor-activity', ...timelineAnswer(timeline) },
    { id: 'first-seen', ...firstSeenAnswer(firstSeen, ['actor', 'address', 'userAgent']) },
    { id: 'network', ...standardAnswer('newNamespace', 'network', 'notObservable') },
    { id: 'contents', ...standardAnswer('newNamespace', 'contents', 'notObserved') },
    {
      id: 'ask',
      status: 'observed',
      answer: `To be asked: ${attributionText(findings.author.creator)}. “You made the namespace ${object.name ?? '?'}: what is it for, and who is to answer for it?”`,
    },
  ];
}

function detailsAnswer({ object, author, surroundings }: Findings): Pick<Question, 'status' | 'answer'> {
  const labels = (object.labels ?? []).map(({ key, value }) => named(`${key}=${value}`));
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
