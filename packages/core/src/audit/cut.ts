/**
 * Makes an event that is larger than a record may be fit, as the API server's own truncation does: bodies go first and
 * the annotation audit.k8s.io/truncated says so.
 *
 * Better than the server's: what identifies the object is kept as long as possible, so that nobody hides a pod's uid or
 * containers by padding it. Invariant: the result is a valid event of at most `bytesMax` bytes; it is never dropped.
 */
import { Buffer } from 'node:buffer';
import { asArray, asObject, asTexts, at, type JsonObject, textAt } from '../json.ts';
import { isDryRun } from './dry-run.ts';
import { FORWARDED_LEVELS, tableRowObject } from './event.ts';
import { CUT_ANNOTATION, PLATFORM_ANNOTATION, TRUNCATED_ANNOTATION } from './markers.ts';
import { parametersOf } from './query.ts';

/** What an event can lose: of the created object, its pod's spec, the pod's containers, or the event itself. */
const CUT_PARTS = [
  'requestObject',
  'labels',
  'annotations',
  'ownerReferences',
  'spec',
  'volumes',
  'containers',
  'command',
  'args',
  'env',
  'containerParts',
  'otherFields',
] as const;
export type CutPart = (typeof CUT_PARTS)[number];

/** What was cut from an event by cutEvent; empty for an event that was not. */
export function cutParts(annotations: JsonObject): ReadonlySet<CutPart> {
  const words = textAt(annotations, CUT_ANNOTATION)?.split(' ') ?? [];
  return new Set(CUT_PARTS.filter((part) => words.includes(part)));
}

/** Bounds of the last steps: characters of a text, entries of a list. The tightest fits any limit above 100 KB. */
interface Bounds {
  readonly textMax: number;
  readonly listMax: number;
}

type Reduce = (body: unknown) => unknown;

const ROOMY: Bounds = { textMax: 4096, listMax: 64 };
const TIGHT: Bounds = { textMax: 512, listMax: 16 };
const TIGHTEST: Bounds = { textMax: 64, listMax: 8 };

const whole: Reduce = (body) => body;

/**
 * The steps, mildest first: how the bodies are reduced, and to which bounds everything around them (undefined: left as it
 * is). The request goes in every one. Whoever pads the URI or a header must not push the containers out, so what is around
 * shrinks before they do.
 */
const STEPS: readonly (readonly [bodies: Reduce, around?: Bounds])[] = [
  [whole],
  [withoutBulk],
  [whole, ROOMY],
  [withoutBulk, ROOMY],
  [(body) => slim(body, { textMax: 512, listMax: 32 }), ROOMY],
  [(body) => slim(body, { textMax: 100, listMax: 8 }), TIGHT],
  [(body) => identityOnly(body, ROOMY), ROOMY],
  [(body) => identityOnly(body, TIGHT), TIGHT],
  [(body) => identityOnly(body, TIGHTEST), TIGHTEST],
];

/** @param bytes a valid event: an object with a stage, a verb and a requestURI. */
export function cutEvent(bytes: Buffer, bytesMax: number): Buffer {
  const event = asObject(JSON.parse(bytes.toString('utf8'))) ?? {};
  for (const [bodies, around] of STEPS) {
    const reduced = encode(() => {
      const after = reducedBodies(event, bodies);
      return flagged({ ...surroundings(event, around), ...after }, [...lostParts(event, after), ...(around === undefined ? [] : (['otherFields'] as const))]);
    });
    if (reduced !== undefined && reduced.length <= bytesMax) return reduced;
  }
  throw new RangeError(`an event cannot be cut to ${String(bytesMax)} bytes`);
}

/** Compares the bodies, so that what is named is what is gone, whichever step took it. */
function lostParts(before: JsonObject, after: JsonObject): readonly CutPart[] {
  const [was, is] = [describedObject(before), describedObject(after)];
  const lost = new Set<CutPart>();
  if (before['requestObject'] !== undefined && after['requestObject'] === undefined) lost.add('requestObject');
  for (const part of ['labels', 'annotations', 'ownerReferences'] as const) if (!same(at(was.metadata, part), at(is.metadata, part))) lost.add(part);
  if (was.spec === undefined) return [...lost];
  if (is.spec === undefined) return [...lost, 'spec'];
  if (asArray(at(was.spec, 'volumes')).length !== asArray(at(is.spec, 'volumes')).length) lost.add('volumes');
  for (const list of CONTAINER_LISTS) {
    const [all, left] = [asArray(at(was.spec, list)), asArray(at(is.spec, list))];
    if (all.length !== left.length) lost.add('containers');
    for (const [i, container] of left.entries()) {
      for (const part of ['command', 'args', 'env'] as const) if (!same(at(all[i], part), at(container, part))) lost.add(part);
      for (const part of CONTAINER_PARTS) if (!same(at(all[i], part), at(container, part))) lost.add('containerParts');
    }
  }
  return [...lost];
}

/** Metadata and spec as alerts read them: of the answer, which may be a Table; else of the request. */
function describedObject(event: JsonObject): { readonly metadata: unknown; readonly spec: unknown } {
  const { requestObject: request, responseObject: answer } = event;
  return {
    metadata: at(answer, 'metadata', 'uid') === undefined ? (at(tableRowObject(answer), 'metadata') ?? at(request, 'metadata')) : at(answer, 'metadata'),
    spec: asObject(at(answer, 'spec')) ?? asObject(at(request, 'spec')),
  };
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Undefined when what is left is nested too deep for JSON.stringify, which recurses. */
function encode(make: () => JsonObject): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(make()));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function flagged(event: JsonObject, cut: readonly CutPart[]): JsonObject {
  return { ...event, annotations: { ...asObject(event['annotations']), [TRUNCATED_ANNOTATION]: 'true', [CUT_ANNOTATION]: cut.join(' ') } };
}

/** The request repeats the answer, and goes; where the answer has no spec (a Table) it is all there is, and is reduced likewise. */
function reducedBodies(event: JsonObject, reduce: Reduce): JsonObject {
  const answer = event['responseObject'];
  const request = asObject(at(answer, 'spec')) === undefined ? event['requestObject'] : undefined;
  return {
    ...(request === undefined ? {} : { requestObject: reduce(request) }),
    ...(answer === undefined ? {} : { responseObject: reduce(answer) }),
  };
}

function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function pick(value: unknown, ...keys: readonly string[]): JsonObject {
  const object = asObject(value) ?? {};
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(object, key) ? [[key, object[key]]] : [])));
}

function withoutBulk(body: unknown): unknown {
  const object = asObject(body);
  const metadata = asObject(at(body, 'metadata'));
  if (object === undefined || metadata === undefined || tableRowObject(body) !== undefined) return identityOnly(body);
  return { ...without(object, 'status'), metadata: without(metadata, 'managedFields', 'annotations') };
}

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];
const CONTAINER_PARTS = ['name', 'image', 'securityContext', 'ports', 'volumeMounts'];
/** Of a pod's containers in each list, and of its volumes. */
const SLIM_MEMBERS_MAX = 1000;

/** What an alert judges by: identity, owners, and of the pod who runs what with which access to its host. */
function slim(body: unknown, bounds: Bounds): unknown {
  const spec = asObject(at(body, 'spec'));
  if (spec === undefined) return identityOnly(body);
  const members = (list: string, reduce: (member: unknown) => unknown): JsonObject =>
    Array.isArray(spec[list]) ? { [list]: hostPathsFirst(asArray(spec[list])).slice(0, SLIM_MEMBERS_MAX).map(reduce) } : {};
  return {
    ...pick(body, 'kind', 'apiVersion'),
    metadata: { ...clippedTexts(at(body, 'metadata'), IDENTITY_TEXTS), ...(shrink(pick(at(body, 'metadata'), 'ownerReferences'), bounds) as JsonObject) },
    spec: {
      ...(shrink(pick(spec, 'serviceAccountName', 'nodeName', 'hostNetwork', 'hostPID', 'hostIPC', 'securityContext'), bounds) as JsonObject),
      ...members('volumes', (volume) => shrink(volume, bounds)),
      ...Object.fromEntries(
        CONTAINER_LISTS.flatMap((list) => Object.entries(members(list, (container) => shrink(pick(container, ...CONTAINER_PARTS), bounds)))),
      ),
    },
  };
}

/** Where not all can be kept: so that no number of harmless volumes pushes one out. Containers have no hostPath. */
function hostPathsFirst(members: readonly unknown[]): readonly unknown[] {
  if (members.length <= SLIM_MEMBERS_MAX) return members;
  const isHostPath = (member: unknown): boolean => at(member, 'hostPath') !== undefined;
  return [...members.filter(isHostPath), ...members.filter((member) => !isHostPath(member))];
}

const SHRINK_DEPTH_MAX = 6;

/** The same value with every text, list and object within the bounds, and nothing below a certain depth. */
function shrink(value: unknown, bounds: Bounds, depth = 0): unknown {
  if (typeof value === 'string') return clip(value, bounds);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= SHRINK_DEPTH_MAX) return undefined;
  if (Array.isArray(value)) return value.slice(0, bounds.listMax).map((entry) => shrink(entry, bounds, depth + 1));
  const entries = Object.entries(value).slice(0, bounds.listMax);
  return Object.fromEntries(entries.map(([key, entry]) => [clip(key, bounds), shrink(entry, bounds, depth + 1)]));
}

const IDENTITY_TEXTS = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];

/** Keeps what the server assigned; the answer may be the object itself or a Table of one row. */
function identityOnly(body: unknown, bounds?: Bounds): unknown {
  if (asObject(body) === undefined) return undefined;
  const metadata = at(body, 'metadata', 'uid') === undefined ? (at(tableRowObject(body), 'metadata') ?? at(body, 'metadata')) : at(body, 'metadata');
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: clippedTexts(metadata, IDENTITY_TEXTS, bounds) };
}

/** All but the bodies; within bounds only the fields of audit.k8s.io/v1. */
function surroundings(event: JsonObject, bounds: Bounds | undefined): JsonObject {
  if (bounds === undefined) return without(event, 'requestObject', 'responseObject');
  const uri = textAt(event, 'requestURI') ?? '';
  const status = event['responseStatus'];
  const code = at(status, 'code');
  return {
    ...clippedTexts(event, EVENT_TEXTS, bounds),
    requestURI: `${clip(uri.split('?', 1)[0] ?? '', bounds) || '/'}${decisiveQuery(uri, bounds)}`,
    user: boundedUser(event['user'], bounds),
    ...(asObject(event['impersonatedUser']) === undefined ? {} : { impersonatedUser: boundedUser(event['impersonatedUser'], bounds) }),
    // The last address is the real peer: of a long list it is the one to keep.
    sourceIPs: clippedList(asTexts(event['sourceIPs']).slice(-bounds.listMax), bounds),
    objectRef: clippedTexts(event['objectRef'], ['resource', 'namespace', 'name', 'apiGroup', 'apiVersion', 'subresource'], bounds),
    responseStatus: { ...clippedTexts(status, ['message'], bounds), ...(typeof code === 'number' ? { code } : {}) },
    annotations: clippedTexts(event['annotations'], SERVER_ANNOTATIONS, bounds),
  };
}

/** What of the query decides whether anything was created, or may have been (unconfirmed.ts). */
function decisiveQuery(uri: string, bounds: Bounds): string {
  if (isDryRun(uri)) return '?dryRun=All';
  const parameters = parametersOf(uri);
  const kept = ['fieldManager', 'includeObject'].flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [`${name}=${encodeURIComponent(clip(value, bounds).toWellFormed())}`];
  });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

const EVENT_TEXTS = [
  ...['kind', 'apiVersion', 'level', 'auditID', 'stage', 'verb', 'userAgent', 'requestReceivedTimestamp', 'stageTimestamp', 'timestamp'],
  ...FORWARDED_LEVELS,
];

/** The annotations that are read later. */
const SERVER_ANNOTATIONS = [
  'authorization.k8s.io/decision',
  'authorization.k8s.io/reason',
  'pod-security.kubernetes.io/enforce-policy',
  'pod-security.kubernetes.io/audit-violations',
  PLATFORM_ANNOTATION,
];

function boundedUser(value: unknown, bounds: Bounds): JsonObject {
  const extra = Object.entries(asObject(at(value, 'extra')) ?? {}).slice(0, bounds.listMax);
  return {
    ...clippedTexts(value, ['username', 'uid'], bounds),
    groups: clippedList(asTexts(at(value, 'groups')), bounds),
    extra: Object.fromEntries(extra.map(([key, values]) => [clip(key, bounds), clippedList(asTexts(values).slice(0, 1), bounds)])),
  };
}

function clippedTexts(value: unknown, keys: readonly string[], bounds?: Bounds): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const text = textAt(value, key);
      return text === undefined ? [] : [[key, clip(text, bounds)]];
    }),
  );
}

function clippedList(texts: readonly string[], bounds: Bounds): readonly string[] {
  return texts.slice(0, bounds.listMax).map((text) => clip(text, bounds));
}

function clip(text: string, bounds?: Bounds): string {
  return bounds === undefined ? text : text.slice(0, bounds.textMax);
}
