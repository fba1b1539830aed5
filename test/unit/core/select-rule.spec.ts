/**
 * Each condition of the rule decides something. For every one there is an event of a real API server
 * (shapes/) that lacks just this to be a creation: as it came it is ruled out, with this one change it is
 * selected. So a rule without the condition fails here.
 */
import { type FilterReason, parseAuditEvent, prefilter, select } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { bytesOf, entryOf, type Json } from './samples.ts';
import { SHAPES } from './shapes/capture.ts';

/** The last event of a shape, or its last one of a stage. */
function eventOf(shape: string, stage = 'ResponseComplete'): Json {
  const events = (SHAPES.get(shape)?.events ?? []).map((line) => JSON.parse(line) as Json);
  return (
    events.filter((event) => event['stage'] === stage).at(-1) ?? assert.fail(`no event ${stage} of ${shape}`)
  );
}

const objectRef = (event: Json, changes: Json): Json => ({
  objectRef: { ...(event['objectRef'] as Json), ...changes },
});
const code = (value: number | undefined): Json => ({ responseStatus: { metadata: {}, code: value } });
const uri = (event: Json, query: string): Json => ({
  requestURI: `${String(event['requestURI']).split('?', 1)[0] ?? ''}${query}`,
});

interface Condition {
  readonly condition: string;
  /** The shape that lacks it. */
  readonly shape: string;
  /** Undefined where the event came as it is used: no API server writes one that lacks this alone. */
  readonly made?: (event: Json) => Json;
  readonly lacks: FilterReason;
  /** What makes a creation of it. */
  readonly cure: (event: Json) => Json;
  /** Whether the index entry shows it too. */
  readonly byIndex: boolean;
}

const POSTED = 'a Pod made by kubectl run';
const APPLIED = 'a Pod made by server-side apply';

const conditions: readonly Condition[] = [
  {
    condition: 'the stage is ResponseComplete',
    shape: POSTED,
    made: () => ({ ...eventOf(POSTED, 'RequestReceived'), ...code(201) }),
    lacks: 'other_stage',
    cure: () => ({ stage: 'ResponseComplete' }),
    byIndex: true,
  },
  {
    condition: 'pods have no API group',
    shape: 'a custom resource called pods',
    lacks: 'other_resource',
    cure: (event) => objectRef(event, { apiGroup: undefined }),
    byIndex: true,
  },
  {
    condition: 'pods have no API group, by server-side apply',
    shape: 'a custom resource called pods, by server-side apply',
    lacks: 'other_resource',
    cure: (event) => objectRef(event, { apiGroup: undefined }),
    byIndex: true,
  },
  {
    condition: 'namespaces have no API group',
    shape: 'a custom resource called namespaces',
    lacks: 'other_resource',
    cure: (event) => objectRef(event, { apiGroup: undefined }),
    byIndex: true,
  },
  {
    condition: 'the resource is pods or namespaces',
    shape: 'another kind, created by POST',
    lacks: 'other_resource',
    cure: (event) => objectRef(event, { resource: 'pods' }),
    byIndex: true,
  },
  {
    condition: 'there is no subresource, of pods/binding',
    shape: 'pods/binding',
    lacks: 'subresource',
    cure: (event) => objectRef(event, { subresource: undefined }),
    byIndex: true,
  },
  {
    condition: 'there is no subresource, of pods/eviction',
    shape: 'pods/eviction',
    lacks: 'subresource',
    cure: (event) => objectRef(event, { subresource: undefined }),
    byIndex: true,
  },
  {
    condition: 'the verb is create, patch or update',
    shape: 'a Pod deleted',
    made: (event) => ({ ...event, ...code(201) }),
    lacks: 'other_verb',
    cure: () => ({ verb: 'create' }),
    byIndex: true,
  },
  {
    condition: 'the code is not above 299',
    shape: '409, the Pod is there',
    lacks: 'not_successful',
    cure: () => code(201),
    byIndex: true,
  },
  {
    condition: 'the code is not above 299, by server-side apply',
    shape: '403 by RBAC, server-side apply',
    lacks: 'not_successful',
    cure: () => code(201),
    byIndex: true,
  },
  {
    condition: 'the code is not above 299, just',
    shape: POSTED,
    made: (event) => ({ ...event, ...code(300) }),
    lacks: 'not_successful',
    cure: () => code(299),
    byIndex: true,
  },
  {
    condition: 'the code is not below 200',
    shape: POSTED,
    made: (event) => ({ ...event, ...code(199) }),
    lacks: 'not_successful',
    cure: () => code(200),
    byIndex: true,
  },
  {
    condition: 'there is a code',
    shape: POSTED,
    made: (event) => ({ ...event, ...code(undefined) }),
    lacks: 'not_successful',
    cure: () => code(200),
    byIndex: true,
  },
  {
    condition: 'a patch creates with 201 alone',
    shape: 'a Pod changed by server-side apply',
    lacks: 'changed_not_created',
    cure: () => code(201),
    byIndex: true,
  },
  {
    condition: 'an update creates with 201 alone',
    shape: 'a Pod replaced by PUT',
    lacks: 'changed_not_created',
    cure: () => code(201),
    byIndex: true,
  },
  {
    condition: 'it is no dry run',
    shape: 'a dry run of kubectl run',
    lacks: 'dry_run',
    cure: (event) => uri(event, ''),
    byIndex: false,
  },
  {
    condition: 'it is no dry run, by server-side apply',
    shape: 'a dry run of server-side apply',
    lacks: 'dry_run',
    cure: (event) => uri(event, ''),
    byIndex: false,
  },
  {
    condition: 'it is no dry run, unconfirmed',
    shape: 'a dry run answered 406',
    lacks: 'dry_run',
    cure: (event) => uri(event, ''),
    byIndex: false,
  },
  {
    condition: 'an unconfirmed update creates nothing',
    shape: 'a Pod replaced by PUT',
    made: (event) => ({ ...event, ...code(504) }),
    lacks: 'not_successful',
    cure: () => ({ verb: 'create' }),
    byIndex: true,
  },
  {
    condition: 'an unconfirmed creation has an object that was read',
    shape: '406, a type that the server does not have',
    lacks: 'not_successful',
    cure: () => ({ requestObject: eventOf(POSTED)['requestObject'] }),
    byIndex: false,
  },
  {
    condition: 'an unconfirmed creation did not end at a webhook that is away',
    shape: '500, a webhook that does not answer',
    lacks: 'not_successful',
    cure: () => code(500),
    byIndex: false,
  },
  {
    condition: 'an unconfirmed patch names a field manager',
    shape: 'a merge patch answered 406',
    lacks: 'not_successful',
    cure: (event) => uri(event, '?fieldManager=me'),
    byIndex: false,
  },
  {
    condition: '400 is unconfirmed only for a Table that nobody can have',
    shape: '400, a namespace that contradicts the path',
    lacks: 'not_successful',
    cure: (event) => uri(event, '?includeObject=Nothing'),
    byIndex: false,
  },
];

const selectionOf = (event: Json) => select(readAuditEvent(JSON.parse(JSON.stringify(event))));
const prefilterOf = (event: Json) => prefilter(entryOf(bytesOf(event)));

describe('the rule of what counts as a creation', () => {
  for (const { condition, shape, made, lacks, cure, byIndex } of conditions) {
    it(`needs that ${condition}: ${shape}${made === undefined ? '' : ', altered'}`, () => {
      const real = eventOf(shape);
      const event = made === undefined ? real : made(real);
      assert.deepEqual(selectionOf(event), { filtered: lacks });
      const cured = { ...event, ...cure(event) };
      assert.ok('created' in selectionOf(cured), 'with it, it is a creation');
      assert.equal(prefilterOf(event), byIndex ? lacks : undefined);
      assert.equal(prefilterOf(cured), undefined);
    });
  }

  it('is tested for every reason that it gives', () => {
    const reasons = new Set(conditions.map(({ lacks }) => lacks));
    const all: Readonly<Record<FilterReason, true>> = {
      other_stage: true,
      other_resource: true,
      subresource: true,
      other_verb: true,
      not_successful: true,
      changed_not_created: true,
      dry_run: true,
    };
    assert.deepEqual([...reasons].sort(), Object.keys(all).sort());
  });

  for (const [shape, verb] of [
    [POSTED, 'create'],
    [APPLIED, 'patch'],
  ] as const) {
    it(`takes a creation by ${verb}, as it came: ${shape}`, () => {
      const event = eventOf(shape);
      assert.equal(event['verb'], verb);
      assert.deepEqual(select(parseAuditEvent(Buffer.from(JSON.stringify(event)))), { created: 'Pod' });
    });
  }

  it('takes a creation by update, which no API server of today does for a Pod', () => {
    assert.deepEqual(selectionOf({ ...eventOf(POSTED), verb: 'update' }), { created: 'Pod' });
  });
});
