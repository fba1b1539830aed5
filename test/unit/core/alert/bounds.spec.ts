/**
 * However large or odd an event is, its alert stays small, printable and well-formed, and says what was cut.
 * Padding never hides a container. The events here are larger and odder than an API server would let through.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, ALERT_BYTES_MAX, alertJson } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hostileContext } from './hostile-context.ts';
import {
  alertOf,
  assertFitsJsonSchema,
  CONTAINER,
  type Json,
  namespaceCreated,
  podCreated,
  textsOf,
  throughAvro,
} from './creations.ts';

/** One of each kind of character that takes more room than it seems or does something when it is printed. */
const FILLS: Readonly<Record<string, string>> = {
  letters: 'a',
  quotes: '"',
  backslashes: '\\',
  'line feeds': '\n',
  'control characters': '\u0001',
  'C1 control characters': '\u009b',
  'bidirectional overrides': '\u202e',
  'line separators': '\u2028',
  'high surrogates': '\ud83d',
  'low surrogates': '\ude00',
  '2-byte characters': 'é',
  '3-byte characters': '€',
  '4-byte characters': '😀',
};

// eslint-disable-next-line no-control-regex -- control characters are what must not be there
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

function assertSound(alert: Alert): void {
  const json = alertJson(alert);
  assert.ok(Buffer.byteLength(json) <= ALERT_BYTES_MAX, `${String(Buffer.byteLength(json))} bytes`);
  for (const [path, text] of textsOf(alert)) {
    assert.ok(!UNPRINTABLE.test(text), path);
    assert.ok(text.isWellFormed(), path);
  }
  assert.ok(encodeAlert(alert).length <= ALERT_BYTES_MAX);
  assert.deepEqual(throughAvro(alert), alert);
  assertFitsJsonSchema(alert);
  for (const { path, kept, of } of alert.cuts) assert.ok(kept < of, path);
}

const many = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_unused, i) => make(i));
const map = (count: number, key: string, value: string): Json =>
  Object.fromEntries(many(count, (i) => [`${String(i)}${key}`, value]));

/** A pod with `text` wherever the API takes free text, and `name` wherever it takes a name. */
function filled(
  text: string,
  name: string,
  counts: { readonly containers: number; readonly entries: number },
): Json {
  const { containers, entries } = counts;
  const container = (i: number): Json => ({
    name: `${String(i)}${name}`,
    image: text,
    command: many(entries, () => text),
    args: many(entries, () => text),
    env: many(entries, () => ({ name: text, valueFrom: { secretKeyRef: { name, key: text } } })),
    ports: many(entries, () => ({ containerPort: 65535, hostPort: 65535, protocol: name })),
    volumeMounts: many(entries, () => ({ name, mountPath: text, readOnly: true })),
    securityContext: { privileged: true, runAsUser: 0, capabilities: { add: many(entries, () => text) } },
  });
  const extra = {
    'authentication.kubernetes.io/credential-id': [text],
    'authentication.kubernetes.io/pod-name': [name],
  };
  const reason = `RBAC: allowed by RoleBinding "${name}/${name}" of ClusterRole "${name}" to ServiceAccount "${name}/${name}"`;
  return podCreated({
    metadata: {
      name,
      namespace: name,
      generateName: name,
      labels: map(entries * 100, name.slice(0, 300), name.slice(0, 63)),
      annotations: map(entries, name.slice(0, 300), text),
      ownerReferences: many(entries, () => ({ apiVersion: name, kind: name, name, uid: name })),
    },
    spec: {
      serviceAccountName: name,
      nodeName: name,
      volumes: many(entries, () => ({ name, hostPath: { path: text } })),
      containers: many(containers, container),
    },
    event: {
      auditID: text,
      requestURI: `/api/v1/namespaces/x/pods?${text}`,
      user: { username: text, groups: many(entries, () => text), extra },
      impersonatedUser: { username: text, groups: many(entries, () => text) },
      sourceIPs: many(entries, () => text),
      userAgent: text,
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': reason },
    },
  });
}

describe('the alert of a pod that is filled to the brim', () => {
  for (const [what, fill] of Object.entries(FILLS)) {
    it(`is sound with ${what} wherever the API takes free text`, () => {
      const text = fill.repeat(600);
      for (const containers of [1, 40])
        assertSound(alertOf(filled(text, 'n'.repeat(253), { containers, entries: 8 })));
    });

    it(`is sound with ${what} in names too, as only a forged event has them`, () => {
      const text = fill.repeat(600);
      for (const containers of [1, 13]) assertSound(alertOf(filled(text, text, { containers, entries: 5 })));
    });
  }

  it('is sound with 1,000 containers', () => {
    const alert = alertOf(
      podCreated({ spec: { containers: many(1000, (i) => ({ ...CONTAINER, name: `c${String(i)}` })) } }),
    );
    assertSound(alert);
    assert.deepEqual(
      alert.cuts.filter(({ path }) => path === 'object.containers').map(({ of }) => of),
      [1000],
    );
  });

  it('is sound with 10,000 labels', () => {
    for (const make of [podCreated, namespaceCreated]) {
      const alert = alertOf(make({ metadata: { labels: map(10_000, 'x'.repeat(60), 'y'.repeat(63)) } }));
      assertSound(alert);
      const cut = alert.cuts.find(({ path }) => path === 'object.labels');
      assert.deepEqual([cut?.kept, cut?.of], [(alert.object.labels ?? []).length, 10_000]);
    }
  });

  it('is sound with an argument of 1 MB, and tells its true length', () => {
    for (const fill of Object.values(FILLS)) {
      const text = fill.repeat(1_048_576 / fill.length);
      const alert = alertOf(podCreated({ spec: { containers: [{ ...CONTAINER, args: [text] }] } }));
      assertSound(alert);
      const cut = alert.cuts.find(({ path }) => path === 'object.containers[0].args[0]');
      assert.deepEqual([cut?.kept, cut?.of], [alert.object.containers?.[0]?.args[0]?.length, 1_048_576]);
    }
  });

  it('is sound whatever is in which field', () => {
    const text = fc
      .tuple(fc.constantFrom(...Object.values(FILLS)), fc.integer({ min: 1, max: 1500 }))
      .map(([fill, count]) => fill.repeat(count));
    const counts = fc.record({
      containers: fc.integer({ min: 0, max: 20 }),
      entries: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(text, fc.stringMatching(/^[a-z]{1,253}$/), counts, (content, name, sizes) => {
        assertSound(alertOf(filled(content, name, sizes)));
      }),
      { seed: 20260201, numRuns: 25 },
    );
  });

  it('is sound for any JSON in the place of metadata and spec', () => {
    const strange = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
    const keys = fc.constantFrom(
      'name',
      'labels',
      'annotations',
      'ownerReferences',
      'uid',
      'containers',
      'volumes',
      'serviceAccountName',
      'initContainers',
    );
    fc.assert(
      fc.property(fc.dictionary(keys, strange), fc.dictionary(keys, strange), (metadata, spec) => {
        const event = podCreated();
        const alert = alertOf({
          ...event,
          requestObject: { metadata, spec },
          responseObject: { metadata: { uid: 'u', ...metadata }, spec },
        });
        assertSound(alert);
      }),
      { seed: 20260202, numRuns: 80 },
    );
  });
});

describe('the alert of a pod with a context that is filled to the brim', () => {
  for (const [what, fill] of Object.entries(FILLS))
    it(`is sound with ${what}, however large the pod is too`, () => {
      const context = hostileContext(fill);
      const text = fill.repeat(600);
      const raw = [
        podCreated(),
        namespaceCreated(),
        ...[1, 13].map((containers) => filled(text, text, { containers, entries: 8 })),
      ];
      for (const one of raw) assertSound(alertOf(one, () => context));
    });

  it('is sound with a context and a pod of any size', () => {
    const fills = fc.constantFrom(...Object.values(FILLS));
    const sizes = fc.record({
      containers: fc.integer({ min: 0, max: 64 }),
      entries: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(
        fills,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1500 }),
        sizes,
        (fill, size, length, counts) => {
          assertSound(
            alertOf(filled(fill.repeat(length), fill.repeat(length), counts), () =>
              hostileContext(fill, size),
            ),
          );
        },
      ),
      { seed: 20260203, numRuns: 25 },
    );
  });
});

describe('what was cut from an alert', () => {
  it('is nothing for an ordinary pod', () => {
    assert.deepEqual(alertOf(podCreated()).cuts, []);
  });

  it('is named with what is left and what there was', () => {
    const container = {
      ...CONTAINER,
      args: ['x'.repeat(5000)],
      env: many(200, (i) => ({ name: `E${String(i)}`, value: 'v' })),
    };
    const alert = alertOf(
      podCreated({
        metadata: { annotations: { note: 'y'.repeat(3000) } },
        spec: { containers: [container] },
      }),
    );
    assertSound(alert);
    const cuts = Object.fromEntries(alert.cuts.map(({ path, kept, of }) => [path, [kept, of]]));
    const shown = alert.object.containers?.[0];
    assert.deepEqual(cuts['object.containers[0].args[0]'], [shown?.args[0]?.length, 5000]);
    assert.deepEqual(cuts['object.containers[0].env'], [shown?.env.length, 200]);
    assert.deepEqual(cuts['object.annotations.note'], [alert.object.annotations?.[0]?.value.length, 3000]);
  });

  it('is said of a text too long to be looked through, also when masking left little of it', () => {
    const text = `token=${'x'.repeat(80_000)} tail`;
    const { cuts, object } = alertOf(podCreated({ spec: { containers: [{ ...CONTAINER, args: [text] }] } }));
    const shown = object.containers?.[0]?.args[0] ?? '';
    assert.ok(shown.length < 50);
    assert.deepEqual(cuts, [{ path: 'object.containers[0].args[0]', kept: shown.length, of: text.length }]);
  });

  it('leaves a key as it is that a map of a program could not hold, and keys that become one when they are cut', () => {
    const labels = JSON.parse('{"__proto__":"x","a":"b"}') as Json;
    const alert = alertOf(podCreated({ metadata: { labels } }));
    assert.deepEqual(alert.object.labels, [
      { key: '__proto__', value: 'x' },
      { key: 'a', value: 'b' },
    ]);
    assert.deepEqual(throughAvro(alert), alert);
    const long = { [`${'k'.repeat(600)}1`]: 'a', [`${'k'.repeat(600)}2`]: 'b' };
    assert.equal(alertOf(podCreated({ metadata: { labels: long } })).object.labels?.length, 2);
  });

  it('keeps a pair of surrogates together or marks its half', () => {
    const { args } = alertOf(
      podCreated({ spec: { containers: [{ ...CONTAINER, args: [`a${'😀'.repeat(1000)}`] }] } }),
    ).object.containers?.[0] ?? { args: [] };
    assert.ok(args[0]?.isWellFormed());
  });
});

describe('a container behind padding', () => {
  const padding = {
    labels: map(10_000, 'l'.repeat(60), 'v'.repeat(63)),
    annotations: map(2000, 'a'.repeat(60), '€'.repeat(100)),
  };
  const env = many(1000, (i) => ({ name: `NAME_${String(i)}_${'€'.repeat(50)}`, value: 'x' }));
  const args = many(500, () => '"'.repeat(2000));
  const evil = {
    name: 'evil',
    image: 'registry.example/evil:1',
    securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } },
  };

  const shownOf = (containers: readonly Json[], spec: Json = {}) => {
    const alert = alertOf(podCreated({ metadata: padding, spec: { containers, ...spec } }));
    assertSound(alert);
    return alert.object;
  };

  for (const [what, decoy] of [
    ['plain containers', {}],
    ['containers with long environments', { env }],
    ['containers with long arguments', { args, command: args }],
    [
      'containers with all of it',
      {
        env,
        args,
        command: args,
        volumeMounts: many(500, () => ({ name: 'v', mountPath: `/${'€'.repeat(500)}` })),
      },
    ],
  ] as const) {
    for (const count of [1, 5, 11]) {
      it(`is shown in full as the last after ${String(count)} ${what}`, () => {
        const object = shownOf([
          ...many(count, (i) => ({ ...CONTAINER, name: `decoy-${String(i)}`, ...decoy })),
          { ...evil, env },
        ]);
        const shown = object.containers?.find(({ name }) => name === 'evil');
        assert.equal(shown?.privileged, true);
        assert.equal(shown.image?.reference, 'registry.example/evil:1');
        assert.deepEqual(shown.capabilitiesAdded, ['SYS_ADMIN']);
        assert.deepEqual(object.hostAccess?.privilegedContainers, ['evil']);
      });
    }

    it(`is still counted as privileged after 1,000 ${what}`, () => {
      const object = shownOf([
        ...many(1000, (i) => ({ ...CONTAINER, name: `decoy-${String(i)}`, ...(i < 20 ? decoy : {}) })),
        evil,
      ]);
      assert.deepEqual(object.hostAccess?.privilegedContainers, ['evil']);
    });
  }

  it('is shown among 64 plain ones', () => {
    const object = shownOf([...many(63, (i) => ({ ...CONTAINER, name: `decoy-${String(i)}` })), evil]);
    assert.equal(object.containers?.length, 64);
    assert.equal(object.containers.at(-1)?.privileged, true);
  });

  it('looks at a bounded part of many long texts, shows no secret of any, and says that each was cut', () => {
    const secret = (i: number): string => `S3cr3tOf${String(i)}x9`;
    const repeated = (make: (i: number) => string): string =>
      Array.from({ length: 1500 }, (_, i) => make(i)).join('');
    const values = JSON.stringify(
      Array.from({ length: 1500 }, (_, i) => ({ name: 'DB_PASSWORD', value: secret(i) })),
    );
    const annotations = Object.fromEntries(
      Array.from({ length: 14 }, (_, i) => [`tool.example/${String(i)}`, `${String(i)} ${values}`]),
    );
    const args = Array.from(
      { length: 14 },
      (_, i) => `${String(i)} ${repeated((j) => `curl -u admin:${secret(j)} --token=${secret(j)}; `)}`,
    );
    const alert = alertOf(
      podCreated({ spec: { containers: [{ ...CONTAINER, args }] }, metadata: { annotations } }),
    );
    assertSound(alert);
    for (const [path, text] of textsOf(alert))
      assert.ok(!text.includes('S3cr3t'), `${path}: ${text.slice(0, 200)}`);
    const cut = new Set(alert.cuts.map(({ path }) => path));
    for (let i = 0; i < 3; i++)
      for (const path of [
        `object.annotations.tool.example/${String(i)}`,
        `object.containers[0].args[${String(i)}]`,
      ])
        assert.ok(cut.has(path), path);
  });
});
