/** The first line: the sentence that a person would write. */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import {
  alertOf,
  atLevelMetadata,
  creationsOfCapture,
  namespaceCreated,
  podCreated,
} from '../../core/alert/creations.ts';
import { captured, headlineOf } from './explained.ts';

describe('the headline', () => {
  const real: readonly (readonly [name: string, title: string])[] = [
    [
      'root-shell',
      '“admin” created the privileged pod “audited/root-shell” with hostPath “/”, host network, host PID and 2 more (CRITICAL, 100)',
    ],
    ['web-1', '“alice” created the pod “team-a/web-1” (INFORMATIONAL, 0)'],
    [
      'kube-systern',
      '“admin” created the namespace “kube-systern”; the name of the namespace passes for a trusted one (LOW, 25)',
    ],
    [
      'static-proxy-edge-1',
      'The kubelet of node “edge-1” reported the static pod “kube-system/static-proxy-edge-1” (LOW, 30)',
    ],
    ['kube-public', 'The API server itself created the namespace “kube-public” (INFORMATIONAL, 0)'],
  ];
  for (const [name, title] of real)
    it(`of ${name} reads: ${title}`, () => {
      assert.equal(headlineOf(captured(name)).title, title);
    });

  it('is the record’s own sentence, with the risk behind it, and no second one', () => {
    for (const event of [
      ...creationsOfCapture(),
      podCreated(),
      namespaceCreated(),
      atLevelMetadata(podCreated()),
    ]) {
      const alert = alertOf(event);
      const { title } = headlineOf(alert);
      assert.ok(title.startsWith(`${alert.headline} (`), title);
      assert.match(
        title.slice(alert.headline.length),
        /^ \((?:INFORMATIONAL|LOW|MEDIUM|HIGH|CRITICAL), \d+(?:, confidence LOW)?\)$/,
      );
    }
  });

  it('tells time, cluster and ID below', () => {
    const alert = captured('root-shell');
    assert.deepEqual(headlineOf(alert).lines, [
      'When 2026-11-22 14:09:18 UTC',
      'Cluster test',
      `Alert New K8s Pod, ${alert.alertId}`,
    ]);
    assert.match(headlineOf({ ...alert, revision: 3 }).lines[2] ?? '', /, revision 3$/);
    assert.equal(
      headlineOf({ ...alert, occurredAt: null }).lines[0],
      'When the event does not say; received 2026-11-22 14:09:20 UTC',
    );
  });

  it('explains each flag, and shows one that it does not know', () => {
    const flags = [
      'notDeduplicated',
      'notEnriched',
      'afterStateLoss',
      'unconfirmed',
      'ofALaterVersion',
    ] as unknown as Alert['flags'];
    const notes = headlineOf({ ...captured('web-1'), flags }).lines.slice(3);
    assert.equal(notes.length, 5);
    for (const [i, flag] of flags.entries()) assert.match(notes[i] ?? '', new RegExp(`^Note .*${flag}`));
    assert.match(notes[0] ?? '', /state store was away.*another record with this ID and revision/);
  });

  it('says that nobody confirms it where the answer was a failure', () => {
    const event = podCreated({
      event: { responseStatus: { metadata: {}, code: 504 }, responseObject: undefined },
    });
    assert.match(
      headlineOf(alertOf(event)).title,
      /^“alice” created the pod “shop\/web”.*; whether it was stored is not known \(/,
    );
  });
});
