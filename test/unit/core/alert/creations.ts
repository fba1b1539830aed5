/**
 * Creations for the tests of alerts: made-up audit events, the real capture, and what must hold of every
 * alert. The made-up events have the shape of a kube-apiserver's; each test changes what it is about.
 */
import { decodeAlert, encodeAlert } from '@arrivals/adapters/avro';
import {
  type Alert,
  alertDocument,
  type AuditEvent,
  buildAlert,
  type EventPosition,
  type CreatedKind,
  type CreationContext,
  creationContextOf,
  identityOf,
  creationQueryOf,
  type RiskLists,
  select,
} from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import { loadRiskLists } from '@arrivals/processor';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export type Json = Readonly<Record<string, unknown>>;

const root = new URL('../../../../../', import.meta.url);

export const COORDINATES: EventPosition = { topic: 'k8s.audit.events', partition: 2, offset: 41, index: 3 };

export const UID = '0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10';

/** What an answer says besides what the client sent. */
const ANSWERED = { uid: UID, resourceVersion: '812', creationTimestamp: '2026-11-22T14:09:19Z' };

export const CONTAINER = { name: 'main', image: 'registry.example/app:1' };

/** A Pod's creation as it is recorded at RequestResponse. */
export function podCreated(
  parts: { readonly metadata?: Json; readonly spec?: Json; readonly event?: Json } = {},
): Json {
  const metadata = { name: 'web', namespace: 'shop', ...parts.metadata };
  const spec = { containers: [CONTAINER], serviceAccountName: 'default', ...parts.spec };
  return {
    ...created('pods', `/api/v1/namespaces/${metadata.namespace}/pods`, metadata),
    requestObject: { kind: 'Pod', apiVersion: 'v1', metadata, spec },
    responseObject: { kind: 'Pod', apiVersion: 'v1', metadata: { ...ANSWERED, ...metadata }, spec },
    ...parts.event,
  };
}

export function namespaceCreated(parts: { readonly metadata?: Json; readonly event?: Json } = {}): Json {
  const metadata = { name: 'shop', ...parts.metadata };
  return {
    ...created('namespaces', '/api/v1/namespaces', metadata),
    requestObject: { kind: 'Namespace', apiVersion: 'v1', metadata, spec: {} },
    responseObject: {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { ...ANSWERED, ...metadata },
      spec: { finalizers: ['kubernetes'] },
    },
    ...parts.event,
  };
}

function created(
  resource: string,
  requestURI: string,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): Json {
  return {
    level: 'RequestResponse',
    auditID: '2f4c1b8e-8a35-4a39-a2a4-63a1c1a4a0b5',
    stage: 'ResponseComplete',
    requestURI,
    verb: 'create',
    user: {
      username: 'alice',
      groups: ['dev', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=aa'] },
    },
    sourceIPs: ['203.0.113.7'],
    userAgent: 'kubectl/v1.35.4 (linux/amd64)',
    objectRef: { resource, name, apiVersion: 'v1', ...(namespace === undefined ? {} : { namespace }) },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: '2026-11-22T14:09:19.000001Z',
    stageTimestamp: '2026-11-22T14:09:19.012345Z',
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by RoleBinding "alice-dev/shop" of ClusterRole "developer" to User "alice"',
    },
  };
}

/** The event without its bodies, as a server at level Metadata writes it. */
export function atLevelMetadata(event: Json): Json {
  const { requestObject: _request, responseObject: _response, ...rest } = event;
  return { ...rest, level: 'Metadata' };
}

/** The event as a server at level Request writes it. */
export function atLevelRequest(event: Json): Json {
  const { responseObject: _response, ...rest } = event;
  return { ...rest, level: 'Request' };
}

/** The event as a server with truncation writes it: the level stays. */
export function truncated(event: Json): Json {
  const { requestObject: _request, responseObject: _response, ...rest } = event;
  return {
    ...rest,
    annotations: { ...(event['annotations'] as Json | undefined), 'audit.k8s.io/truncated': 'true' },
  };
}

/** Those that are shipped. */
export const LISTS: RiskLists = loadRiskLists('');

/** The answer that a client gets who asks for metadata alone. */
export function answeredPartially(event: Json): Json {
  const { metadata } = event['responseObject'] as { readonly metadata: Json };
  return {
    ...event,
    responseObject: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
  };
}

/** The answer that a client gets who asks for a Table. */
export function answeredAsTable(event: Json): Json {
  const { metadata } = event['responseObject'] as { readonly metadata: Json };
  const object = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  return {
    ...event,
    responseObject: {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      columnDefinitions: [],
      rows: [{ cells: ['web'], object }],
    },
  };
}

/** As the context answers of which nothing was seen before. */
export function unseenContext(created: CreatedKind, event: AuditEvent): CreationContext | null {
  const query = creationQueryOf(created, event);
  return query === undefined ? null : creationContextOf(query, new Map(), LISTS);
}

/** @param contextOf what the context is asked for; in general it has seen nothing */
export function alertOf(
  raw: unknown,
  contextOf: (created: CreatedKind, event: AuditEvent) => CreationContext | null = unseenContext,
): Alert {
  const event = readAuditEvent(raw);
  const selection = select(event);
  assert.ok('created' in selection, `not a creation: ${JSON.stringify(selection)}`);
  return buildAlert({
    cluster: 'test',
    identity: identityOf('test', event),
    created: selection.created,
    event,
    position: COORDINATES,
    receivedAtMicros: Date.UTC(2026, 10, 22, 14, 9, 20) * 1000 + 7,
    alertedAtMicros: Date.UTC(2026, 10, 22, 14, 9, 21) * 1000 + 9,
    flags: [],
    riskLists: LISTS,
    context: contextOf(selection.created, event),
    revision: 1,
    revised: [],
  });
}

export interface Truth {
  readonly uid: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly user: string;
  readonly impersonatedUser: string | null;
  readonly owner?: string;
}

/** What the cluster of the capture really held, as its own records say. */
export function truthOfCapture(): { readonly pods: readonly Truth[]; readonly namespaces: readonly Truth[] } {
  return JSON.parse(read('test/fixtures/audit/control-plane.expected.json')) as {
    readonly pods: readonly Truth[];
    readonly namespaces: readonly Truth[];
  };
}

/** Every event of the real capture. */
export function eventsOfCapture(): readonly Json[] {
  return read('test/fixtures/audit/control-plane.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
}

export function creationsOfCapture(): readonly Json[] {
  return eventsOfCapture().filter((raw) => 'created' in select(readAuditEvent(raw)));
}

/** What a subscriber reads of the alert's Avro form, as plain objects: the decoder's own have classes. */
export function throughAvro(alert: Alert): Alert {
  return structuredClone(decodeAlert(encodeAlert(alert)));
}

/** Throws when the alert is not valid JSON of schemas/alert.schema.json. */
export function assertFitsJsonSchema(alert: Alert): void {
  const fits: boolean = validate(alertDocument(alert));
  assert.ok(fits, `${String(alert.object.name)}: ${ajv.errorsText(validate.errors)}`);
}

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(read('schemas/alert.schema.json')) as Json);

/**
 * Every text of the alert with its path; the values of labels and annotations are left out when `mapValues`
 * is false.
 */
export function* textsOf(
  value: unknown,
  path = '',
  mapValues = true,
): Generator<readonly [path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value))
    for (const [i, entry] of (value as unknown[]).entries())
      yield* textsOf(entry, `${path}[${String(i)}]`, mapValues);
  else if (typeof value === 'object' && value !== null) {
    const isEntry = /\.(?:labels|annotations)\[\d+\]$/.test(path);
    for (const [key, entry] of Object.entries(value)) {
      yield [`${path}.${key} (key)`, key];
      if (!isEntry || key === 'key' || mapValues) yield* textsOf(entry, `${path}.${key}`, mapValues);
    }
  }
}

/** The paths of every null, in the notation of `unknown`. */
export function nullPaths(value: unknown, path = ''): readonly string[] {
  if (value === null) return [path];
  if (Array.isArray(value))
    return (value as unknown[]).flatMap((entry, i) => nullPaths(entry, `${path}[${String(i)}]`));
  if (typeof value !== 'object') return [];
  return Object.entries(value as Json).flatMap(([key, entry]) =>
    nullPaths(entry, path === '' ? key : `${path}.${key}`),
  );
}

function read(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}
