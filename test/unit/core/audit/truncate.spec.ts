/**
 * cutEvent: whatever is too large, a valid event within the limit comes out, and nobody hides what he created
 * by padding it.
 */
import { identityOf, invalidity, parseAuditEvent, RECORD_BYTES_MAX, scanEvent, select } from '@arrivals/core';
import {
  answeredMetadata,
  CUT_ANNOTATION,
  cutEvent,
  isConfirmed,
  isDryRun,
  isTruncated,
  mayFollowCreation,
  readAuditEvent,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import {
  anyEvent,
  bytesOf,
  CREATED_BY_QUERY,
  CREATION,
  dig,
  DRY_RUN_BY_QUERY,
  eventWith,
  type Json,
  readEventWith,
  SEED,
  WEBHOOK_AWAY,
} from '../samples.ts';

/** What an event of a full record may have. */
const LIMIT = RECORD_BYTES_MAX - 5000;
const MEGABYTE = 1_000_000;
const POD = CREATION['responseObject'] as Json;
const METADATA = POD['metadata'] as Json;
const UID = 'abf55d69-7234-4483-83a1-e521e011fdc9';

const padding = (characters: number) => 'x'.repeat(characters);

/** Cuts bytes and checks what holds of every result. */
function cutBytes(bytes: Buffer, bytesMax = LIMIT): unknown {
  assert.ok(bytes.length > bytesMax, 'there is something to cut');
  const cut = cutEvent(bytes, bytesMax);
  assert.ok(cut.length <= bytesMax, `${String(cut.length)} bytes`);
  assert.equal(invalidity(scanEvent(cut), cut), undefined, cut.toString('utf8', 0, 500));
  const event = parseAuditEvent(cut);
  assert.ok(isTruncated(event));
  assert.ok(typeof event.annotations[CUT_ANNOTATION] === 'string', 'it says what was cut');
  return JSON.parse(cut.toString('utf8'));
}

const cut = (changes: Json, bytesMax?: number) => cutBytes(bytesOf(eventWith(changes)), bytesMax);

const podWith = (metadata: Json, rest: Json = {}): Json => ({
  ...POD,
  ...rest,
  metadata: { ...METADATA, ...metadata },
});

/** Labels as the API server allows them, one of 63 characters each. */
const manyLabels = (bytes: number): Json =>
  Object.fromEntries(Array.from({ length: bytes / 80 }, (_, i) => [`l${String(i)}`, padding(63)]));

describe('cutEvent', () => {
  describe('keeps uid and containers', () => {
    const padded: readonly (readonly [where: string, changes: Json])[] = [
      ['the request', { requestObject: { spec: padding(2 * MEGABYTE) } }],
      [
        'annotations',
        { requestObject: padding(10), responseObject: podWith({ annotations: { a: padding(MEGABYTE) } }) },
      ],
      [
        'managedFields',
        { responseObject: podWith({ managedFields: [{ fieldsV1: { f: padding(MEGABYTE) } }] }) },
      ],
      ['the status', { responseObject: podWith({}, { status: { message: padding(MEGABYTE) } }) }],
      [
        'everything of these',
        {
          requestObject: padding(MEGABYTE),
          responseObject: podWith({
            annotations: { a: padding(MEGABYTE) },
            managedFields: [padding(MEGABYTE)],
          }),
        },
      ],
      ['labels', { responseObject: podWith({ labels: manyLabels(MEGABYTE) }) }],
    ];
    for (const [where, changes] of padded) {
      it(`when ${where} is padded`, () => {
        const event = cut(changes);
        assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
        assert.equal(dig(event, 'responseObject', 'metadata', 'name'), 'web-1');
        for (const key of ['name', 'image']) {
          assert.equal(
            dig(event, 'responseObject', 'spec', 'containers', 0, key),
            dig(POD, 'spec', 'containers', 0, key),
          );
        }
        if (where !== 'labels')
          assert.deepStrictEqual(dig(event, 'responseObject', 'spec'), POD['spec'], 'the whole spec stays');
      });
    }

    const container = { name: 'c', image: 'registry.example/app:1.0', securityContext: { privileged: true } };
    const large = padding(MEGABYTE);
    const hiding: readonly (readonly [where: string, metadata: Json, spec: Json])[] = [
      [
        'the environment of a container',
        {},
        { containers: [{ ...container, env: [{ name: 'PAD', value: large }] }] },
      ],
      [
        'the arguments of a container',
        {},
        {
          containers: [
            { ...container, command: ['sh'], args: Array.from({ length: 20_000 }, () => padding(50)) },
          ],
        },
      ],
      [
        'the paths where a container mounts',
        {},
        { containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: `/${large}` }] }] },
      ],
      [
        'the capabilities of a container',
        {},
        {
          containers: [
            { ...container, securityContext: { privileged: true, capabilities: { drop: [large] } } },
          ],
        },
      ],
      [
        'the address of a port',
        {},
        { containers: [{ ...container, ports: [{ containerPort: 80, hostIP: large }] }] },
      ],
      [
        'the SELinux options of the pod',
        {},
        { containers: [container], securityContext: { seLinuxOptions: { level: large } } },
      ],
      [
        'the path of a volume',
        {},
        { containers: [container], volumes: [{ name: 'v', hostPath: { path: `/${large}` } }] },
      ],
      [
        'the name of an owner',
        { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: large, uid: UID }] },
        { containers: [container] },
      ],
      ['node selectors', {}, { containers: [container], nodeSelector: manyLabels(MEGABYTE) }],
    ];
    for (const [where, metadata, spec] of hiding) {
      it(`when ${where} is padded: image and privilege of every container stay`, () => {
        const containers = [
          ...(spec['containers'] as readonly unknown[]),
          { ...container, image: 'registry.example/next:1' },
        ];
        const event = cut({
          responseObject: podWith(metadata, { spec: { ...spec, containers, initContainers: [container] } }),
        });
        assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
        for (const [i, image] of ['registry.example/app:1.0', 'registry.example/next:1'].entries()) {
          assert.equal(dig(event, 'responseObject', 'spec', 'containers', i, 'image'), image);
          assert.equal(
            dig(event, 'responseObject', 'spec', 'containers', i, 'securityContext', 'privileged'),
            true,
          );
        }
        assert.equal(dig(event, 'responseObject', 'spec', 'initContainers', 0, 'image'), container.image);
      });
    }

    it('when a thousand containers have long names of images', () => {
      const containers = Array.from({ length: 1000 }, (_, i) => ({
        ...container,
        name: `c${String(i)}`,
        image: `registry.example/${'é'.repeat(500)}`,
      }));
      const event = cut({ responseObject: podWith({}, { spec: { containers } }) });
      assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
      assert.equal(dig(event, 'responseObject', 'spec', 'containers', 0, 'name'), 'c0');
      assert.ok(
        String(dig(event, 'responseObject', 'spec', 'containers', 0, 'image')).startsWith(
          'registry.example/é',
        ),
      );
      assert.equal(
        dig(event, 'responseObject', 'spec', 'containers', 0, 'securityContext', 'privileged'),
        true,
      );
    });

    const around: readonly (readonly [where: string, changes: Json])[] = [
      ['the URI', { requestURI: `/api/v1/namespaces/team-a/pods?x=${large}` }],
      ['the Audit-ID', { auditID: large }],
      [
        'X-Forwarded-For',
        { sourceIPs: [...Array.from({ length: 60_000 }, () => '203.0.113.10'), '192.0.2.7'] },
      ],
      ['a group of the user', { user: { username: 'alice', groups: [large] } }],
      [
        'an annotation of the event',
        { annotations: { 'pod-security.kubernetes.io/audit-violations': large } },
      ],
      [
        'the URI and the labels at once',
        { requestURI: `/pods?x=${large}`, responseObject: podWith({ labels: manyLabels(MEGABYTE) }) },
      ],
    ];
    for (const [where, changes] of around) {
      it(`when ${where} is padded, around the object`, () => {
        const event = cut(changes);
        assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
        assert.equal(
          dig(event, 'responseObject', 'spec', 'containers', 0, 'image'),
          dig(POD, 'spec', 'containers', 0, 'image'),
        );
        assert.equal((dig(event, 'sourceIPs') as readonly string[]).at(-1), '192.0.2.7');
      });
    }

    it('of the request where the answer is a Table, which has none', () => {
      const table = {
        kind: 'Table',
        metadata: {},
        rows: [{ cells: [large], object: { kind: 'PartialObjectMetadata', metadata: METADATA } }],
      };
      const requestObject = {
        ...POD,
        metadata: { name: 'web-1', annotations: { a: large } },
        spec: { containers: [container] },
      };
      const event = cut({ requestObject, responseObject: table });
      assert.deepStrictEqual(dig(event, 'requestObject', 'spec', 'containers', 0, 'image'), container.image);
      assert.equal(dig(answeredMetadata(readAuditEvent(event)), 'uid'), UID);
    });
  });

  it('takes the request alone where that is enough', () => {
    const { annotations, ...event } = cut({ requestObject: padding(MEGABYTE) }) as Json;
    const { requestObject: _, annotations: before, ...whole } = CREATION;
    assert.deepStrictEqual(event, whole);
    assert.deepStrictEqual(annotations, {
      ...(before as Json),
      'audit.k8s.io/truncated': 'true',
      [CUT_ANNOTATION]: 'requestObject',
    });
  });

  it('keeps the uid of a Table and of a PartialObjectMetadata', () => {
    const row = { cells: [padding(MEGABYTE)], object: { kind: 'PartialObjectMetadata', metadata: METADATA } };
    const table = { kind: 'Table', metadata: {}, columnDefinitions: [padding(MEGABYTE)], rows: [row] };
    const partial = {
      kind: 'PartialObjectMetadata',
      metadata: { ...METADATA, labels: { a: padding(MEGABYTE) } },
    };
    // The second takes the steps to their end: only fields of the API are left.
    const events = [table, partial].flatMap((responseObject) => [
      { responseObject },
      { responseObject, unknownField: padding(MEGABYTE) },
    ]);
    for (const bytes of events.map((changes) => bytesOf(eventWith(changes)))) {
      cutBytes(bytes);
      assert.deepStrictEqual(
        identityOf('c', parseAuditEvent(cutEvent(bytes, LIMIT))),
        identityOf('c', parseAuditEvent(bytes)),
      );
    }
  });

  describe('keeps what decides whether anything was created', () => {
    for (const [query, means] of [...CREATED_BY_QUERY, ...DRY_RUN_BY_QUERY]) {
      it(`in a huge URI with dryRun ${means}`, () => {
        const path = `/api/v1/namespaces/${padding(MEGABYTE)}`;
        const dry = DRY_RUN_BY_QUERY.some(([text]) => text === query);
        assert.equal(
          isDryRun(String(dig(cut({ requestURI: path + query }), 'requestURI'))),
          dry,
          'after a long path',
        );
        if (query === '' || query.length > 5000) return;
        const long = query.startsWith('??')
          ? `${query}&x=${padding(MEGABYTE)}`
          : `?x=${padding(MEGABYTE)}&${query.slice(1)}`;
        assert.equal(
          isDryRun(String(dig(cut({ requestURI: `/pods${long}` }), 'requestURI'))),
          dry,
          'in a long query',
        );
      });
    }

    it('for whatever event, and its identity where it has a uid', () => {
      const places = fc.subarray(['requestObject', 'userAgent', 'auditID', 'unknownField', 'level'], {
        minLength: 1,
      });
      fc.assert(
        fc.property(anyEvent, places, fc.boolean(), (base, padded, longUri) => {
          const event: Json = {
            ...base,
            ...Object.fromEntries(padded.map((key) => [key, padding(50_000)])),
            requestURI: `${String(base['requestURI'])}${longUri ? `${String(base['requestURI']).includes('?') ? '&' : '?'}p=${padding(50_000)}` : ''}`,
          };
          const bytes = bytesOf(event);
          cutBytes(bytes, 40_000);
          const [before, after] = [parseAuditEvent(bytes), parseAuditEvent(cutEvent(bytes, 40_000))];
          // Whether the object was read is known only from a body that is cut: such a refusal may become a
          // possible creation, and nothing else may change.
          const maybe =
            mayFollowCreation(before.verb, before.code) &&
            'filtered' in select(before) &&
            'created' in select(after);
          if (!maybe) assert.deepStrictEqual(select(after), select(before));
          assert.equal(isConfirmed(after), isConfirmed(before));
          if (dig(before.responseObject, 'metadata', 'uid') !== undefined)
            assert.deepStrictEqual(identityOf('c', after), identityOf('c', before));
        }),
        { seed: SEED, numRuns: 60 },
      );
    });

    it('of what an answer of failure may hide, and of the reason that nothing was created', () => {
      const query = (text: string) => `/pods?x=${padding(MEGABYTE)}&${text}`;
      for (const [changes, created] of [
        [{ requestURI: query('includeObject=Nothing'), responseStatus: { code: 400 } }, true],
        [{ requestURI: query(`includeObject=${padding(MEGABYTE)}`), responseStatus: { code: 400 } }, true],
        [{ requestURI: query('includeObject=%F0%9F%98%80'), responseStatus: { code: 400 } }, true],
        [{ requestURI: query('includeObject=None'), responseStatus: { code: 400 } }, false],
        [{ requestURI: query('y'), responseStatus: { code: 400 } }, false],
        [{ requestURI: query('field%4Danager=me'), verb: 'patch', responseStatus: { code: 504 } }, true],
        [{ requestURI: query('y'), verb: 'patch', responseStatus: { code: 504 } }, false],
        [{ requestURI: query('dryRun=All&includeObject=Nothing'), responseStatus: { code: 400 } }, false],
        [{ requestURI: query('y'), responseStatus: { code: 500, message: WEBHOOK_AWAY } }, false],
      ] as const) {
        const event = { responseObject: undefined, requestObject: POD, ...changes };
        for (const selected of [select(readEventWith(event)), select(readAuditEvent(cut(event)))])
          assert.equal('created' in selected, created, JSON.stringify(changes).slice(-80));
      }
    });

    it('also where the URI is nothing but a query', () => {
      assert.equal(
        isDryRun(String(dig(cut({ requestURI: `?dryRun=All&x=${padding(MEGABYTE)}` }), 'requestURI'))),
        true,
      );
      assert.equal(
        isDryRun(String(dig(cut({ requestURI: `?x=${padding(MEGABYTE)}` }), 'requestURI'))),
        false,
      );
    });
  });

  describe('makes extremes fit', () => {
    const TEXTS = [
      'level',
      'auditID',
      'verb',
      'requestURI',
      'userAgent',
      'requestReceivedTimestamp',
      'stageTimestamp',
      'timestamp',
      'unknownField',
    ];

    /** Every text, list, key and object of an event as large as `fill`. */
    const huge = (fill: string): Json => {
      const many = Array.from({ length: 20 }, (_, i) => `${String(i)}${fill}`);
      const user = { username: fill, uid: fill, groups: many, extra: { [fill]: many, [`${fill}1`]: many } };
      const metadata = {
        name: fill,
        namespace: fill,
        uid: fill,
        generateName: fill,
        resourceVersion: fill,
        creationTimestamp: fill,
        labels: { [fill]: fill },
      };
      return {
        ...Object.fromEntries(TEXTS.map((key) => [key, fill])),
        stage: 'ResponseComplete',
        user,
        impersonatedUser: user,
        sourceIPs: many,
        objectRef: {
          resource: fill,
          namespace: fill,
          name: fill,
          apiGroup: fill,
          apiVersion: fill,
          subresource: fill,
        },
        responseStatus: { code: 201, message: fill },
        requestObject: { metadata },
        responseObject: { metadata, spec: { containers: [{ image: fill }] } },
        annotations: Object.fromEntries(
          ['authorization.k8s.io/decision', 'authorization.k8s.io/reason', fill].map((key) => [key, fill]),
        ),
      };
    };

    it('every text a megabyte long', () => {
      cutBytes(bytesOf(huge(padding(MEGABYTE / 20))));
      cut({
        ...Object.fromEntries(TEXTS.map((key) => [key, padding(MEGABYTE)])),
        responseObject: podWith({ uid: padding(MEGABYTE), name: padding(MEGABYTE) }),
      });
    });

    for (const [what, character] of [
      ['three bytes', '€'],
      ['six bytes escaped', '\u0001'],
      ['half a surrogate pair', '😀'],
    ] as const) {
      it(`every text of characters of ${what}`, () => {
        cutBytes(bytesOf(huge(character.repeat(5_000))));
        cutBytes(bytesOf(huge(character.repeat(5_001))));
      });
      it(`every text of characters of ${what}, to 200 KB`, () => {
        cutBytes(bytesOf(huge(character.repeat(5_000))), 200_000);
      });
    }

    it('10,000 groups, extra entries, addresses and annotations: of the addresses the last, the real peer, stays', () => {
      const many = Array.from({ length: 10_000 }, (_, i) => `${String(i)}${padding(100)}`);
      const map = Object.fromEntries(many.map((key) => [key, [key]]));
      const event = cut({
        user: { username: 'alice', groups: many, extra: map },
        sourceIPs: [...many, '192.0.2.7'],
        annotations: map,
      });
      assert.equal((dig(event, 'sourceIPs') as readonly string[]).at(-1), '192.0.2.7');
      assert.equal(dig(event, 'user', 'username'), 'alice');
    });

    for (const where of [
      'requestObject',
      'responseObject',
      'unknownField',
      'user',
      'objectRef',
      'annotations',
      'impersonatedUser',
      'responseStatus',
      'level',
    ]) {
      it(`${where} nested 50,000 levels deep`, () => {
        const deep = `${'{"x":['.repeat(25_000)}"${padding(MEGABYTE)}"${']}'.repeat(25_000)}`;
        const text = JSON.stringify(eventWith({ [where]: '@deep' })).replace('"@deep"', () => deep);
        const event = cutBytes(Buffer.from(text));
        assert.equal(dig(event, 'verb'), 'create');
        if (where !== 'responseObject') assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
      });
    }

    it('bytes that are not UTF-8, which grow when decoded', () => {
      const [head, tail] = JSON.stringify(eventWith({ userAgent: '@' })).split('@');
      cutBytes(
        Buffer.concat([Buffer.from(head ?? ''), Buffer.alloc(MEGABYTE, 0xff), Buffer.from(tail ?? '')]),
      );
    });

    it('own keys named __proto__', () => {
      const text = JSON.stringify(eventWith({ requestObject: padding(MEGABYTE) })).replace(
        '{',
        '{"__proto__":{"verb":"get"},',
      );
      assert.equal(dig(cutBytes(Buffer.from(text)), 'verb'), 'create');
    });
  });

  describe('takes time and memory by the bytes, whatever 10 MB consist of', () => {
    const many = (count: number, make: (i: number) => unknown): readonly unknown[] =>
      Array.from({ length: count }, (_, i) => make(i));
    const map = (count: number, value: unknown): Json =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${String(i)}`, value]));
    const spec = (rest: Json): Json => ({
      responseObject: podWith({}, { spec: { containers: [{ name: 'c', image: 'i' }], ...rest } }),
    });
    const shapes: readonly (readonly [what: string, changes: Json])[] = [
      ['labels', { responseObject: podWith({ labels: map(600_000, 'v') }) }],
      ['annotations', { responseObject: podWith({ annotations: map(500_000, 'password=x') }) }],
      ['containers', spec({ containers: many(250_000, (i) => ({ name: `c${String(i)}`, image: 'i' })) })],
      ['arguments', spec({ containers: [{ name: 'c', image: 'i', args: many(2_500_000, () => 'a') }] })],
      [
        'volumes',
        spec({ volumes: many(200_000, (i) => ({ name: `v${String(i)}`, hostPath: { path: '/v' } })) }),
      ],
      ['empty objects', spec({ unknown: many(3_000_000, () => ({})) })],
      [
        'parameters of the query',
        { requestURI: `/api/v1/namespaces/team-a/pods?${'%61=%62&'.repeat(1_200_000)}` },
      ],
      ['groups', { user: { username: 'alice', groups: many(1_000_000, () => 'group') } }],
      ['fields that nobody knows', map(600_000, 'value')],
    ];
    for (const [what, changes] of shapes) {
      it(what, () => {
        const bytes = bytesOf(eventWith(changes));
        assert.ok(bytes.length > 7 * MEGABYTE, `${String(bytes.length)} bytes`);
        const before = process.cpuUsage();
        const event = cutBytes(bytes);
        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 5_000_000, `${String((user + system) / 1000)} ms of CPU`);
        assert.equal(dig(event, 'responseObject', 'metadata', 'uid'), UID);
      });
    }
  });

  for (const depth of [4_000, 4_189, 9_000, 16_000]) {
    it(`cuts labels nested ${String(depth)} levels deep, as of a patch that was refused`, () => {
      const deep = `{"metadata":{"labels":${'['.repeat(depth)}${']'.repeat(depth)}},"pad":"${padding(MEGABYTE)}"}`;
      const text = JSON.stringify(
        eventWith({ verb: 'patch', responseObject: undefined, requestObject: '@deep' }),
      ).replace('"@deep"', () => deep);
      assert.match(dig(cutBytes(Buffer.from(text)), 'annotations', CUT_ANNOTATION) as string, /labels/);
    });
  }

  it('throws a RangeError rather than give back something wrong where the limit is impossible', () => {
    assert.throws(() => cutEvent(bytesOf(CREATION), 100), RangeError);
  });
});
