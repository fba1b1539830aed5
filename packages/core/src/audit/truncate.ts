/**
 * Shrinks an event that is larger than a record may be, as the API server's own truncation does: bodies go
 * first and the annotation audit.k8s.io/truncated marks it.
 *
 * Better than the server's: what identifies the object is kept as long as possible, so that padding hides no
 * pod's uid or containers. Invariant: the result is a valid event of at most `bytesMax` bytes. The work is
 * linear in the event's bytes: sizes decide before anything is built, and what is built is bounded
 * (truncate-body.ts).
 */
import { Buffer } from 'node:buffer';
import { asArray, asObject, at, type JsonObject, textAt } from '../base/json.ts';
import {
  CONTAINER_LISTS,
  CONTAINER_PARTS,
  identityOnly,
  outlineOf,
  slim,
  SLIM,
  tableRowView,
} from './truncate-body.ts';
import { type Bounds, ROOMY } from './truncate-bounds.ts';
import { surroundings } from './truncate-surroundings.ts';
import { tableRowObject } from './event.ts';
import { CUT_ANNOTATION, TRUNCATED_ANNOTATION } from './markers.ts';
import { JsonView } from './platforms/json-view.ts';

/**
 * What an event can lose: of the created object, its pod's spec, the pod's containers, or the event itself.
 */
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

/** The tightest fits any limit above 100 KB. */
const TIGHT: Bounds = { textMax: 512, listMax: 16 };
const TIGHTEST: Bounds = { textMax: 64, listMax: 8 };

type BodyStep = 'whole' | 'withoutBulk' | { readonly slim: Bounds } | { readonly identity: Bounds };

/**
 * The steps, mildest first: how the bodies are reduced, and to which bounds everything around them
 * (undefined: left as it is). Every step removes the request. Padding of the URI or a header must not push
 * the containers out, so the surroundings shrink first.
 */
const STEPS: readonly (readonly [bodies: BodyStep, around?: Bounds])[] = [
  ['whole'],
  ['withoutBulk'],
  ['whole', ROOMY],
  ['withoutBulk', ROOMY],
  [{ slim: SLIM }, ROOMY],
  [{ slim: { textMax: 100, listMax: 8 } }, TIGHT],
  [{ identity: ROOMY }, ROOMY],
  [{ identity: TIGHT }, TIGHT],
  [{ identity: TIGHTEST }, TIGHTEST],
];

/**
 * What is larger than so many times the limit is not built to see whether it fits: without white space and
 * escapes it may be smaller, not by so much.
 */
const BUILT_MAX = 2;
/** Of a part that was shrunk and whose text was larger than this, something is gone. */
const COMPARED_BYTES_MAX = 64 * 1024;

/**
 * @param bytes a valid event: an object with a stage, a verb and a requestURI. @throws RangeError when
 * nothing that fits is left
 */
export function cutEvent(bytes: Buffer, bytesMax: number): Buffer {
  const cutting = new Cutting(bytes, bytesMax);
  for (const [bodies, around] of STEPS) {
    const reduced = cutting.reduced(bodies, around);
    if (reduced !== undefined && reduced.length <= bytesMax) return reduced;
  }
  throw new RangeError(`an event cannot be cut to ${String(bytesMax)} bytes`);
}

/** A body as a step leaves it: the text that is kept, or a value. */
type ReducedBody = { readonly text: Buffer } | { readonly value: unknown };

class Cutting {
  readonly #bytes: Buffer;
  readonly #bytesMax: number;
  readonly #event: JsonView;
  readonly #request: JsonView | undefined;
  readonly #answer: JsonView | undefined;
  readonly #outlines = new Map<JsonView, JsonObject | undefined>();

  constructor(bytes: Buffer, bytesMax: number) {
    this.#bytes = bytes;
    this.#bytesMax = bytesMax;
    this.#event = JsonView.of(bytes);
    this.#request = this.#event.at('requestObject');
    this.#answer = this.#event.at('responseObject');
  }

  /** Undefined where it is too large, or nested too deep for JSON.stringify, which recurses. */
  reduced(step: BodyStep, around: Bounds | undefined): Buffer | undefined {
    // The request repeats the answer and is removed; where the answer has no spec (a Table) it is all there
    // is, and is reduced likewise.
    const kept = [
      ...(this.#request !== undefined && this.#answer?.at('spec')?.isObject !== true
        ? [['requestObject', this.#reduce(this.#request, step)] as const]
        : []),
      ...(this.#answer === undefined ? [] : [['responseObject', this.#reduce(this.#answer, step)] as const]),
    ];
    const textBytes = kept.reduce((sum, [, body]) => sum + ('text' in body ? body.text.length : 0), 0);
    const bodiesBytes = (this.#request?.length ?? 0) + (this.#answer?.length ?? 0);
    if (
      textBytes + (around === undefined ? this.#bytes.length - bodiesBytes : 0) >
      BUILT_MAX * this.#bytesMax
    )
      return undefined;
    try {
      const bodies = Object.fromEntries(
        kept.map(([key, body]) => [
          key,
          'text' in body ? built(body.text, step === 'whole' ? [] : BULK) : body.value,
        ]),
      );
      const event = {
        ...(around === undefined ? this.#surroundings() : surroundings(this.#event, around)),
        ...bodies,
      };
      if (Buffer.byteLength(JSON.stringify(event)) > this.#bytesMax) return undefined;
      const lost = lostParts(
        this.#event,
        event,
        typeof step === 'string' ? this.#bytes.length : COMPARED_BYTES_MAX,
      );
      return Buffer.from(
        JSON.stringify(
          flagged(event, [...lost, ...(around === undefined ? [] : (['otherFields'] as const))]),
        ),
      );
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #reduce(body: JsonView, step: BodyStep): ReducedBody {
    if (step === 'whole') return { text: body.bytes };
    if (step === 'withoutBulk') {
      const metadata = body.at('metadata');
      if (metadata?.isObject !== true || tableRowView(body) !== undefined)
        return { value: identityOnly(this.#outline(body), ROOMY) };
      return {
        text: blanked(this.#bytes, body, [
          body.at('status'),
          metadata.at('managedFields'),
          metadata.at('annotations'),
        ]),
      };
    }
    return {
      value:
        'slim' in step
          ? slim(this.#outline(body), step.slim)
          : identityOnly(this.#outline(body), step.identity),
    };
  }

  #outline(body: JsonView): JsonObject | undefined {
    if (!this.#outlines.has(body)) this.#outlines.set(body, outlineOf(body));
    return this.#outlines.get(body);
  }

  /** All but the bodies. */
  #surroundings(): JsonObject {
    return built(blanked(this.#bytes, this.#event, [this.#request, this.#answer]), [
      ['requestObject'],
      ['responseObject'],
    ]) as JsonObject;
  }
}

const BULK: readonly (readonly string[])[] = [
  ['status'],
  ['metadata', 'managedFields'],
  ['metadata', 'annotations'],
];

/** The text of `whole` with null in the place of some of what is within it. */
function blanked(bytes: Buffer, whole: JsonView, parts: readonly (JsonView | undefined)[]): Buffer {
  const holes = parts.filter((part) => part !== undefined).sort((a, b) => a.byteOffset - b.byteOffset);
  const pieces: Buffer[] = [];
  let from = whole.byteOffset;
  for (const hole of holes) {
    pieces.push(bytes.subarray(from, hole.byteOffset), NULL);
    from = hole.byteOffset + hole.length;
  }
  return Buffer.concat([...pieces, bytes.subarray(from, whole.byteOffset + whole.length)]);
}

const NULL = Buffer.from('null');

/** The value of a text, without the members at these paths. */
function built(text: Buffer, paths: readonly (readonly string[])[]): unknown {
  const value: unknown = JSON.parse(text.toString('utf8'));
  return paths.reduce((object, [key = '', inner]) => {
    if (inner === undefined) return without(object, key);
    const nested = at(object, key);
    return asObject(nested) === undefined
      ? object
      : { ...(object as JsonObject), [key]: without(nested, inner) };
  }, value);
}

function without(value: unknown, ...keys: readonly string[]): unknown {
  const object = asObject(value);
  if (object === undefined || !keys.some((key) => Object.hasOwn(object, key))) return value;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** Compares the bodies, so that what is named is what is gone, whichever step took it. */
function lostParts(before: JsonView, after: JsonObject, comparedMax: number): readonly CutPart[] {
  const [was, is] = [describedView(before), describedObject(after)];
  const same = (view: JsonView | undefined, value: unknown): boolean => isSame(view, value, comparedMax);
  const lost = new Set<CutPart>();
  if (before.at('requestObject') !== undefined && after['requestObject'] === undefined)
    lost.add('requestObject');
  for (const part of ['labels', 'annotations', 'ownerReferences'] as const)
    if (!same(was.metadata?.at(part), at(is.metadata, part))) lost.add(part);
  if (was.spec === undefined) return [...lost];
  if (is.spec === undefined) return [...lost, 'spec'];
  if ((was.spec.at('volumes')?.count() ?? 0) !== asArray(at(is.spec, 'volumes')).length) lost.add('volumes');
  for (const list of CONTAINER_LISTS)
    for (const part of lostOfContainers(was.spec.at(list), asArray(at(is.spec, list)), same)) lost.add(part);
  return [...lost];
}

function* lostOfContainers(
  all: JsonView | undefined,
  left: readonly unknown[],
  same: (view: JsonView | undefined, value: unknown) => boolean,
): Generator<CutPart> {
  if ((all?.count() ?? 0) !== left.length) yield 'containers';
  const containers = all?.elements();
  for (const container of left) {
    const whole = containers?.next().value;
    for (const part of ['command', 'args', 'env'] as const)
      if (!same(whole?.at(part), at(container, part))) yield part;
    for (const part of CONTAINER_PARTS)
      if (!same(whole?.at(part), at(container, part))) yield 'containerParts';
  }
}

/** Metadata and spec as alerts read them: of the answer, which may be a Table; otherwise of the request. */
function describedObject(event: JsonObject): { readonly metadata: unknown; readonly spec: unknown } {
  const { requestObject: request, responseObject: answer } = event;
  return {
    metadata:
      at(answer, 'metadata', 'uid') === undefined
        ? (at(tableRowObject(answer), 'metadata') ?? at(request, 'metadata'))
        : at(answer, 'metadata'),
    spec: asObject(at(answer, 'spec')) ?? asObject(at(request, 'spec')),
  };
}

/** The same of an event that is not built. */
function describedView(event: JsonView): {
  readonly metadata: JsonView | undefined;
  readonly spec: JsonView | undefined;
} {
  const [request, answer] = [event.at('requestObject'), event.at('responseObject')];
  const specs = [answer?.at('spec'), request?.at('spec')];
  return {
    metadata:
      answer?.at('metadata', 'uid') === undefined
        ? (tableRowView(answer)?.at('metadata') ?? request?.at('metadata'))
        : answer.at('metadata'),
    spec: specs.find((spec) => spec?.isObject === true),
  };
}

/** False for what is nested too deep for JSON.stringify. */
function isSame(view: JsonView | undefined, value: unknown, comparedMax: number): boolean {
  if (view === undefined || value === undefined) return view === undefined && value === undefined;
  if (view.length > comparedMax) return false;
  try {
    return JSON.stringify(view.json()) === JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function flagged(event: JsonObject, cut: readonly CutPart[]): JsonObject {
  return {
    ...event,
    annotations: {
      ...asObject(event['annotations']),
      [TRUNCATED_ANNOTATION]: 'true',
      [CUT_ANNOTATION]: cut.join(' '),
    },
  };
}
