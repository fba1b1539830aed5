/**
 * Audit events to test with: built ones, generated ones, and the captures under test/fixtures with their
 * ground truth.
 */
import {
  type AuditEvent,
  eventsOf,
  type IndexEntry,
  packBatches,
  scanEvent,
  type ValidEvent,
} from '@arrivals/core';
import { readAuditEvent, STAGES } from '@arrivals/core/internal';
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';

export type Json = Readonly<Record<string, unknown>>;

/** Every property runs on the same cases each time. */
export const SEED = 20261122;

/** A pod created by POST, in the shape and key order that kube-apiserver 1.35 writes. */
export const CREATION: Json = {
  level: 'RequestResponse',
  auditID: '6a7f3c5e-6d0b-4d43-9a52-d5a6b1f7a001',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/team-a/pods',
  verb: 'create',
  user: { username: 'alice', uid: '1001', groups: ['developers', 'system:authenticated'] },
  sourceIPs: ['192.0.2.7'],
  userAgent: 'kubectl/v1.35.4',
  objectRef: { resource: 'pods', namespace: 'team-a', name: 'web-1', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 201 },
  requestObject: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-1' } },
  responseObject: {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: 'web-1',
      namespace: 'team-a',
      uid: 'abf55d69-7234-4483-83a1-e521e011fdc9',
      resourceVersion: '248',
      labels: { app: 'web' },
    },
    spec: { containers: [{ name: 'c', image: 'registry.example/app:1.0' }], serviceAccountName: 'default' },
    status: { phase: 'Pending' },
  },
  requestReceivedTimestamp: '2026-11-22T14:08:59.271946Z',
  stageTimestamp: '2026-11-22T14:08:59.281003Z',
  annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
};

/** CREATION with other fields; undefined takes a field away. */
export function eventWith(changes: Json): Json {
  return Object.fromEntries(
    Object.entries({ ...CREATION, ...changes }).filter(([, value]) => value !== undefined),
  );
}

export function readEventWith(changes: Json): AuditEvent {
  return readAuditEvent(eventWith(changes));
}

export function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function validEvent(bytes: Buffer): ValidEvent {
  return { bytes, slice: scanEvent(bytes) };
}

/** The index entry that the webhook writes for an event. */
export function entryOf(bytes: Buffer): IndexEntry {
  const [batch] = packBatches('c', 0, [validEvent(bytes)]).batches;
  const [event] = batch === undefined ? [] : eventsOf(batch);
  if (event === undefined) throw new RangeError('one event gives one entry');
  return event.entry;
}

/** The body of a POST whose items are these texts. */
export function eventList(items: readonly string[]): Buffer {
  return Buffer.from(
    `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}\n`,
  );
}

/** What `value` holds at `keys`, for reading results whose type is unknown. */
export function dig(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[key];
  }
  return current;
}

/** Queries with which kube-apiserver 1.35.4 created the object, each tried on a real one. */
export const CREATED_BY_QUERY: readonly (readonly [query: string, means: string])[] = [
  ['', 'without a query'],
  ['?', 'with an empty query'],
  ['?fieldManager=kubectl&timeout=30s', 'with other parameters'],
  ['?dryRun=All;x', 'with a semicolon, which makes Go leave the parameter out'],
  ['?dryRun=All;', 'with a semicolon at the end'],
  ['?a=b;dryRun=All', 'behind a semicolon'],
  ['?dryRun=%zz', 'with a broken escape'],
  ['?xdryRun=All', 'under a longer name'],
  ['?DRYRUN=All', 'under a name in capitals'],
  ['?dryRun[]=All', 'under a name with brackets'],
  ['?dry+Run=All', 'under a name with a space'],
  ['?%00dryRun=All', 'under a name with a zero byte'],
  ['?%EF%BB%BFdryRun=All', 'under a name with a byte order mark'],
  ['?fieldManager=dryRun=All', 'inside the value of another parameter'],
  ['?fieldManager=%26dryRun%3DAll', 'escaped inside the value of another parameter'],
  ['?%3FdryRun=All', 'under a name that begins with an escaped question mark'],
  ['??dryRun=All', 'behind a second question mark, which belongs to the name'],
  ['???dryRun=All', 'behind three question marks'],
  [`?dryRun=All${'&'.repeat(10_000)}`, 'in a query of more than 10,000 parameters, of which Go reads none'],
];

/** Queries with which it answered 201 and created nothing. */
export const DRY_RUN_BY_QUERY: readonly (readonly [query: string, means: string])[] = [
  ['?dryRun=All', 'alone'],
  ['?fieldManager=kubectl&dryRun=All', 'behind another parameter'],
  ['?dryRun=All&timeout=30s', 'before another parameter'],
  ['?%64ryRun=All', 'with an escaped name'],
  ['?dryRun=%41ll', 'with an escaped value'],
  ['?dryRun=%zz&dryRun=All', 'behind the same name with a broken escape'],
  ['?dryRun=All&dryRun=All', 'twice'],
  ['?&dryRun=All', 'behind an empty parameter'],
  ['?=&dryRun=All', 'behind a parameter without a name'],
  ['?x=%zz&dryRun=All', 'behind another parameter with a broken escape'],
  ['?a;b&dryRun=All', 'behind another parameter with a semicolon'],
  [`?dryRun=All${'&'.repeat(9_999)}`, 'in a query of 10,000 parameters'],
];

/** Codes of answers that may come after the object was stored. */
export const TELLS_NOTHING: readonly number[] = [400, 406, 500, 504, 599];

/** What a kube-apiserver 1.35.4 answered, with 500, where an admission webhook could not be reached. */
export const WEBHOOK_AWAY =
  'Internal error occurred: failed calling webhook "dead.example.org": failed to call webhook: Post "https://127.0.0.1:9/?timeout=2s": dial tcp 127.0.0.1:9: connect: connection refused';

const oneOf = <T>(likely: readonly T[], rare: readonly T[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...rare) },
  );

/** Valid events close to the creation rule, with strange values in every field that it reads. */
export const anyEvent: fc.Arbitrary<Json> = fc
  .record({
    stage: oneOf(['ResponseComplete'], STAGES),
    verb: oneOf(
      ['create', 'patch', 'update'],
      ['get', 'delete', 'CREATE', 'create ', 'watch', 'c'.repeat(300), '\ud800', '€'],
    ),
    requestURI: oneOf(
      ['/api/v1/namespaces/a/pods', '/api/v1/namespaces?dryRun=All'],
      [
        ...['/x?xdryRun=All', '/x?%64ryRun=All', '/x?dryRun=All;x', '/x?fieldManager=%26dryRun%3DAll'],
        ...[
          '/x?includeObject=Nothing',
          '/x?includeObject=None&includeObject=x',
          '/x?fieldManager=a&includeObject=%zz',
          '/x?fieldManager=&fieldManager=a',
        ],
      ],
    ),
    objectRef: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record(
          {
            resource: oneOf<unknown>(
              ['pods', 'namespaces'],
              ['', 'secrets', 'podsx', `pods${'x'.repeat(300)}`, 5, null],
            ),
            apiGroup: oneOf<unknown>(['', null], ['example.org', 'g'.repeat(400), 7, '\ud800']),
            subresource: oneOf<unknown>(['', null], ['binding', 'eviction', 'status', [], '€'.repeat(253)]),
            name: fc.constantFrom('web-1', ''),
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'pods', ['pods'], { resource: ['pods'] }) },
    ),
    responseStatus: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record(
          {
            code: oneOf<unknown>(
              [200, 201, 202, 299],
              [0, -1, 199, 300, 403, 409, 1e6, 201.5, '201', null, 2_147_483_648, ...TELLS_NOTHING],
            ),
            message: fc.constantFrom(
              'Timeout: request did not complete within requested timeout',
              WEBHOOK_AWAY,
            ),
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 201, '201', []) },
    ),
    level: oneOf(['RequestResponse'], ['Request', 'Metadata']),
    requestObject: fc.constantFrom<unknown>(undefined, CREATION['requestObject'], []),
    responseObject: fc.constantFrom<unknown>(undefined, CREATION['responseObject'], {}, null, 'x'),
  })
  .map((event) => ({ auditID: 'a', ...event }));

/** test/fixtures, from where the built tests run: test/dist/unit/core. */
const fixtures = path.resolve(import.meta.dirname, '../../../fixtures');

export interface TrueObject {
  readonly uid: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly user: string;
  readonly impersonatedUser: string | null;
}

/** A session of a real API server, and what its own watches show was created in it. */
export function readCapture(): {
  readonly lines: readonly string[];
  readonly pods: readonly TrueObject[];
  readonly namespaces: readonly TrueObject[];
} {
  const truth = JSON.parse(
    readFileSync(path.join(fixtures, 'audit/control-plane.expected.json'), 'utf8'),
  ) as {
    readonly pods: readonly TrueObject[];
    readonly namespaces: readonly TrueObject[];
  };
  return { ...truth, lines: linesOf(readFileSync(path.join(fixtures, 'audit/control-plane.jsonl'), 'utf8')) };
}

export interface FormFile {
  readonly name: string;
  /** The JSON text of each record. */
  readonly records: readonly string[];
  /** How many records are of which form. */
  readonly forms: Readonly<Record<string, number>>;
  /** Positions of the records that are creations. */
  readonly alerts: readonly number[];
}

/**
 * The same requests as API servers of several ages, platforms and stores hold them, with what was really
 * created.
 */
export function readFormFiles(): readonly FormFile[] {
  const folder = path.join(fixtures, 'forms');
  const { files } = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as {
    readonly files: Readonly<
      Record<
        string,
        { readonly forms: FormFile['forms']; readonly alert: readonly { readonly index: number }[] }
      >
    >;
  };
  return Object.entries(files).map(([name, { forms, alert }]) => {
    const file = path.join(folder, name);
    const text = (existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`))).toString(
      'utf8',
    );
    const records = /\.(?:jsonl|log)$/.test(name) ? linesOf(text) : recordsOf(text);
    return { name, records, forms, alerts: alert.map(({ index }) => index) };
  });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function recordsOf(text: string): readonly string[] {
  const records = dig(JSON.parse(text) as unknown, 'records');
  return Array.isArray(records) ? records.map((record) => JSON.stringify(record)) : [text];
}
