/**
 * Slices an EventList, as an API server's audit webhook posts it, into the bytes of its events.
 *
 * Invariant: a slice's bytes are the body's own; JSON.parse of a slice equals the item JSON.parse finds in
 * the whole body. Of repeated keys the last counts, as in JSON.parse and in Go. What an item means is decided
 * elsewhere. Body shape measured on kube-apiserver 1.35:
 * {"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[…]}.
 */
import type { Buffer } from 'node:buffer';
import { type ByteRange, JsonScanner, JsonSyntaxError } from './json-scanner.ts';
import { ArrivalsError } from '../base/arrivals-error.ts';

/**
 * What the scanner reads from an event without building it. Undefined: absent, or not of the expected type.
 */
export interface EventFacts {
  kind: string | undefined;
  apiVersion: string | undefined;
  stage: string | undefined;
  verb: string | undefined;
  requestUri: string | undefined;
  apiGroup: string | undefined;
  resource: string | undefined;
  subresource: string | undefined;
  /** responseStatus.code */
  code: number | undefined;
}

export interface EventSlice extends ByteRange {
  /** Undefined when the item is no JSON object. */
  readonly facts: EventFacts | undefined;
  /** Set for one that is nested deeper than DEPTH_MAX. */
  readonly tooDeep?: true;
}

/**
 * Far above what an API server is set to (400 a batch unless somebody raised it): each item costs memory
 * beside its bytes.
 */
export const BODY_ITEMS_MAX = 20_000;

/** The API versions of an EventList and of its events that are understood. */
export const AUDIT_API_VERSIONS: readonly string[] = ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1'];

/**
 * The events of an EventList, in order.
 * @throws ArrivalsError body_not_json (with the byte offset) or body_not_event_list: nothing of the body is
 * usable; body_too_large for more than `itemsMax` items, as soon as they are found.
 */
export function sliceEventList(body: Buffer, itemsMax: number = BODY_ITEMS_MAX): readonly EventSlice[] {
  try {
    return slice(body, itemsMax);
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new ArrivalsError('body_not_json', error.message, { cause: error });
    throw error;
  }
}

function slice(body: Buffer, itemsMax: number): readonly EventSlice[] {
  const scanner = new JsonScanner(body);
  let kind: string | undefined;
  let apiVersion: string | undefined;
  let items: EventSlice[] | undefined;
  scanner.skipWhitespace();
  if (!scanner.startsObject()) {
    scanner.value();
    scanner.end();
    throw new ArrivalsError('body_not_event_list', 'expected a JSON object of kind EventList');
  }
  scanner.object((key) => {
    if (key === 'items') items = sliceItems(scanner, itemsMax);
    else if (key === 'kind') kind = scanner.stringIn(scanner.value());
    else if (key === 'apiVersion') apiVersion = scanner.stringIn(scanner.value());
    else scanner.value();
  });
  scanner.end();
  if (kind !== 'EventList')
    throw new ArrivalsError('body_not_event_list', `expected kind "EventList", found ${shown(kind)}`);
  if (apiVersion === undefined || !AUDIT_API_VERSIONS.includes(apiVersion)) {
    throw new ArrivalsError(
      'body_not_event_list',
      `expected apiVersion ${AUDIT_API_VERSIONS.join(' or ')}, found ${shown(apiVersion)}`,
    );
  }
  if (items === undefined) throw new ArrivalsError('body_not_event_list', 'expected a list "items"');
  return items;
}

/** Go writes an empty list as null. Anything else that is no array is no list of items. */
function sliceItems(scanner: JsonScanner, itemsMax: number): EventSlice[] | undefined {
  if (!scanner.startsArray()) {
    return scanner.isNull(scanner.value()) ? [] : undefined;
  }
  const items: EventSlice[] = [];
  scanner.array(() => {
    if (items.length >= itemsMax) throw tooManyItems(itemsMax);
    items.push(sliceEvent(scanner));
  });
  return items;
}

export function tooManyItems(itemsMax: number): ArrivalsError {
  return new ArrivalsError(
    'body_too_large',
    `expected at most ${String(itemsMax)} items in one body, found more`,
  );
}

/** The facts of a single event, for example a line of an audit log. @throws JsonSyntaxError */
export function scanEvent(bytes: Buffer): EventSlice {
  const scanner = new JsonScanner(bytes);
  scanner.skipWhitespace();
  const event = sliceEvent(scanner);
  scanner.end();
  return event;
}

function sliceEvent(scanner: JsonScanner): EventSlice {
  if (!scanner.startsObject()) {
    const { start, end } = scanner.value();
    scanner.wasDeep();
    return { start, end, facts: undefined };
  }
  const facts: EventFacts = {
    kind: undefined,
    apiVersion: undefined,
    stage: undefined,
    verb: undefined,
    requestUri: undefined,
    apiGroup: undefined,
    resource: undefined,
    subresource: undefined,
    code: undefined,
  };
  const { start, end } = scanner.object((key) => {
    if (key === 'kind' || key === 'apiVersion' || key === 'stage' || key === 'verb')
      facts[key] = text(scanner);
    else if (key === 'requestURI') facts.requestUri = text(scanner);
    else if (key === 'objectRef') readObjectRef(scanner, facts);
    else if (key === 'responseStatus') readCode(scanner, facts);
    else scanner.value();
  });
  facts.apiGroup = groupOf(facts.apiGroup, facts.requestUri);
  return scanner.wasDeep() ? { start, end, facts, tooDeep: true } : { start, end, facts };
}

/**
 * Some exporters write the core group's display name where an API server writes nothing. A request to an API
 * that is really called so has it in its path, which the server itself parsed.
 */
export function groupOf(apiGroup: string | undefined, requestUri: string | undefined): string | undefined {
  return apiGroup === 'core' && requestUri?.startsWith('/apis/') !== true ? undefined : apiGroup;
}

function readObjectRef(scanner: JsonScanner, facts: EventFacts): void {
  facts.apiGroup = facts.resource = facts.subresource = undefined;
  if (!scanner.startsObject()) {
    scanner.value();
    return;
  }
  scanner.object((key) => {
    if (key === 'apiGroup' || key === 'resource' || key === 'subresource') facts[key] = text(scanner);
    else scanner.value();
  });
}

function readCode(scanner: JsonScanner, facts: EventFacts): void {
  facts.code = undefined;
  if (!scanner.startsObject()) {
    scanner.value();
    return;
  }
  scanner.object((key) => {
    const value = scanner.value();
    if (key === 'code') facts.code = scanner.numberIn(value);
  });
}

/** A non-empty string; "" reads as absent, as in json.ts. */
function text(scanner: JsonScanner): string | undefined {
  const value = scanner.stringIn(scanner.value());
  return value === '' ? undefined : value;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'none' : JSON.stringify(value.slice(0, 80));
}
