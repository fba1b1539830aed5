/**
 * What an event's body is reduced to when the event is too large: what risk assessment reads, or only what
 * identifies the object.
 *
 * Invariant: an outline holds all that slim() and identityOnly() may keep, and is bounded whatever the body's
 * size.
 */
import { asArray, asObject, at, type JsonObject, textAt } from '../base/json.ts';
import {
  type Bounds,
  clip,
  clippedMembers,
  ROOMY,
  shrink,
  shrunk,
  shrunkMembers,
  take,
} from './truncate-bounds.ts';
import { tableRowObject } from './event.ts';
import type { JsonView } from './platforms/json-view.ts';

export const CONTAINER_LISTS: readonly string[] = ['initContainers', 'containers', 'ephemeralContainers'];
export const CONTAINER_PARTS: readonly string[] = [
  'name',
  'image',
  'securityContext',
  'ports',
  'volumeMounts',
];
const SPEC_PARTS = ['serviceAccountName', 'nodeName', 'hostNetwork', 'hostPID', 'hostIPC', 'securityContext'];
const IDENTITY_TEXTS = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];

/** Of a pod's containers in each list, and of its volumes. */
const SLIM_MEMBERS_MAX = 1000;
/** The widest bounds that slim() is called with. */
export const SLIM: Bounds = { textMax: 512, listMax: 32 };

/** Undefined for a body that is no object. */
export function outlineOf(body: JsonView): JsonObject | undefined {
  if (!body.isObject) return undefined;
  const row = tableRowView(body);
  const spec = body.at('spec');
  return {
    ...clippedMembers(body, ['kind', 'apiVersion'], ROOMY),
    ...(row === undefined ? {} : { rows: [{ object: { metadata: metadataOutline(row.at('metadata')) } }] }),
    metadata: metadataOutline(body.at('metadata')),
    ...(spec?.isObject === true ? { spec: specOutline(spec) } : {}),
  };
}

/** tableRowObject() of event.ts, in a view. */
export function tableRowView(body: JsonView | undefined): JsonView | undefined {
  return body?.at('rows')?.first()?.at('object');
}

function metadataOutline(metadata: JsonView | undefined): JsonObject | undefined {
  if (metadata?.isObject !== true) return undefined;
  return {
    ...clippedMembers(metadata, IDENTITY_TEXTS, ROOMY),
    ...shrunkMembers(metadata, ['ownerReferences'], SLIM),
  };
}

function specOutline(spec: JsonView): JsonObject {
  const list = (
    key: string,
    first: typeof hostPathsFirst,
    reduce: (member: JsonView) => unknown,
  ): JsonObject => {
    const members = spec.at(key);
    return members?.isArray === true ? { [key]: first(members).map(reduce) } : {};
  };
  const containers = CONTAINER_LISTS.flatMap((key) =>
    Object.entries(list(key, firstMembers, (container) => shrunkMembers(container, CONTAINER_PARTS, SLIM))),
  );
  return {
    ...shrunkMembers(spec, SPEC_PARTS, SLIM),
    ...list('volumes', hostPathsFirst, (volume) => shrunk(volume, SLIM)),
    ...Object.fromEntries(containers),
  };
}

function firstMembers(members: JsonView): readonly JsonView[] {
  return take(members.elements(), SLIM_MEMBERS_MAX);
}

/** Volumes to keep where not all fit: no number of harmless ones pushes one of these out. */
function hostPathsFirst(members: JsonView): readonly JsonView[] {
  const first: JsonView[] = [];
  const hostPaths: JsonView[] = [];
  const others: JsonView[] = [];
  let count = 0;
  for (const member of members.elements()) {
    if (++count <= SLIM_MEMBERS_MAX) first.push(member);
    const kind = member.at('hostPath') === undefined ? others : hostPaths;
    if (kind.length < SLIM_MEMBERS_MAX) kind.push(member);
  }
  return count <= SLIM_MEMBERS_MAX ? first : [...hostPaths, ...others].slice(0, SLIM_MEMBERS_MAX);
}

/**
 * What risk assessment reads: identity, owners, and of the pod who runs what with which access to its host.
 */
export function slim(outline: JsonObject | undefined, bounds: Bounds): unknown {
  const spec = asObject(at(outline, 'spec'));
  if (outline === undefined || spec === undefined) return identityOnly(outline, ROOMY);
  const { rows: _rows, ...body } = outline;
  const metadata = asObject(body['metadata']) ?? {};
  const { ownerReferences: owners, ...identity } = metadata;
  return {
    ...body,
    metadata: {
      ...identity,
      ...(owners === undefined ? {} : { ownerReferences: shrink(owners, bounds, 1) }),
    },
    spec: Object.fromEntries(
      Object.entries(spec).map(([key, part]) => [
        key,
        isList(key) ? asArray(part).map((member) => shrink(member, bounds)) : shrink(part, bounds, 1),
      ]),
    ),
  };
}

function isList(key: string): boolean {
  return key === 'volumes' || CONTAINER_LISTS.includes(key);
}

/** Keeps what the server assigned; the answer may be the object itself or a Table of one row. */
export function identityOnly(outline: JsonObject | undefined, bounds: Bounds): unknown {
  if (outline === undefined) return undefined;
  const own = at(outline, 'metadata');
  const metadata = at(own, 'uid') === undefined ? (at(tableRowObject(outline), 'metadata') ?? own) : own;
  const texts = IDENTITY_TEXTS.flatMap((key) => {
    const text = textAt(metadata, key);
    return text === undefined ? [] : [[key, clip(text, bounds)] as const];
  });
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: Object.fromEntries(texts) };
}
