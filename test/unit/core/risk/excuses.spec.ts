/**
 * A lint of the tables of signals and excuses: nothing that lowers, names or excuses rests on what a client
 * writes, and each row reads what it declares.
 */
import { select } from '@arrivals/core';
import {
  type EventField,
  EXCUSES,
  type Facts,
  isEvidence,
  readAuditEvent,
  readFacts,
  SIGNALS,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { readText, STALE } from '../../docs/markdown.ts';
import {
  atLevelMetadata,
  creationsOfCapture,
  type Json,
  namespaceCreated,
  podCreated,
  truncated,
  unseenContext,
} from '../alert/creations.ts';
import { readScenarios } from '../context/creations.ts';
import {
  as,
  capable,
  CI,
  CONTROLLER,
  hostPath,
  inKubeSystem,
  LISTS,
  NODE,
  OWNED,
  owned,
  podWith,
  PRIVILEGED,
} from './risks.ts';

/**
 * The fields behind each fact that a signal can look at. One of them has to be declared; `stream` stands for
 * any of the stream's.
 */
const BEHIND: Readonly<Record<string, readonly (EventField | 'stream')[]>> = {
  created: ['objectRef.resource'],
  'actor.username': ['user.username'],
  'actor.groups': ['user.groups'],
  'actor.impersonated': ['impersonatedUser'],
  'actor.peer': ['sourceIPs (the last)'],
  'actor.podName': ['user.extra'],
  'actor.isServiceAccount': ['user.username'],
  'actor.isSystem': ['user.username'],
  'actor.isPipeline': ['user.username'],
  author: ['stream: authors'],
  context: ['stream'],
  namespace: ['objectRef.namespace'],
  name: ['object.metadata.name'],
  labels: ['object.metadata.labels'],
  annotations: ['object.metadata.annotations'],
  owners: ['object.metadata.ownerReferences'],
  maker: ['user.username'],
  unseenSpec: ['level'],
  'pod.hostNetwork': ['object.spec (host access)'],
  'pod.hostPid': ['object.spec (host access)'],
  'pod.hostIpc': ['object.spec (host access)'],
  'pod.hostProcess': ['object.spec (host access)'],
  'pod.serviceAccountName': ['object.spec.serviceAccountName'],
  'pod.nodeName': ['object.spec.nodeName'],
  'pod.hostPaths': ['object.spec.volumes'],
  'pod.containers': ['object.spec.containers'],
};
/** What the operator sets, and what is only unknown. */
const NO_FIELDS: readonly string[] = ['lists', 'unseen'];

/** The facts, noting what is looked at. */
function watched(facts: Facts, seen: Set<string>): Facts {
  const watch = (value: object, path: string): unknown =>
    new Proxy(value, {
      get(target, key) {
        const inner: unknown = Reflect.get(target, key);
        if (typeof key !== 'string') return inner;
        const at = `${path}${key}`;
        if ((at === 'actor' || at === 'pod') && typeof inner === 'object' && inner !== null)
          return watch(inner, `${at}.`);
        seen.add(at);
        return inner;
      },
    });
  return watch(facts, '') as Facts;
}

describe('the table of excuses', () => {
  it('is in docs/detection.md, row by row', () => {
    const [, section = ''] =
      /<!-- excuses -->\n([^]*?)<!-- \/excuses -->/.exec(readText('docs/detection.md')) ?? [];
    const cellsOf = (line: string): readonly string[] =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map(cellsOf);
    const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
    assert.deepEqual(
      rows,
      EXCUSES.map(({ id, what, rests, because }) => [
        `\`${id}\``,
        because === undefined ? what : `${what}. Exception: ${because}`,
        listed(rests),
        listed(SIGNALS.filter(({ excuses }) => excuses.includes(id)).map((signal) => signal.id)),
      ]),
      STALE,
    );
  });

  for (const { id, rests, because } of EXCUSES)
    it(`rests ${id} on what no client chooses, or has a reason why not`, () => {
      assert.ok(rests.length > 0);
      assert.equal(
        rests.every(isEvidence),
        because === undefined,
        rests.filter((field) => !isEvidence(field)).join(),
      );
    });

  it('has few exceptions', () => {
    assert.deepEqual(
      EXCUSES.filter(({ because }) => because !== undefined).map(({ id }) => id),
      ['distribution', 'infrastructure', 'limited-namespace', 'requester'],
    );
  });

  it('has each row once, and each that a signal names', () => {
    const ids = EXCUSES.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { id, excuses } of SIGNALS)
      for (const excuse of excuses) assert.ok(ids.includes(excuse), `${id}: ${excuse}`);
  });
});

describe('the table of signals', () => {
  it('raises and never lowers', () => {
    for (const { id, points } of SIGNALS) assert.ok(points > 0, id);
  });

  it('reads what its rows and their excuses declare, and nothing else', async () => {
    const pod = podCreated();
    const made: readonly Json[] = [
      ...[
        pod,
        atLevelMetadata(pod),
        truncated(pod),
        namespaceCreated(),
        podWith(PRIVILEGED, { event: CI, metadata: owned('v1', 'ConfigMap') }),
      ],
      ...[CI, NODE, CONTROLLER, as('system:admin')].map((event) =>
        podWith(capable('ALL'), { event, metadata: { ...inKubeSystem, ...OWNED } }),
      ),
      podCreated({
        spec: { ...hostPath('/', true), hostPID: true, hostNetwork: true, hostIPC: true },
        event: { impersonatedUser: CONTROLLER.user },
      }),
      ...creationsOfCapture().map((event) => event),
    ];
    const events = made.map((raw) => readAuditEvent(raw));
    const fromEvents = events.map((event) => {
      const selection = select(event);
      assert.ok('created' in selection);
      return readFacts({
        event,
        created: selection.created,
        lists: LISTS,
        context: unseenContext(selection.created, event),
      });
    });
    const fromScenarios = (await readScenarios(true)).map(({ event, created, context }) =>
      readFacts({ event, created, lists: LISTS, context }),
    );
    assert.ok(fromScenarios.length > 200);
    for (const { id, reads, excuses, kinds, find } of SIGNALS) {
      const seen = new Set<string>();
      for (const facts of [...fromEvents, ...fromScenarios])
        if (kinds.includes(facts.created)) find(watched(facts, seen));
      const declared = [
        ...reads,
        ...EXCUSES.filter((excuse) => excuses.includes(excuse.id)).flatMap(({ rests, endsBy }) => [
          ...rests,
          ...endsBy,
        ]),
      ];
      for (const fact of seen) {
        if (NO_FIELDS.includes(fact)) continue;
        const behind = BEHIND[fact] ?? assert.fail(`${id} looks at ${fact}, of which no field is known`);
        const isDeclared = behind.some((field) =>
          field === 'stream'
            ? declared.some((entry) => entry.startsWith('stream: '))
            : declared.includes(field),
        );
        assert.ok(isDeclared, `${id} looks at ${fact}, and declares ${declared.join(', ')}`);
      }
    }
  });
});
