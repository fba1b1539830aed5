/**
 * The commands for each step of an alert's runbook, by the step's id.
 *
 * Invariant: a command whose names are not all in the alert is left out. What only reads stands apart from
 * what changes the cluster; a namespace that every cluster has gets nothing that would change it. Steps
 * without commands, and ids of later versions, have none.
 */
import type { Alert } from '@arrivals/core';
import { shellWord } from '@arrivals/core/light';
import { controlledKind, nodeOf } from './principal.ts';
import { command, type Line, text } from './section.ts';
import { type Targets, targetsOf } from './targets.ts';

/** Made by the API server itself, which refuses to delete them or makes them again. */
const OF_EVERY_CLUSTER: readonly (string | null)[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
];

/** For each step of one alert. */
export function commandsOf(alert: Alert): (stepId: string) => readonly Line[] {
  const targets = targetsOf(alert);
  const table = alert.object.kind === 'Pod' ? podCommands(alert, targets) : namespaceCommands(alert, targets);
  return (stepId) => (table.get(stepId) ?? []).flatMap((line) => line ?? []);
}

type Table = ReadonlyMap<string, readonly (Line | undefined)[]>;

function podCommands(alert: Alert, targets: Targets): Table {
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
  const person = controlledKind(alert.actor.username ?? '') === undefined ? username : undefined;
  return new Map([
    ['source', [reads`kubectl get ${controller} -o yaml`]],
    ['configuration', [...whatItIs(targets), reads`kubectl get services ${inNamespace} -o wide`]],
    [
      'activity',
      [
        reads`kubectl logs ${object} --all-containers --prefix --timestamps`,
        reads`kubectl get events ${inNamespace} --field-selector=involvedObject.uid=${uid}`,
      ],
    ],
    [
      'access-controls',
      [
        ...grantCommands(targets),
        reads`kubectl auth can-i --list ${inNamespace} ${asAccount}`,
        reads`kubectl get networkpolicies ${inNamespace}`,
      ],
    ],
    [
      'dependencies',
      [
        ...secrets.map((secret) => reads`kubectl describe ${secret}`),
        ...claims.map((claim) => reads`kubectl get ${claim} -o wide`),
      ],
    ],
    ['impact', [reads`kubectl get ${object} -o wide`, reads`kubectl describe ${node}`]],
    [
      'preserve-evidence',
      [
        reads`kubectl get ${object} -o yaml > ${file}.yaml`,
        reads`kubectl logs ${object} --all-containers --prefix --timestamps > ${file}.log`,
      ],
    ],
    ['isolate', isolatePod(alert, targets)],
    [
      'remove',
      isMirror(alert)
        ? [text('A mirror pod goes with its file in the manifest folder of its node, and not otherwise.')]
        : [
            ...removalOfPod(alert, targets),
            reads`kubectl get ${controller} -o jsonpath='{.metadata.ownerReferences}'`,
          ],
    ],
    ['review-access', [reads`kubectl auth can-i --list ${inNamespace} ${person && asActor}`]],
    ['check-related', [reads`npx arrivals alerts --last 10000 --format table | grep -F -- ${person}`]],
    [
      'harden',
      [
        reads`kubectl label --dry-run=server --overwrite ${namespace} pod-security.kubernetes.io/enforce=baseline`,
      ],
    ],
    ['monitor', [reads`npx arrivals alerts --follow --format table | grep -F -- ${person}`]],
  ]);
}

function namespaceCommands(alert: Alert, targets: Targets): Table {
  const { object, inNamespace } = targets;
  const isOfEveryCluster = OF_EVERY_CLUSTER.includes(alert.object.name);
  const unlessOfEveryCluster = (...lines: readonly (Line | undefined)[]): readonly (Line | undefined)[] =>
    isOfEveryCluster ? [] : lines;
  // Without Secrets where contents are written to a file.
  const contents = 'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies';
  const images = shellWord('{range .items[*]}{.metadata.name}{"\\t"}{.spec.containers[*].image}{"\\n"}{end}');
  return new Map([
    ['details', [reads`kubectl get ${object} -o yaml`]],
    ['permission', grantCommands(targets)],
    ['network', [reads`kubectl get services,ingresses,networkpolicies ${inNamespace} -o wide`]],
    [
      'contents',
      [
        reads`kubectl get ${contents},secrets ${inNamespace}`,
        reads`kubectl get pods ${inNamespace} -o jsonpath=${images}`,
      ],
    ],
    [
      'halt',
      unlessOfEveryCluster(
        changes`kubectl create quota ${markOf(alert)} ${inNamespace} --hard=pods=0`,
        changes`kubectl scale deployments,statefulsets --all --replicas=0 ${inNamespace}`,
        changes`kubectl label --overwrite ${object} pod-security.kubernetes.io/enforce=restricted`,
      ),
    ],
    [
      'isolate',
      [
        ...unlessOfEveryCluster(denyAll(alert, targets, {})),
        reads`kubectl get rolebindings ${inNamespace} -o wide`,
      ],
    ],
    [
      'take-inventory',
      [reads`kubectl get ${contents} ${inNamespace} -o yaml > ${shellWord(`./${markOf(alert)}`)}.yaml`],
    ],
    ['remove', unlessOfEveryCluster(removal(targets))],
    ['find-root-cause', [reads`kubectl auth can-i --list ${targets.asActor}`]],
    ['remediate', grantCommands(targets)],
  ]);
}

/** By its namespace where the pod's own name is not known. */
function whatItIs({ object, inNamespace }: Targets): readonly (Line | undefined)[] {
  if (object === undefined)
    return [reads`kubectl get pods ${inNamespace} --sort-by=.metadata.creationTimestamp`];
  return [reads`kubectl get ${object} -o yaml`, reads`kubectl describe ${object}`];
}

function grantCommands({ binding, role }: Targets): readonly (Line | undefined)[] {
  return [reads`kubectl get ${binding} -o yaml`, reads`kubectl get ${role} -o yaml`];
}

/** By a label of its own: what labels the pod has, others may have too. */
function isolatePod(alert: Alert, targets: Targets): readonly (Line | undefined)[] {
  const { hostAccess } = alert.object;
  if (hostAccess?.network === true)
    return [text('It shares its node’s network, where no NetworkPolicy holds it: it has to be removed.')];
  if (targets.object === undefined) return [];
  const mark = markOf(alert);
  return [
    changes`kubectl label --overwrite ${targets.object} quarantine=${mark}`,
    denyAll(alert, targets, { matchLabels: { quarantine: mark } }),
    ...(hostAccess === null
      ? [text('No NetworkPolicy holds it if it shares its node’s network, which was not seen.')]
      : []),
  ];
}

function denyAll(alert: Alert, { inNamespace }: Targets, podSelector: object): Line | undefined {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: markOf(alert) },
    spec: { podSelector, policyTypes: ['Ingress', 'Egress'] },
  };
  return changes`echo ${shellWord(JSON.stringify(policy))} | kubectl apply ${inNamespace} -f -`;
}

/** What a controller owns would come back; any other owner is the word of whoever made the pod. */
function removalOfPod(alert: Alert, targets: Targets): readonly (Line | undefined)[] {
  if (isByController(alert)) return [];
  const owner =
    alert.object.ownerReferences?.length === 0
      ? undefined
      : 'What it says of an owner is its maker’s word: look whether it comes back.';
  return [removal(targets), ...(owner === undefined || targets.uid === undefined ? [] : [text(owner)])];
}

/** Only what still has the uid: another of that name may have come since. */
function removal({ raw, uid }: Targets): Line | undefined {
  if (uid === undefined) return undefined;
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
  return changes`echo ${shellWord(JSON.stringify(options))} | kubectl delete ${raw} -f -`;
}

/** By the account that made it, never by the owner that it names. */
function isByController({ author, actor }: Alert): boolean {
  return (
    author?.madeByController ??
    (actor.impersonatedUsername === null && controlledKind(actor.username ?? '') !== undefined)
  );
}

/** A kubelet's, for itself: no other user is one, whatever owner stands in the pod. */
function isMirror({ object, actor }: Alert): boolean {
  const node = nodeOf(actor.username ?? '');
  return (
    node !== undefined &&
    actor.impersonatedUsername === null &&
    object.ownerReferences?.some(
      ({ kind, name, controller }) => controller && kind === 'Node' && name === node,
    ) === true
  );
}

/** A name for what is made because of this alert. */
function markOf({ alertId }: Alert): string {
  return `arrivals-${/^[0-9a-f]{8}-/.test(alertId) ? alertId.slice(0, 8) : 'alert'}`;
}

type Words = readonly (string | undefined)[];

function reads(texts: TemplateStringsArray, ...words: Words): Line | undefined {
  return commandLine(texts, words, false);
}

function changes(texts: TemplateStringsArray, ...words: Words): Line | undefined {
  return commandLine(texts, words, true);
}

function commandLine(texts: TemplateStringsArray, words: Words, isChange: boolean): Line | undefined {
  return words.includes(undefined) ? undefined : command(String.raw({ raw: texts }, ...words), isChange);
}
