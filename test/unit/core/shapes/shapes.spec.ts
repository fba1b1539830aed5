/**
 * Every shape in which a real API server (kube-apiserver 1.35.4) records that a Pod or a Namespace was
 * created, or was not. The truth is what its own lists held afterwards; the tables beside this file list how
 * much of it each event shows.
 */
import {
  type Alert,
  type FilterReason,
  identityOf,
  parseAuditEvent,
  prefilter,
  select,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { alertOf, assertFitsJsonSchema, throughAvro } from '../alert/creations.ts';
import { entryOf } from '../samples.ts';
import { type CreatedObject, LINES, type Shape, SHAPES } from './capture.ts';
import { CLAIMS } from './claims.ts';
import { CREATIONS } from './creations.ts';
import { type Expected, shownAt } from './expected.ts';
import { REFUSALS } from './refusals.ts';

const GROUPS = { ...CREATIONS, ...CLAIMS, ...REFUSALS };

const selectionOf = (line: string) => select(parseAuditEvent(Buffer.from(line)));
const isCreation = (line: string) => 'created' in selectionOf(line);
const stageOf = (line: string) => parseAuditEvent(Buffer.from(line)).stage;
const identityIn = (line: string) => identityOf('test', parseAuditEvent(Buffer.from(line))).toString('hex');

function reasonsOf({ events }: Shape): readonly FilterReason[] {
  return events.flatMap((line) => {
    const selection = selectionOf(line);
    return 'filtered' in selection && stageOf(line) !== 'RequestReceived' ? [selection.filtered] : [];
  });
}

/** The object of an alert: by what the server assigned where the alert has that. */
function toldOf({ object }: Alert, created: readonly CreatedObject[]): CreatedObject | undefined {
  if (object.uid !== null)
    return (
      created.find(({ uid }) => uid === object.uid) ?? assert.fail(`no object has the uid ${object.uid}`)
    );
  return object.name === null ? created[0] : created.find(({ name }) => name === object.name);
}

function assertTells(alert: Alert, created: CreatedObject): void {
  const { kind, namespace, name, uid } = alert.object;
  assert.equal(kind, created.kind);
  assert.equal(namespace, created.namespace);
  assert.ok(name === null || name === created.name, `the name is ${created.name}`);
  assert.ok(uid === null || uid === created.uid, `the uid is ${created.uid}`);
}

function assertAlerts(shape: Shape, expected: Extract<Expected, { outcome: 'alerted' }>): void {
  const alerts = shape.events.filter(isCreation).map((line) => alertOf(JSON.parse(line)));
  assert.equal(alerts.length, expected.confirmed ? shape.created.length : 1, 'one alert for each object');
  for (const alert of alerts) {
    assert.deepEqual(alert.flags, expected.confirmed ? [] : ['unconfirmed']);
    const created = toldOf(alert, shape.created);
    if (created !== undefined) assertTells(alert, created);
    else
      assert.ok(
        !expected.confirmed && shape.created.length === 0,
        'only an unconfirmed alert may be about nothing',
      );
    for (const [path, value] of Object.entries(expected.shows))
      assert.deepEqual(shownAt(alert, path), value, path);
    const unknown = alert.unknown.flatMap(({ path, reason }) =>
      path.startsWith('object.') ? [[path.slice('object.'.length), reason] as const] : [],
    );
    assert.deepEqual(Object.fromEntries(unknown), expected.unknown);
    assertFitsJsonSchema(alert);
    assert.deepEqual(throughAvro(alert), alert);
  }
}

describe('the shapes of a real API server', () => {
  for (const [group, shapes] of Object.entries(GROUPS)) {
    describe(group, () => {
      for (const [name, expected] of Object.entries(shapes)) {
        const shape = SHAPES.get(name) ?? assert.fail(`no shape is called ${name}`);
        it(`${name}: ${titleOf(expected)}`, () => {
          assert.ok(shape.events.length > 0);
          assert.deepEqual(reasonsOf(shape), expected.filtered);
          if (expected.outcome === 'alerted') {
            assertAlerts(shape, expected);
          } else {
            assert.deepEqual(shape.created, [], 'nothing is there');
            assert.equal(shape.events.filter(isCreation).length, 0);
          }
        });
      }
    });
  }

  it('are all tested, each once', () => {
    const tested = Object.values(GROUPS).flatMap((shapes) => Object.keys(shapes));
    assert.deepEqual([...tested].sort(), [...SHAPES.keys()].sort());
  });
});

describe('the whole capture of shapes', () => {
  const created = [...SHAPES.values()].flatMap((shape) => shape.created);

  it('holds no creation but those of the shapes', () => {
    const known = new Set([...SHAPES.values()].flatMap(({ events }) => events));
    for (const line of LINES.filter(isCreation)) assert.ok(known.has(line), line.slice(0, 300));
    assert.ok(LINES.length - known.size > 30, 'there are neighbours');
  });

  it('has another identity for each creation, whatever its audit id and name', () => {
    const identities = LINES.filter(isCreation).map(identityIn);
    assert.ok(identities.length > 90);
    assert.equal(new Set(identities).size, identities.length);
  });

  it('has names that came back with another uid', () => {
    const names = created.map(({ kind, namespace, name }) => `${kind} ${namespace ?? ''}/${name}`);
    assert.ok(names.length - new Set(names).size >= 5);
    assert.equal(new Set(created.map(({ uid }) => uid)).size, created.length);
  });

  it('passes the prefilter with every creation, and with the right reason otherwise', () => {
    for (const line of LINES) {
      const reason = prefilter(entryOf(Buffer.from(line)));
      if (reason !== undefined) assert.deepEqual(selectionOf(line), { filtered: reason });
    }
  });
});

function titleOf(expected: Expected): string {
  if (expected.outcome === 'filtered') return `filtered (${expected.filtered.join(', ')})`;
  return expected.confirmed ? 'alerted' : 'alerted, unconfirmed';
}
