/**
 * What a pod can do: its Pod Security level, what it reaches of its node, its rights, what it runs and
 * mounts. Of a namespace, what it lets in.
 *
 * Invariant: what was not seen is said to be unknown, never left out as if it were not there. The rest is in
 * unseen.ts.
 */
import type { Alert, AlertObject, KeyValue } from '@arrivals/core';
import { containerLines } from './containers.ts';
import { nodeLines } from './node-access.ts';
import { podSecurityLines } from './pod-security.ts';
import { type Line, row, type Section, text } from './section.ts';
import { volumeLines } from './volumes.ts';
import { firstOf, named } from './format.ts';

const SHOWN_MAX = 12;

export function abilities(alert: Alert): Section {
  const { object } = alert;
  return object.kind === 'Pod'
    ? { title: 'What it can do', tone: 'strong', lines: [...podLines(alert), ...markLines(object)] }
    : { title: 'What it is', tone: 'strong', lines: [...namespaceLines(object), ...markLines(object)] };
}

function podLines(alert: Alert): readonly Line[] {
  const { object } = alert;
  if (object.specFrom === null) return [text('Not known: nothing of its spec was in the event.', 'warning')];
  const source =
    object.specFrom === 'answer'
      ? []
      : [text('As the client sent it: what the server changed or added is not seen.', 'warning')];
  return [
    ...source,
    ...nodeLines(alert),
    ...volumeLines(alert),
    ...containerLines(object),
    ...podSecurityLines(alert),
  ];
}

const ENFORCE = 'pod-security.kubernetes.io/enforce';

/**
 * Without the label the server's own default holds, which is the privileged level unless somebody configured
 * another.
 */
function namespaceLines({ labels }: AlertObject): readonly Line[] {
  if (labels === null) return [row('Pod Security', 'not known: its labels were not seen')];
  const level = labels.find(({ key }) => key === ENFORCE)?.value;
  return [
    row(
      'Pod Security',
      level === undefined
        ? 'no level of its own is enforced: unless the API server is configured otherwise, any pod is let in'
        : `enforces ${named(level)}`,
    ),
  ];
}

function markLines({ labels, annotations }: AlertObject): readonly Line[] {
  const marks = (values: AlertObject['labels'], show: (entry: KeyValue) => string): string => {
    if (values === null) return 'not seen';
    return values.length === 0 ? 'none' : firstOf(values.map(show), SHOWN_MAX);
  };
  return [
    row(
      'Labels',
      marks(labels, ({ key, value }) => named(`${key}=${value}`)),
    ),
    row(
      'Annotations',
      marks(annotations, ({ key }) => named(key)),
    ),
  ];
}
