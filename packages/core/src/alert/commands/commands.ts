/**
 * The commands for each step of an alert's runbook, by the step's id: those of the record and of `explain`.
 *
 * Invariant: a command whose names are not all in the alert is left out. What only reads stands apart from
 * what changes the cluster; a namespace that every cluster has gets nothing that would change it. Steps
 * without commands, and ids of later versions, have none.
 */
import { isPodMaker } from '../../kubernetes/controllers.ts';
import { shellWord } from '../../text/shell.ts';
import { type Described, type Targets, targetsOf } from './targets.ts';
/** A line of a step: a command that reads or changes the cluster, or a note for whoever runs them. */
export interface StepLine {
  readonly kind: 'read' | 'change' | 'note';
  readonly text: string;
}

const NODE = 'system:node:';

/** Made by the API server itself, which refuses to delete them or makes them again. */
const OF_EVERY_CLUSTER: readonly (string | null)[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
];

/** For each step of one alert. */
export function commandsOf(alert: Described): (stepId: string) => readonly StepLine[] {
  const targets = targetsOf(alert);
  const table = alert.object.kind === 'Pod' ? podCommands(alert, targets) : namespaceCommands(alert, targets);
  return (stepId) => (table.get(stepId)?.() ?? []).flatMap((line) => line ?? []);
}

/** Each is made when it is asked for. */
type Table = ReadonlyMap<string, () => readonly (StepLine | undefined)[]>;

function podCommands(alert: Described, targets: Targets): Table {
  const {
    object,
    inNamespace,
    namespace,
    node,
    controller,
    secrets,
    claims,
    asAccount,
    asActor,
    uid,
    username,
  } = targets;
  const file = shellWord(`./${markOf(alert)}`);
  // A controller made half of what is in the cluster.
  const person = isPodMaker(alert.actor.username ?? '') ? undefined : username;
  return new Map([
    [
      'source',
      () => [
        reads`kubectl get ${object} -o yaml --show-managed-fields`,
        reads`kubectl get ${controller} -o yaml`,
      ],
    ],
    ['configuration', () => [...whatItIs(targets), reads`kubectl get services ${inNamespace} -o wide`]],
    ['services', () => [reads`kubectl get services,endpointslices ${inNamespace} -o wide`]],
    [
      'activity',
      () => [
        reads`kubectl get events ${inNamespace} --field-selector=involvedObject.uid=${uid}`,
        reads`kubectl logs ${object} --all-containers --prefix --timestamps`,
      ],
    ],
    ['resource-use', () => [reads`kubectl top ${object} --containers`]],
    ['access-controls', () => grantCommands(targets)],
    [
      'service-account',
      () => [
        reads`kubectl auth can-i --list ${inNamespace} ${asAccount}`,
        ...(asAccount === undefined
          ? [reads`kubectl get ${object} -o jsonpath='{.spec.serviceAccountName}'`]
          : []),
      ],
    ],
    ['network-policies', () => [reads`kubectl get networkpolicies ${inNamespace} -o yaml`]],
    [
      'dependencies',
      () => [
        ...secrets.map((secret) => reads`kubectl describe ${secret}`),
        ...claims.map((claim) => reads`kubectl get ${claim} -o wide`),
        reads`kubectl get persistentvolumeclaims,secrets,configmaps ${inNamespace}`,
      ],
    ],
    [
      'impact',
      () => [
        reads`kubectl get ${object} -o wide`,
        reads`kubectl describe ${node}`,
        reads`kubectl get ${namespace} -o yaml`,
      ],
    ],
    [
      'preserve-evidence',
      () => [
        reads`kubectl get ${object} -o yaml > ${file}.yaml`,
        reads`kubectl logs ${object} --all-containers --prefix --timestamps > ${file}.log`,
      ],
    ],
    ['isolate', () => isolatePod(alert, targets)],
    [
      'remove',
      () =>
        isMirror(alert)
          ? [note('A mirror pod goes with its file in the manifest folder of its node, and not otherwise.')]
          : [
              ...removalOfPod(alert, targets),
              reads`kubectl get ${controller} -o jsonpath='{.metadata.ownerReferences}'`,
            ],
    ],
    ['review-access', () => [reads`kubectl auth can-i --list ${inNamespace} ${person && asActor}`]],
    ['check-related', () => [reads`npx arrivals alerts --last 10000 --format table | grep -F -- ${person}`]],
    [
      'harden',
      () => [
        reads`kubectl label --dry-run=server --overwrite ${namespace} pod-security.kubernetes.io/enforce=baseline`,
      ],
    ],
    ['monitor', () => [reads`npx arrivals alerts --follow --format table | grep -F -- ${person}`]],
  ]);
}

function namespaceCommands(alert: Described, targets: Targets): Table {
  const { object, inNamespace } = targets;
  const isOfEveryCluster = OF_EVERY_CLUSTER.includes(alert.object.name);
  const unlessOfEveryCluster = (
    ...lines: readonly (StepLine | undefined)[]
  ): readonly (StepLine | undefined)[] => (isOfEveryCluster ? [] : lines);
  // Without Secrets where contents are written to a file.
  const contents = 'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies';
  const images = shellWord('{range .items[*]}{.metadata.name}{"\\t"}{.spec.containers[*].image}{"\\n"}{end}');
  return new Map([
    ['details', () => [reads`kubectl get ${object} -o yaml`]],
    ['permission', () => [...grantCommands(targets), reads`kubectl auth can-i --list ${targets.asActor}`]],
    [
      'network',
      () => [reads`kubectl get services,ingresses,endpointslices,networkpolicies ${inNamespace} -o wide`],
    ],
    [
      'contents',
      () => [
        reads`kubectl get pods ${inNamespace} -o jsonpath=${images}`,
        reads`kubectl get ${contents},secrets ${inNamespace}`,
      ],
    ],
    [
      'halt',
      () =>
        unlessOfEveryCluster(
          changes`kubectl create quota ${markOf(alert)} ${inNamespace} --hard=pods=0`,
          changes`kubectl scale deployments,statefulsets --all --replicas=0 ${inNamespace}`,
          changes`kubectl label --overwrite ${object} pod-security.kubernetes.io/enforce=restricted`,
        ),
    ],
    [
      'isolate',
      () => [
        ...unlessOfEveryCluster(denyAll(alert, targets, {})),
        reads`kubectl get rolebindings ${inNamespace} -o wide`,
      ],
    ],
    [
      'take-inventory',
      () => [reads`kubectl get ${contents} ${inNamespace} -o yaml > ${shellWord(`./${markOf(alert)}`)}.yaml`],
    ],
    ['remove', () => unlessOfEveryCluster(removal(targets))],
    ['find-root-cause', () => [reads`kubectl auth can-i --list ${targets.asActor}`]],
    ['remediate', () => grantCommands(targets)],
  ]);
}

/** By its namespace where the pod's own name is not known. */
function whatItIs({ object, inNamespace }: Targets): readonly (StepLine | undefined)[] {
  if (object === undefined)
    return [reads`kubectl get pods ${inNamespace} --sort-by=.metadata.creationTimestamp`];
  return [reads`kubectl get ${object} -o yaml`, reads`kubectl describe ${object}`];
}

function grantCommands({ binding, role }: Targets): readonly (StepLine | undefined)[] {
  return [reads`kubectl get ${binding} -o yaml`, reads`kubectl get ${role} -o yaml`];
}

/** By a label of its own: what labels the pod has, others may have too. */
function isolatePod(alert: Described, targets: Targets): readonly (StepLine | undefined)[] {
  const { hostAccess } = alert.object;
  if (hostAccess?.network === true)
    return [note('It shares its node’s network, where no NetworkPolicy holds it: it has to be removed.')];
  if (targets.object === undefined) return [];
  const mark = markOf(alert);
  return [
    changes`kubectl label --overwrite ${targets.object} quarantine=${mark}`,
    denyAll(alert, targets, { matchLabels: { quarantine: mark } }),
    ...(hostAccess === null
      ? [note('No NetworkPolicy holds it if it shares its node’s network, which was not seen.')]
      : []),
  ];
}

function denyAll(alert: Described, { inNamespace }: Targets, podSelector: object): StepLine | undefined {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: markOf(alert) },
    spec: { podSelector, policyTypes: ['Ingress', 'Egress'] },
  };
  return changes`echo ${shellWord(JSON.stringify(policy))} | kubectl apply ${inNamespace} -f -`;
}

/** What a controller owns would come back; any other owner is the word of whoever made the pod. */
function removalOfPod(alert: Described, targets: Targets): readonly (StepLine | undefined)[] {
  if (isByController(alert)) return [];
  const owner =
    alert.object.ownerReferences?.length === 0
      ? undefined
      : 'What it says of an owner is its maker’s word: look whether it comes back.';
  return [removal(targets), ...(owner === undefined || targets.uid === undefined ? [] : [note(owner)])];
}

/** Only what still has the uid: another of that name may have come since. */
function removal({ raw, uid }: Targets): StepLine | undefined {
  if (uid === undefined) return undefined;
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
  return changes`echo ${shellWord(JSON.stringify(options))} | kubectl delete ${raw} -f -`;
}

/** By the account that made it, never by the owner that it names. */
function isByController({ author, actor }: Described): boolean {
  return (
    author?.madeByController ?? (actor.impersonatedUsername === null && isPodMaker(actor.username ?? ''))
  );
}

/** A kubelet's, for itself: no other user is one, whatever owner stands in the pod. */
function isMirror({ object, actor }: Described): boolean {
  const node = actor.username?.startsWith(NODE) === true ? actor.username.slice(NODE.length) : '';
  return (
    node !== '' &&
    actor.impersonatedUsername === null &&
    object.ownerReferences?.some(
      ({ kind, name, controller }) => controller && kind === 'Node' && name === node,
    ) === true
  );
}

/** A name for what is made because of this alert. */
function markOf({ alertId }: Described): string {
  return `arrivals-${/^[0-9a-f]{8}-/.test(alertId) ? alertId.slice(0, 8) : 'alert'}`;
}

function note(text: string): StepLine {
  return { kind: 'note', text };
}

type Words = readonly (string | undefined)[];

function reads(texts: TemplateStringsArray, ...words: Words): StepLine | undefined {
  return commandLine(texts, words, false);
}

function changes(texts: TemplateStringsArray, ...words: Words): StepLine | undefined {
  return commandLine(texts, words, true);
}

function commandLine(texts: TemplateStringsArray, words: Words, isChange: boolean): StepLine | undefined {
  return words.includes(undefined)
    ? undefined
    : { kind: isChange ? 'change' : 'read', text: String.raw({ raw: texts }, ...words) };
}
