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
import { TRUNCATED_ANNOTATION } from './event.ts';

/** Names what was cut, beside the server's own annotation. */
export const CUT_ANNOTATION = 'arrivals/cut';

/** Bounds of the last steps: characters of a text, entries of a list. The tighter fits any limit above 200 KB. */
interface Bounds {
  readonly textMax: number;
  readonly listMax: number;
}

const BARE = 'requestObject, responseObject, fields beyond audit.k8s.io/v1, long texts and lists';

/** The steps, mildest first: what is taken away, and how. */
const STEPS: readonly (readonly [cut: string, reduce: (event: JsonObject) => JsonObject])[] = [
  ['requestObject', (event) => without(event, 'requestObject')],
  [
    'requestObject, responseObject annotations and managedFields',
    (event) => ({ ...without(event, 'requestObject'), responseObject: withoutBulk(event['responseObject']) }),
  ],
  [
    'requestObject, all of responseObject but its identity',
    (event) => ({ ...without(event, 'requestObject'), responseObject: identityOnly(event['responseObject']) }),
  ],
  [BARE, (event) => bare(event, { textMax: 4096, listMax: 64 })],
  [BARE, (event) => bare(event, { textMax: 512, listMax: 16 })],
];

/** @param bytes a valid event: an object with a stage, a verb and a requestURI. */
export function cutEvent(bytes: Buffer, bytesMax: number): Buffer {
  const event = asObject(JSON.parse(bytes.toString('utf8'))) ?? {};
  for (const [cut, reduce] of STEPS) {
    const reduced = encode(flagged(reduce(event), cut));
    if (reduced !== undefined && reduced.length <= bytesMax) return reduced;
  }
  throw new RangeError(`an event cannot be cut to ${String(bytesMax)} bytes`);
}

/** Undefined when the rest is nested too deep for JSON.stringify, which recurses. */
function encode(event: JsonObject): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(event));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function flagged(event: JsonObject, cut: string): JsonObject {
  return { ...event, annotations: { ...asObject(event['annotations']), [TRUNCATED_ANNOTATION]: 'true', [CUT_ANNOTATION]: cut } };
}

function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function withoutBulk(body: unknown): unknown {
  const object = asObject(body);
  const metadata = asObject(at(body, 'metadata'));
  if (object === undefined || metadata === undefined) return identityOnly(body);
  return { ...without(object, 'status'), metadata: without(metadata, 'managedFields', 'annotations') };
}

/** Keeps what the server assigned; the answer may be the object itself or a Table of one row. */
function identityOnly(body: unknown, bounds?: Bounds): unknown {
  if (asObject(body) === undefined) return undefined;
  const metadata = at(body, 'metadata', 'uid') === undefined ? at(asArray(at(body, 'rows'))[0], 'object', 'metadata') : at(body, 'metadata');
  const kept = clippedTexts(metadata, ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'], bounds);
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: kept };
}

/** Only the fields of audit.k8s.io/v1, with bounds on every text and list. */
function bare(event: JsonObject, bounds: Bounds): JsonObject {
  const code = at(event, 'responseStatus', 'code');
  const uri = textAt(event, 'requestURI') ?? '';
  return {
    ...clippedTexts(event, EVENT_TEXTS, bounds),
    // The query is kept where it decides whether anything was created.
    requestURI: `${clip(uri.split('?', 1)[0] ?? '', bounds)}${isDryRun(uri) ? '?dryRun=All' : ''}`,
    user: bareUser(event['user'], bounds),
    ...(asObject(event['impersonatedUser']) === undefined ? {} : { impersonatedUser: bareUser(event['impersonatedUser'], bounds) }),
    // The last address is the real peer: of a long list it is the one to keep.
    sourceIPs: clippedList(asTexts(event['sourceIPs']).slice(-bounds.listMax), bounds),
    objectRef: clippedTexts(event['objectRef'], ['resource', 'namespace', 'name', 'apiGroup', 'apiVersion', 'subresource'], bounds),
    responseStatus: typeof code === 'number' ? { code } : {},
    responseObject: identityOnly(event['responseObject'], bounds),
    annotations: clippedTexts(event['annotations'], SERVER_ANNOTATIONS, bounds),
  };
}

const EVENT_TEXTS = ['kind', 'apiVersion', 'level', 'auditID', 'stage', 'verb', 'userAgent', 'requestReceivedTimestamp', 'stageTimestamp', 'timestamp'];

/** The annotations that are read later. */
const SERVER_ANNOTATIONS = [
  'authorization.k8s.io/decision',
  'authorization.k8s.io/reason',
  'pod-security.kubernetes.io/enforce-policy',
  'pod-security.kubernetes.io/audit-violations',
];

function bareUser(value: unknown, bounds: Bounds): JsonObject {
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
