/**
 * Signals of pods whose spec was not seen: unknown is never harmless.
 *
 * Invariant: raised whatever the pod claims. Only what Kubernetes itself made, under its own account, and
 * that the audit policy records without bodies, is left out: there the policy is the cause. What the rest may
 * hold is in `notAssessed` as always.
 */
import { isByKubernetes } from '../excuses.ts';
import type { Facts } from '../facts.ts';
import { type Finding, POD, type SignalRow } from './signal.ts';
import type { UnseenSpec } from '../unseen-spec.ts';

export const UNSEEN_SPEC_SIGNALS: readonly SignalRow[] = [
  {
    id: 'unseen-spec',
    points: 40,
    isHard: true,
    techniques: ['T1610'],
    kinds: POD,
    looksAt: [],
    reads: ['level', 'annotations: audit.k8s.io/truncated', 'requestObject'],
    excuses: ['own-controller', 'kubelet', 'control-plane'],
    find: (facts) =>
      ofUnseen(facts, ({ reason, detail }) => [
        { field: 'object', what: detail ?? WHY[reason] ?? 'the event has none' },
      ]),
    say: (what) =>
      `Its spec was not recorded, or not as a whole (${what}); the creator of a pod can cause that.`,
  },
  {
    id: 'unseen-spec-violations',
    points: 45,
    isHard: true,
    techniques: ['T1610', 'T1611'],
    kinds: POD,
    looksAt: [],
    reads: [
      'level',
      'annotations: audit.k8s.io/truncated',
      'requestObject',
      'annotations: pod-security.kubernetes.io/*',
    ],
    excuses: ['own-controller', 'kubelet', 'control-plane'],
    find: (facts) =>
      ofUnseen(facts, ({ violations }) => violations.map((what) => ({ field: 'object', what }))),
    say: (what) =>
      `Its spec was not seen, but admission found in it what only a privileged pod has: ${what}.`,
  },
  {
    id: 'unseen-spec-unheld',
    points: 20,
    isHard: false,
    techniques: ['T1610'],
    kinds: POD,
    looksAt: [],
    reads: [
      ...([
        'level',
        'annotations: audit.k8s.io/truncated',
        'requestObject',
        'annotations: pod-security.kubernetes.io/*',
      ] as const),
      ...(['annotations: authorization.k8s.io/*', 'user.groups', 'impersonatedUser'] as const),
    ],
    excuses: ['own-controller', 'kubelet', 'control-plane'],
    find: (facts) => ofUnseen(facts, ({ unheld }) => unheld),
    say: (what) => `Its spec was not seen, and nothing known kept it from being dangerous: ${what}.`,
  },
];

const WHY: Readonly<Partial<Record<UnseenSpec['reason'], string>>> = {
  auditLevel: 'the audit policy records the request without it',
  truncated: 'the event was too large',
  answerShape: 'the answer was requested in a shape without it',
};

function ofUnseen(facts: Facts, find: (unseen: UnseenSpec) => readonly Finding[]): readonly Finding[] {
  const { unseenSpec } = facts;
  if (unseenSpec === undefined || (unseenSpec.reason !== 'truncated' && isByKubernetes(facts))) return [];
  return find(unseenSpec);
}
