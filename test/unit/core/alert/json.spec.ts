/** The JSON form of an alert: in the order of the schema, without what is null or says nothing. */
import { loadSchemas, readAlertJson } from '@arrivals/adapters/avro';
import { type Alert, alertDocument, alertJson } from '@arrivals/core';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { alertOf, creationsOfCapture, namespaceCreated, podCreated } from './creations.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

/** Every record of a schema, by its name. */
function recordsOf(
  type: unknown,
  found = new Map<string, readonly Field[]>(),
): Map<string, readonly Field[]> {
  if (Array.isArray(type)) for (const branch of type as unknown[]) recordsOf(branch, found);
  else if (typeof type === 'object' && type !== null) {
    const { name, fields, items } = type as {
      readonly name?: string;
      readonly fields?: readonly Field[];
      readonly items?: unknown;
    };
    if (name !== undefined && fields !== undefined) found.set(name, fields);
    for (const field of fields ?? []) recordsOf(field.type, found);
    recordsOf(items, found);
  }
  return found;
}

const RECORDS = recordsOf(loadSchemas('alert').at(-1));
const isList = (type: unknown): boolean =>
  typeof type === 'object' && type !== null && (type as { readonly type?: unknown }).type === 'array';

describe('the JSON form of an alert', () => {
  const alerts = [...creationsOfCapture(), podCreated(), namespaceCreated()].map((event) => alertOf(event));

  it('begins with what is asked first, in the alert and in its parts', () => {
    const first = ['schemaVersion', 'product', 'headline', 'severity', 'score', 'kind', 'title', 'cluster'];
    for (const alert of alerts) {
      assert.deepEqual(Object.keys(alert).slice(0, first.length), first);
      assert.deepEqual(Object.keys(alert.object).slice(0, 5), [
        'namespace',
        'name',
        'kind',
        'images',
        'privileged',
      ]);
      assert.deepEqual(Object.keys(alert.risk).slice(0, 2), ['signalIds', 'techniqueIds']);
      assert.deepEqual(Object.keys(alert.author ?? {}).slice(0, 2), ['type', 'name']);
    }
  });

  it('has all that comes first within the first 5,000 characters, from which a SIEM makes fields', () => {
    for (const alert of alerts) {
      const json = alertJson(alert);
      for (const field of ['"author":{"type"', '"signalIds"', '"techniqueIds"', '"object":{', '"images"'])
        assert.ok(json.slice(0, 5000).includes(field), field);
    }
  });

  it('has the fields in the order of the schema', () => {
    const fields = (RECORDS.get('Alert') ?? assert.fail()).map(({ name }) => name);
    for (const alert of alerts) assert.deepEqual(Object.keys(alert), fields);
  });

  it('holds neither null nor an empty list that could be left out, and is read back whole', () => {
    for (const alert of alerts) {
      const json = alertJson(alert);
      assert.doesNotMatch(json, /:null/);
      assert.deepEqual(structuredClone(readAlertJson(JSON.parse(json))), alert);
    }
  });

  it('leaves out an empty list where the schema’s default is one, and no other', () => {
    let lists = 0;
    for (const fields of RECORDS.values())
      for (const { name, type, default: otherwise } of fields) {
        if (!isList(type) && !(Array.isArray(type) && (type as unknown[]).some(isList))) continue;
        lists++;
        const document = alertDocument({ [name]: [] } as unknown as Alert) as object;
        assert.equal(name in document, !Array.isArray(otherwise), name);
      }
    assert.ok(lists > 30, String(lists));
  });

  it('says what made it, by the name and version of the package', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../../../package.json', import.meta.url), 'utf8'),
    ) as { readonly version: string };
    assert.deepEqual(alertOf(podCreated()).product, { name: 'Arrivals', version });
  });

  it('has at most 7,500 characters in the median of the capture without its context', () => {
    const sizes = alerts.map((alert) => alertJson(alert).length).sort((a, b) => a - b);
    assert.ok((sizes[Math.floor(sizes.length / 2)] ?? 0) < 7500, sizes.join());
  });
});
