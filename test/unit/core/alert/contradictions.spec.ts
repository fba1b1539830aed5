/**
 * No alert says two things that cannot both be so: rules over every alert of every capture, and of each event
 * with less of it recorded.
 */
import { type Alert, select } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { alertWith, readScenarios } from '../context/creations.ts';
import { RULES } from './contradictions.ts';
import {
  alertOf,
  answeredAsTable,
  answeredPartially,
  atLevelMetadata,
  atLevelRequest,
  CONTAINER,
  creationsOfCapture,
  type Json,
  LISTS,
  namespaceCreated,
  podCreated,
  truncated,
  unseenContext,
} from './creations.ts';

const MADE_UP: readonly Json[] = [
  ...[
    { hostNetwork: true },
    { hostPID: true },
    { hostIPC: true },
    { volumes: [{ name: 'v', hostPath: { path: '/etc' } }] },
  ].map((spec) => podCreated({ spec })),
  podCreated({ spec: { containers: [{ ...CONTAINER, ports: [{ hostPort: 8080 }] }] } }),
  podCreated({
    spec: { containers: [{ ...CONTAINER, securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] },
  }),
  podCreated({ spec: { containers: [{ ...CONTAINER, securityContext: { privileged: true } }] } }),
  podCreated({ event: { sourceIPs: [], userAgent: undefined } }),
  podCreated({ event: { responseStatus: { metadata: {}, code: 504 }, responseObject: undefined } }),
  ...['kube-systern', 'kube-prometheus-stack', 'kube-system', 'openshift-x'].flatMap((name) => [
    namespaceCreated({ metadata: { name } }),
    podCreated({
      metadata: { namespace: name },
      event: { objectRef: { resource: 'pods', namespace: name, name: 'web', apiVersion: 'v1' } },
    }),
  ]),
  namespaceCreated({ event: { user: { username: 'zoe', groups: ['makers', 'system:authenticated'] } } }),
];

/** With less of it recorded; a patch or an answer that has no body has nothing to leave out. */
function poorer(event: Json): readonly Json[] {
  const isWhole =
    event['verb'] === 'create' && (event['responseObject'] as Json | undefined)?.['metadata'] !== undefined;
  return [
    event,
    atLevelMetadata(event),
    atLevelRequest(event),
    truncated(event),
    ...(isWhole ? [answeredPartially(event), answeredAsTable(event)] : []),
  ];
}

describe('an alert', function () {
  this.timeout(60_000);
  const alerts: Alert[] = [];

  before(async () => {
    const events = [...creationsOfCapture(), ...MADE_UP]
      .flatMap(poorer)
      .filter((raw) => 'created' in select(readAuditEvent(raw)));
    for (const raw of events)
      alerts.push(
        alertOf(raw),
        alertOf(raw, () => null),
      );
    for (const isWatched of [true, false])
      for (const { event, context } of await readScenarios(isWatched))
        alerts.push(alertWith(event, context), alertWith(event, null));
    assert.ok(alerts.length > 1000, String(alerts.length));
  });

  for (const [says, rule] of Object.entries(RULES))
    it(says, () => {
      const wrong = alerts.flatMap((alert) => {
        const what = rule(alert);
        return what === undefined
          ? []
          : [
              `${alert.object.namespace ?? ''}/${alert.object.name ?? ''} of ${alert.provenance.level ?? '?'}: ${what}`,
            ];
      });
      assert.deepEqual(wrong.slice(0, 5), [], `${String(wrong.length)} of ${String(alerts.length)}`);
    });

  it('is judged by lists that are whole, and by contexts of every age', () => {
    assert.ok(LISTS.systemNamespaces.includes('kube-system'));
    assert.ok(unseenContext('Pod', readAuditEvent(podCreated())) !== null);
    for (const list of ['firstSeen', 'learning'] as const)
      for (const isEmpty of [true, false])
        assert.ok(
          alerts.some(({ context }) => context !== null && (context[list].length === 0) === isEmpty),
          list,
        );
  });
});
