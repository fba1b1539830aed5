/** The context's signals on the scenarios that were recorded on a real API server. */
import { assessRisk, type Risk, type SignalId, SIGNALS } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { readScenarios } from '../context/creations.ts';
import { LISTS } from './risks.ts';

const idsOf = ({ signals }: Risk): readonly SignalId[] => signals.map(({ id }) => id);

describe('the scenarios of the captures', () => {
  // All namespaces are younger than ten minutes, so whatever is risky is so in a new one.
  const SCENARIOS: Readonly<Record<string, readonly SignalId[]>> = {
    anonymous: ['risky-in-new-namespace'],
    'changed-by-its-holder-for-another': ['risky-in-new-namespace', 'self-granted-hour'],
    'cluster-admin-account': ['cluster-admin-account', 'risky-in-new-namespace'],
    daemonset: ['risky-in-new-namespace'],
    'escalate-then-deploy': ['denied-before', 'risky-in-new-namespace', 'self-granted-hour'],
    'forged-owner': ['risky-in-new-namespace'],
    'gitops-argocd': ['risky-in-new-namespace'],
    'gitops-controllers': ['cluster-admin-account', 'risky-in-new-namespace'],
    impersonation: ['denied-before', 'first-impersonation'],
    'lookalike-namespace': ['risky-in-new-namespace'],
    'namespace-made-again': ['denied-before'],
    'namespace-shortly-after-permission': ['denied-before', 'risky-in-new-namespace'],
    'operator-makes-pods': ['risky-in-new-namespace'],
    'pods-own-token': ['risky-in-new-namespace'],
    'revoked-and-made-anew': ['denied-before'],
    'role-widened': ['denied-before', 'risky-in-new-namespace', 'self-granted-hour'],
    'self-grant-by-group': ['risky-in-new-namespace', 'self-granted-hour'],
    'standard-lowered': ['denied-before', 'risky-in-new-namespace'],
    'stolen-token': ['risky-in-new-namespace'],
    'subjects-patched': ['risky-in-new-namespace', 'self-granted-hour'],
    'token-made-by-a-person': ['risky-in-new-namespace', 'token-not-for-pod'],
    'unbound-token': ['risky-in-new-namespace'],
    'well-furnished-namespace': ['denied-before'],
  };

  it('are self-granted where their truth has it, and nowhere else', async () => {
    let granted = 0;
    for (const { name, scenario, selfGranted, event, created, context } of await readScenarios(true)) {
      if (selfGranted) granted++;
      assert.equal(
        idsOf(assessRisk({ event, created, lists: LISTS, context })).includes('self-granted-hour'),
        selfGranted,
        `${scenario}: ${name}`,
      );
    }
    assert.ok(granted > 5, String(granted));
  });

  /** The context's signals on all that the scenarios made; the stream was watched for long. */
  it('have the signals of what was done in them', async () => {
    const found = new Map<string, Set<SignalId>>();
    const ofContext = new Set(
      SIGNALS.slice(SIGNALS.findIndex(({ id }) => id === 'self-granted-hour')).map(({ id }) => id),
    );
    for (const { scenario, event, created, context } of await readScenarios(true)) {
      const ids = idsOf(assessRisk({ event, created, lists: LISTS, context })).filter(
        (id) => ofContext.has(id) && !id.startsWith('first-seen-'),
      );
      found.set(scenario, new Set([...(found.get(scenario) ?? []), ...ids]));
    }
    const rows = [...found].filter(([, ids]) => ids.size > 0);
    assert.deepEqual(
      Object.fromEntries(rows.map(([scenario, ids]) => [scenario, [...ids].sort()])),
      SCENARIOS,
    );
  });
});
