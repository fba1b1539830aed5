/**
 * The one rule of what counts as a creation: each clause, the ground truth of real captures, and the
 * prefilter that must not miss any.
 */
import { type AuditEvent, parseAuditEvent, prefilter, scanEvent, select } from '@arrivals/core';
import { answeredMetadata, type Selection } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { outcomeOf } from '../platform-logs.ts';
import {
  anyEvent,
  bytesOf,
  CREATED_BY_QUERY,
  dig,
  DRY_RUN_BY_QUERY,
  entryOf,
  eventWith,
  type Json,
  readCapture,
  readEventWith,
  readFormFiles,
  SEED,
} from '../samples.ts';

const POD: Selection = { created: 'Pod' };
const NAMESPACE: Selection = { created: 'Namespace' };

describe('select', () => {
  const cases: readonly (readonly [what: string, changes: Json, expected: Selection])[] = [
    ['a pod made by POST', {}, POD],
    ['a pod made with 200', { responseStatus: { code: 200 } }, POD],
    ['a pod made with 202', { responseStatus: { code: 202 } }, POD],
    ['a pod made with 299', { responseStatus: { code: 299 } }, POD],
    [
      'a namespace made by POST, without objectRef.namespace',
      { objectRef: { resource: 'namespaces', name: 'a', apiVersion: 'v1' } },
      NAMESPACE,
    ],
    [
      'a namespace made by apply',
      { verb: 'patch', objectRef: { resource: 'namespaces', namespace: 'a', name: 'a' } },
      NAMESPACE,
    ],
    ['a pod made by server-side apply', { verb: 'patch' }, POD],
    ['a pod made by update', { verb: 'update' }, POD],
    [
      'a pod with generateName, nameless in objectRef',
      { objectRef: { resource: 'pods', namespace: 'a', apiVersion: 'v1' } },
      POD,
    ],
    [
      'a pod at level Metadata',
      { level: 'Metadata', requestObject: undefined, responseObject: undefined },
      POD,
    ],
    [
      'a pod whose event was truncated',
      { responseObject: undefined, annotations: { 'audit.k8s.io/truncated': 'true' } },
      POD,
    ],
    [
      'an empty apiGroup and subresource',
      { objectRef: { resource: 'pods', apiGroup: '', subresource: '' } },
      POD,
    ],
    ['an event without a requestURI', { requestURI: undefined }, POD],
    ['an event of impersonation', { impersonatedUser: { username: 'bob' } }, POD],
    [
      'a request that was answered 504, and may have been carried out',
      { responseStatus: { code: 504 } },
      POD,
    ],

    ['the stage RequestReceived', { stage: 'RequestReceived' }, { filtered: 'other_stage' }],
    ['the stage ResponseStarted', { stage: 'ResponseStarted' }, { filtered: 'other_stage' }],
    ['the stage Panic', { stage: 'Panic' }, { filtered: 'other_stage' }],
    ['no stage', { stage: undefined }, { filtered: 'other_stage' }],
    [
      'another resource',
      { objectRef: { resource: 'deployments', apiGroup: 'apps' } },
      { filtered: 'other_resource' },
    ],
    [
      'pods of another API group',
      { objectRef: { resource: 'pods', apiGroup: 'example.org' } },
      { filtered: 'other_resource' },
    ],
    [
      'namespaces of another API group',
      { objectRef: { resource: 'namespaces', apiGroup: 'example.org' } },
      { filtered: 'other_resource' },
    ],
    ['the singular', { objectRef: { resource: 'pod' } }, { filtered: 'other_resource' }],
    ['the resource in capitals', { objectRef: { resource: 'Pods' } }, { filtered: 'other_resource' }],
    ['no objectRef', { objectRef: undefined }, { filtered: 'other_resource' }],
    ['a resource of a wrong type', { objectRef: { resource: ['pods'] } }, { filtered: 'other_resource' }],
    [
      'pods/binding, which answers 201',
      { objectRef: { resource: 'pods', subresource: 'binding' } },
      { filtered: 'subresource' },
    ],
    [
      'pods/eviction, which answers 201',
      { objectRef: { resource: 'pods', subresource: 'eviction' } },
      { filtered: 'subresource' },
    ],
    [
      'namespaces/finalize',
      { verb: 'update', objectRef: { resource: 'namespaces', subresource: 'finalize' } },
      { filtered: 'subresource' },
    ],
    ['the verb delete', { verb: 'delete', responseStatus: { code: 200 } }, { filtered: 'other_verb' }],
    ['the verb deletecollection', { verb: 'deletecollection' }, { filtered: 'other_verb' }],
    ['the verb get', { verb: 'get' }, { filtered: 'other_verb' }],
    ['the verb in capitals', { verb: 'CREATE' }, { filtered: 'other_verb' }],
    ['no verb', { verb: undefined }, { filtered: 'other_verb' }],
    [
      'a refusal by RBAC',
      { responseStatus: { code: 403 }, responseObject: { kind: 'Status' } },
      { filtered: 'not_successful' },
    ],
    ['a name that is taken', { responseStatus: { code: 409 } }, { filtered: 'not_successful' }],
    [
      'a change that is answered 504',
      { verb: 'patch', responseStatus: { code: 504 } },
      { filtered: 'not_successful' },
    ],
    [
      'an update that is answered 504',
      { verb: 'update', responseStatus: { code: 504 } },
      { filtered: 'not_successful' },
    ],
    [
      'a dry run that is answered 504',
      { requestURI: '/x?dryRun=All', responseStatus: { code: 504 } },
      { filtered: 'dry_run' },
    ],
    ['code 199', { responseStatus: { code: 199 } }, { filtered: 'not_successful' }],
    ['code 300', { responseStatus: { code: 300 } }, { filtered: 'not_successful' }],
    ['no code', { responseStatus: {} }, { filtered: 'not_successful' }],
    ['no responseStatus', { responseStatus: undefined }, { filtered: 'not_successful' }],
    ['a code that is a text', { responseStatus: { code: '201' } }, { filtered: 'not_successful' }],
    [
      'a patch of what is there',
      { verb: 'patch', responseStatus: { code: 200 } },
      { filtered: 'changed_not_created' },
    ],
    [
      'an update of what is there',
      { verb: 'update', responseStatus: { code: 200 } },
      { filtered: 'changed_not_created' },
    ],
    [
      'a patch answered 202',
      { verb: 'patch', responseStatus: { code: 202 } },
      { filtered: 'changed_not_created' },
    ],
    ['a dry run', { requestURI: '/api/v1/namespaces?dryRun=All' }, { filtered: 'dry_run' }],
    [
      'a dry run by server-side apply',
      { verb: 'patch', requestURI: '/api/v1/namespaces/a/pods/b?fieldManager=x&dryRun=All' },
      { filtered: 'dry_run' },
    ],
  ];
  for (const [what, changes, expected] of cases) {
    it(`${what}: ${Object.values(expected).join('')}`, () => {
      assert.deepStrictEqual(select(readEventWith(changes)), expected);
    });
  }

  it('is not misled by what the client put into its object', () => {
    const claims = { dryRun: 'All', kind: 'Secret', metadata: { annotations: { dryRun: 'All' } } };
    assert.deepStrictEqual(
      select(
        readEventWith({ requestObject: claims, userAgent: '?dryRun=All', user: { username: '?dryRun=All' } }),
      ),
      POD,
    );
  });

  it('recognises a dry run by the decoded query alone', () => {
    for (const [query, means] of CREATED_BY_QUERY)
      assert.deepStrictEqual(select(readEventWith({ requestURI: `/api/v1/pods${query}` })), POD, means);
    for (const [query, means] of DRY_RUN_BY_QUERY)
      assert.deepStrictEqual(
        select(readEventWith({ requestURI: `/api/v1/pods${query}` })),
        { filtered: 'dry_run' },
        means,
      );
  });

  describe('on the capture of a real cluster', () => {
    const { lines, pods, namespaces } = readCapture();
    const selected = lines
      .map((line) => parseAuditEvent(Buffer.from(line)))
      .flatMap((event) => ('created' in select(event) ? [event] : []));
    const ofKind = (kind: string) => selected.filter((event) => dig(select(event), 'created') === kind);
    const said = (event: AuditEvent) => {
      const metadata = answeredMetadata(event);
      const [uid, name, namespace] = [
        dig(metadata, 'uid'),
        dig(metadata, 'name'),
        dig(metadata, 'namespace') ?? null,
      ];
      return {
        uid,
        name,
        namespace,
        user: event.user.username,
        impersonatedUser: event.impersonatedUser?.username ?? null,
      };
    };
    const byUid = (a: { readonly uid: unknown }, b: { readonly uid: unknown }) =>
      String(a.uid).localeCompare(String(b.uid));

    for (const [kind, truth, count] of [
      ['Pod', pods, 45],
      ['Namespace', namespaces, 14],
    ] as const) {
      it(`keeps exactly the ${String(count)} that its watches saw: ${kind}, by uid, name and user`, () => {
        assert.equal(truth.length, count);
        const real = truth.map(({ uid, name, namespace, user, impersonatedUser }) => ({
          uid,
          name,
          namespace,
          user,
          impersonatedUser,
        }));
        assert.deepStrictEqual(ofKind(kind).map(said).sort(byUid), real.sort(byUid));
      });
    }
  });

  describe('on each form of the log', () => {
    for (const { name, records, alerts } of readFormFiles()) {
      it(`keeps ${alerts.length === 0 ? 'nothing' : `just ${String(alerts.length)}`} of ${name}`, () => {
        const kept = records.flatMap((text, i) =>
          ['Pod', 'Namespace'].includes(outcomeOf(text)) ? [i] : [],
        );
        assert.deepStrictEqual(kept, alerts);
      });
    }
  });
});

describe('the core group', () => {
  const named = (changes: Json): Json => {
    const event = eventWith(changes);
    return { ...event, objectRef: { ...(event['objectRef'] as Json), apiGroup: 'core' } };
  };
  const facts = (event: Json) => scanEvent(bytesOf(event)).facts;

  it('is meant by the group "core" too, by the index as by the whole event', () => {
    const event = named({});
    assert.deepEqual(
      select(parseAuditEvent(bytesOf(event))),
      select(parseAuditEvent(bytesOf(eventWith({})))),
    );
    assert.equal(facts(event)?.apiGroup, undefined);
    assert.equal(parseAuditEvent(bytesOf(event)).objectRef.apiGroup, undefined);
  });

  it('is not meant where the path names an API that is called so', () => {
    const event = named({ requestURI: '/apis/core/v1/namespaces/shop/pods' });
    assert.deepEqual(select(parseAuditEvent(bytesOf(event))), { filtered: 'other_resource' });
    assert.equal(facts(event)?.apiGroup, 'core');
  });
});

describe('prefilter', () => {
  it('keeps all that select keeps, and gives the same reason where both give one', () => {
    let kept = 0;
    fc.assert(
      fc.property(anyEvent, (event) => {
        const selection = select(parseAuditEvent(bytesOf(event)));
        const reason = prefilter(entryOf(bytesOf(event)));
        if ('created' in selection) {
          kept++;
          assert.equal(reason, undefined);
        } else if (reason !== undefined) assert.equal(reason, selection.filtered);
      }),
      { seed: SEED, numRuns: 2000 },
    );
    assert.ok(kept > 100, `creations are tried: ${String(kept)}`);
  });

  it('keeps all that select keeps of a real capture, and spares most of the parsing', () => {
    const { lines } = readCapture();
    let parsed = 0;
    for (const line of lines) {
      const bytes = Buffer.from(line);
      const reason = prefilter(entryOf(bytes));
      if (reason === undefined) parsed++;
      else assert.deepStrictEqual(select(parseAuditEvent(bytes)), { filtered: reason });
    }
    assert.ok(parsed < lines.length / 10, `${String(parsed)} of ${String(lines.length)} are parsed`);
  });

  it('keeps a dry run, which only the URI shows', () => {
    assert.equal(
      prefilter({
        length: 1,
        stage: 'ResponseComplete',
        verb: 'create',
        apiGroup: '',
        resource: 'pods',
        subresource: '',
        code: 201,
      }),
      undefined,
    );
  });
});
