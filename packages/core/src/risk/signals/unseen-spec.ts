/**
 * Signals of pods whose spec was not seen: unknown is never harmless.
 *
 * Invariant: raised whatever is claimed of the pod. Only what Kubernetes itself made, under an account that
 * is its own, and that the audit policy records without bodies, is left alone: there it is the policy that
 * chose. What the rest may hold stands in `notAssessed` as ever.
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
      `Nothing, or not all, of what it is was recorded (${what}); whoever makes a pod can bring that about.`,
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
      `Its spec was not seen, but admission says that it has what only a privileged pod has: ${what}.`,
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
    say: (what) => `Its spec was not seen, and nothing is known that kept it from being dangerous: ${what}.`,
  },
];

const WHY: Readonly<Partial<Record<UnseenSpec['reason'], string>>> = {
  auditLevel: 'the audit policy records the request without it',
  truncated: 'the event was too large',
  answerShape: 'the answer was asked for in a shape without it',
};

function ofUnseen(facts: Facts, find: (unseen: UnseenSpec) => readonly Finding[]): readonly Finding[] {
  const { unseenSpec } = facts;
  if (unseenSpec === undefined || (unseenSpec.reason !== 'truncated' && isByKubernetes(facts))) return [];
  return find(unseenSpec);
}
