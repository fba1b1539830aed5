/**
 * A workload's pod template and number of replicas, as a body shows them, to distinguish a write that changed
 * the template from one that did not.
 *
 * Invariant: one template has one digest wherever it is: in a Deployment, in the ReplicaSet made of it, in a
 * ControllerRevision. What the server or a controller adds on the way does not count.
 */
import { asArray, asInteger, asObject, at, type JsonObject, textAt } from '../base/json.ts';
import { digestOf } from '../base/digest.ts';

/** What controllers and the server add to the template of a ReplicaSet and of a Job. */
const ADDED_LABELS: readonly string[] = [
  'pod-template-hash',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
];

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** Undefined when the body shows no template, as that of a Scale. */
export function templateDigest(object: unknown): string | undefined {
  const template = templateIn(object);
  return template === undefined ? undefined : digestWithout(template, []);
}

/**
 * The template without what a restart writes into it: two templates that differ by a restart alone have one
 * digest.
 */
export function contentDigest(object: unknown): string | undefined {
  const template = templateIn(object);
  return template === undefined ? undefined : digestWithout(template, [RESTARTED_AT]);
}

/** Of a custom object, whose kind is unknown here: its whole spec. */
export function specDigest(object: unknown): string | undefined {
  const spec = asObject(at(object, 'spec'));
  return spec === undefined ? undefined : digestOf(canonical(spec));
}

function templateIn(object: unknown): JsonObject | undefined {
  const spec = at(object, 'spec');
  return (
    asObject(at(spec, 'template')) ??
    asObject(at(spec, 'jobTemplate', 'spec', 'template')) ??
    asObject(at(object, 'data', 'spec', 'template'))
  );
}

function digestWithout(template: JsonObject, annotationsLeftOut: readonly string[]): string {
  const { $patch: _patch, metadata, ...rest } = template;
  const { creationTimestamp: _created, labels, annotations, ...others } = asObject(metadata) ?? {};
  const without = (map: unknown, keys: readonly string[]): JsonObject =>
    Object.fromEntries(Object.entries(asObject(map) ?? {}).filter(([key]) => !keys.includes(key)));
  return digestOf(
    canonical({
      ...rest,
      metadata: {
        ...others,
        labels: without(labels, ADDED_LABELS),
        annotations: without(annotations, annotationsLeftOut),
      },
    }),
  );
}

export function replicasOf(object: unknown): number | undefined {
  return asInteger(at(object, 'spec', 'replicas'));
}

/** When the template was last restarted, as `kubectl rollout restart` writes it. */
export function restartedAt(object: unknown): string | undefined {
  const annotations =
    at(object, 'spec', 'template', 'metadata', 'annotations') ??
    at(object, 'data', 'spec', 'template', 'metadata', 'annotations');
  return textAt(annotations, RESTARTED_AT);
}

/** Number of the revision that a ReplicaSet or ControllerRevision is now. */
export function revisionNumber(object: unknown): number | undefined {
  const number =
    asInteger(at(object, 'revision')) ??
    Number(textAt(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision'));
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A piece of JSON text, or a value whose text is still to be made. */
type Piece = string | { readonly value: unknown };

/**
 * JSON with keys in order, without members that are null or empty. In linear time and without recursion:
 * depth and width are the client's.
 */
function canonical(value: unknown): string {
  const empty = emptyObjects(value);
  const isLeftOut = (member: unknown): boolean =>
    member === null || (Array.isArray(member) && member.length === 0) || empty.has(member);
  const texts: string[] = [];
  const pieces: Piece[] = [{ value }];
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    if (typeof piece === 'string') {
      texts.push(piece);
      continue;
    }
    const inner = piecesOf(piece.value, isLeftOut);
    for (let i = inner.length - 1; i >= 0; i--) pieces.push(inner[i] ?? '');
  }
  return texts.join('');
}

function piecesOf(value: unknown, isLeftOut: (member: unknown) => boolean): readonly Piece[] {
  if (Array.isArray(value))
    return [
      '[',
      ...asArray(value).flatMap((entry, i): Piece[] => [i === 0 ? '' : ',', { value: entry }]),
      ']',
    ];
  const object = asObject(value);
  if (object === undefined) return [JSON.stringify(value)];
  const entries = Object.entries(object)
    .filter(([, member]) => !isLeftOut(member))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '{',
    ...entries.flatMap(([key, member], i): Piece[] => [
      `${i === 0 ? '' : ','}${JSON.stringify(key)}:`,
      { value: member },
    ]),
    '}',
  ];
}

/** The objects within a value of which nothing is left once what is null or empty is left out. */
function emptyObjects(value: unknown): ReadonlySet<unknown> {
  const within: unknown[] = [value];
  // What is found while walking is walked as well.
  for (const each of within)
    for (const member of Array.isArray(each) ? asArray(each) : Object.values(asObject(each) ?? {}))
      if (typeof member === 'object' && member !== null) within.push(member);
  const empty = new Set<unknown>();
  for (const each of within.reverse()) {
    const object = asObject(each);
    if (object === undefined) continue;
    const isEmpty = Object.values(object).every(
      (member) => member === null || (Array.isArray(member) && member.length === 0) || empty.has(member),
    );
    if (isEmpty) empty.add(object);
  }
  return empty;
}
