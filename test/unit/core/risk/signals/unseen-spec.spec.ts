/** Signals of specs that were not seen: where each is raised, and the nearest that does not raise it. */
import {
  atLevelMetadata,
  atLevelRequest,
  namespaceCreated,
  podCreated,
  truncated,
} from '../../alert/creations.ts';
import { as, CI, CONTROLLER, describeSignals, NODE, OWNED, pod } from '../risks.ts';

const annotated = (annotations: Readonly<Record<string, string>>, event = {}) =>
  pod({}, { ...event, annotations });
const ENFORCED = 'pod-security.kubernetes.io/enforce-policy';
const VIOLATED = 'pod-security.kubernetes.io/audit-violations';
const REASON = 'authorization.k8s.io/reason';
const EVERYTHING =
  'RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "cluster-admin" to User "alice"';

describeSignals({
  'unseen-spec': {
    raised: [
      ['a level without bodies', atLevelMetadata(pod({}))],
      ['a truncated event', truncated(pod({}))],
      [
        'a service account of kube-system',
        atLevelMetadata(pod({}, as('system:serviceaccount:kube-system:helm'))),
      ],
      ['who acts as a controller', atLevelMetadata(pod({}, { impersonatedUser: CONTROLLER.user }))],
      ['a controller’s pod that was padded', truncated(pod({}, CONTROLLER, OWNED))],
      [
        'a spec of which containers were cut',
        annotated(
          { 'audit.k8s.io/truncated': 'true', 'arrivals/cut': 'containers' },
          { requestObject: undefined },
        ),
      ],
    ],
    not: [
      ['a spec that was seen', pod({})],
      ['what the client sent, where the answer is not recorded', atLevelRequest(pod({}))],
      ['a controller at a level without bodies', atLevelMetadata(pod({}, CONTROLLER, OWNED))],
      ['a kubelet at a level without bodies', atLevelMetadata(pod({}, NODE))],
      [
        'labels that were cut',
        annotated(
          { 'audit.k8s.io/truncated': 'true', 'arrivals/cut': 'labels' },
          { requestObject: undefined },
        ),
      ],
      ['a namespace', atLevelMetadata(namespaceCreated())],
    ],
  },
  'unseen-spec-violations': {
    raised: [
      [
        'what admission found',
        atLevelMetadata(
          annotated({
            [VIOLATED]: 'would violate PodSecurity "restricted:latest": hostPath volumes (volume "v")',
          }),
        ),
      ],
    ],
    not: [
      [
        'what every pod violates',
        atLevelMetadata(
          annotated({
            [VIOLATED]: 'would violate PodSecurity "restricted:latest": runAsNonRoot != true (pod)',
          }),
        ),
      ],
      ['a spec that was seen', annotated({ [VIOLATED]: 'hostPath volumes (volume "v")' })],
    ],
  },
  'unseen-spec-unheld': {
    raised: [
      ['a namespace that lets any pod in', atLevelMetadata(annotated({ [ENFORCED]: 'privileged:latest' }))],
      ['a right to everything', atLevelMetadata(annotated({ [REASON]: EVERYTHING }))],
      ['a member of system:masters', atLevelMetadata(podCreated({ event: as('alice', 'system:masters') }))],
    ],
    not: [
      ['a namespace with a level', atLevelMetadata(annotated({ [ENFORCED]: 'baseline:latest' }, CI))],
      [
        'a right in one namespace',
        atLevelMetadata(
          annotated({ [REASON]: EVERYTHING.replace('ClusterRoleBinding "root"', 'RoleBinding "root/shop"') }),
        ),
      ],
      ['a spec that was seen', annotated({ [ENFORCED]: 'privileged:latest' })],
    ],
  },
});
