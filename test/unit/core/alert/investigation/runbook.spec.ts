/**
 * The steps that every alert carries: each names fields that the schema has, and ids that stay the same for
 * ever.
 */
import { runbookOf } from '@arrivals/core';
import type { AlertKind } from '@arrivals/core/internal';
import { loadSchemas } from '@arrivals/adapters/avro';
import assert from 'node:assert/strict';
import { alertOf, namespaceCreated, podCreated } from '../creations.ts';

const KINDS: readonly AlertKind[] = ['newPod', 'newNamespace'];

/** Subscribers build on these: a step may be added, never renamed or taken away. */
const IDS: Readonly<
  Record<AlertKind, { readonly investigation: readonly string[]; readonly resolution: readonly string[] }>
> = {
  newPod: {
    investigation: [
      'source',
      'before',
      'first-seen',
      'configuration',
      'services',
      'activity',
      'resource-use',
      'access-controls',
      'service-account',
      'network-policies',
      'dependencies',
      'impact',
    ],
    resolution: [
      'preserve-evidence',
      'isolate',
      'remove',
      'review-access',
      'check-related',
      'harden',
      'monitor',
    ],
  },
  newNamespace: {
    investigation: ['details', 'permission', 'actor-activity', 'first-seen', 'network', 'contents', 'ask'],
    resolution: ['halt', 'isolate', 'take-inventory', 'remove', 'find-root-cause', 'remediate'],
  },
};

interface AvroField {
  readonly name: string;
  readonly type: unknown;
}

/** The record's fields behind unions and arrays, undefined where the type is no record. */
function fieldsOf(type: unknown): readonly AvroField[] | undefined {
  if (Array.isArray(type)) return (type as unknown[]).map(fieldsOf).find((fields) => fields !== undefined);
  if (typeof type !== 'object' || type === null) return undefined;
  const { fields, items } = type as { readonly fields?: readonly AvroField[]; readonly items?: unknown };
  return fields ?? (items === undefined ? undefined : fieldsOf(items));
}

function existsInSchema(schema: unknown, path: string): boolean {
  let type: unknown = schema;
  for (const name of path.split('.')) {
    const field = fieldsOf(type)?.find((candidate) => candidate.name === name);
    if (field === undefined) return false;
    type = field.type;
  }
  return true;
}

describe('the runbook', () => {
  const schema = loadSchemas('alert').at(-1);

  it('is checked by something that tells a field from none', () => {
    assert.ok(existsInSchema(schema, 'object.containers.image.tag'));
    for (const path of ['nothing', 'object.nothing', 'actor.username.length', 'object.', ''])
      assert.ok(!existsInSchema(schema, path), path);
  });

  for (const kind of KINDS) {
    const { investigation, resolution, title, whyItMatters } = runbookOf(kind);

    it(`of ${kind} names only fields that an alert has`, () => {
      for (const { id, fields } of [...investigation, ...resolution]) {
        assert.ok(fields.length > 0, id);
        for (const path of fields) assert.ok(existsInSchema(schema, path), `${id}: ${path}`);
      }
    });

    it(`of ${kind} has the ids that subscribers know, in order`, () => {
      assert.deepEqual(
        investigation.map(({ id }) => id),
        IDS[kind].investigation,
      );
      assert.deepEqual(
        resolution.map(({ id }) => id),
        IDS[kind].resolution,
      );
    });

    it(`of ${kind} has no id twice in a list`, () => {
      for (const steps of [investigation, resolution])
        assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length);
    });

    it(`of ${kind} says something in every text`, () => {
      for (const text of [title, whyItMatters, ...[...investigation, ...resolution].map((step) => step.text)])
        assert.match(text, /^\S.{9,}\S$/s);
    });
  }

  it('is the one of the alert’s kind', () => {
    const pod = alertOf(podCreated());
    const namespace = alertOf(namespaceCreated());
    assert.deepEqual([pod.title, namespace.title], ['New K8s Pod', 'New K8s Namespace']);
    const ids = (steps: readonly { readonly id: string }[]) => steps.map(({ id }) => id);
    for (const alert of [pod, namespace]) {
      assert.deepEqual(ids(alert.investigation), IDS[alert.kind].investigation);
      assert.deepEqual(ids(alert.resolution), IDS[alert.kind].resolution);
    }
  });
});
