/** Signals of names and namespaces: an actor in the wrong namespace, and imitations. */
import { distributionOf } from '../../context/distribution.ts';
import { hasSeenOwner, isByKubernetes } from '../excuses.ts';
import type { Facts } from '../facts.ts';
import { type Likeness, likenessOf } from '../detectors/likeness.ts';
import { BOTH, type Finding, POD, type SignalRow } from './signal.ts';
import { quoted } from '../../text/wording.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export const NAMING_SIGNALS: readonly SignalRow[] = [
  {
    id: 'mirror-pod',
    points: 30,
    isHard: true,
    techniques: ['T1610'],
    kinds: POD,
    looksAt: ['annotations'],
    reads: ['object.metadata.annotations', 'user.username'],
    excuses: [],
    find: mirrorPod,
    say: (what) => `A static pod: ${what}.`,
  },
  {
    id: 'system-namespace',
    points: 25,
    isHard: false,
    techniques: ['T1036.005'],
    kinds: POD,
    looksAt: ['actor', 'namespace', 'behind'],
    reads: ['user.username', 'objectRef.namespace', 'stream: authors'],
    excuses: ['system-actor', 'distribution'],
    find: systemNamespace,
    say: (what) => `Made in a namespace of the system by somebody who is not part of it: ${what}.`,
  },
  {
    id: 'controller-style-name',
    points: 25,
    isHard: true,
    techniques: ['T1036.005'],
    kinds: POD,
    looksAt: ['name', 'actor'],
    reads: ['user.username', 'object.metadata.name', 'object.metadata.ownerReferences'],
    excuses: ['own-controller', 'kubelet', 'control-plane', 'seen-owner'],
    find: controllerStyleName,
    say: (what) => `Imitates a pod that a controller made: ${what}.`,
  },
  {
    id: 'contradicted-owner',
    points: 25,
    isHard: true,
    techniques: ['T1036.005'],
    kinds: POD,
    looksAt: ['owners', 'actor'],
    reads: ['user.username', 'impersonatedUser', 'object.metadata.ownerReferences'],
    excuses: ['own-controller', 'kubelet', 'control-plane'],
    find: contradictedOwner,
    say: (what) => `Names an owner that cannot be its owner: ${what}.`,
  },
  {
    id: 'system-like-namespace',
    points: 25,
    isHard: true,
    techniques: ['T1036.005'],
    kinds: BOTH,
    looksAt: ['namespace'],
    reads: ['objectRef.namespace', 'objectRef.resource', 'object.metadata.name'],
    excuses: ['trusted-name'],
    find: systemLikeNamespace,
    say: (what) => `The namespace’s name imitates a trusted one: ${what}.`,
  },
];

/** Only on a kubelet's pod the annotation is true; anyone else who writes it pretends. */
function mirrorPod({ annotations, maker }: Facts): readonly Finding[] {
  if (!Object.hasOwn(annotations, MIRROR)) return [];
  const what = maker.isKubelet
    ? `it comes from a file on its node and no admission rule checked it (annotation ${MIRROR})`
    : `by its annotation ${MIRROR}, which no kubelet wrote here`;
  return [{ field: `object.annotations["${MIRROR}"]`, what }];
}

function systemNamespace({ actor, author, namespace, lists }: Facts): readonly Finding[] {
  const username = author?.action.username ?? actor.username;
  const { isSystem } = author ?? actor;
  const isDistributions = author !== undefined && distributionOf(author.action) !== undefined;
  if (
    username === undefined ||
    isSystem ||
    isDistributions ||
    namespace === undefined ||
    !lists.systemNamespaces.includes(namespace)
  )
    return [];
  return [{ field: 'object.namespace', what: `${quoted(username)} in ${quoted(namespace)}` }];
}

/**
 * What Kubernetes draws its generated endings from: no vowels, and none of 0, 1 and 3 (apimachinery,
 * util/rand).
 */
const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]';
/** A Deployment's pod: the hash of its template, then a generated ending. */
const DEPLOYMENT_POD = new RegExp(`^.{1,240}-${GENERATED}{8,10}-${GENERATED}{5}$`);
const GENERATED_ENDING = new RegExp(`-${GENERATED}{5}$`);

function controllerStyleName(facts: Facts): readonly Finding[] {
  const { actor, name, owners, lists } = facts;
  if (actor.username === undefined || name === undefined || isByKubernetes(facts) || hasSeenOwner(facts))
    return [];
  const rest =
    owners.length === 0 ? 'and nothing owns it' : 'and only its creator claims that it has an owner';
  const workload = lists.systemWorkloads.find((entry) => isPodOf(name, entry));
  if (workload !== undefined)
    return [{ field: 'object.name', what: `${quoted(name)}, like a pod of ${workload}, ${rest}` }];
  return DEPLOYMENT_POD.test(name)
    ? [{ field: 'object.name', what: `${quoted(name)}, like a Deployment’s pod, ${rest}` }]
    : [];
}

function contradictedOwner({ actor, owners }: Facts): readonly Finding[] {
  const made = quoted(actor.impersonated?.username ?? actor.username ?? '?');
  return owners.flatMap(({ assurance, kind, name }) =>
    assurance === 'CONTRADICTED'
      ? [
          {
            field: 'object.ownerReferences',
            what: `it claims that ${KIND.test(kind ?? '') ? (kind ?? '') : quoted(kind ?? '')} ${quoted(name ?? '')} owns it, and ${made} made it`,
          },
        ]
      : [],
  );
}

const KIND = /^[A-Z][A-Za-z0-9]{0,39}$/;

/** A DaemonSet's pod, or a static one with its node's name. */
function isPodOf(name: string, workload: string): boolean {
  if (!name.startsWith(`${workload}-`)) return false;
  return workload.startsWith('kube-') || GENERATED_ENDING.test(name.slice(workload.length));
}

function systemLikeNamespace({ created, namespace, lists }: Facts): readonly Finding[] {
  if (namespace === undefined) return [];
  const likeness = likenessOf(namespace, { system: lists.systemNamespaces, known: lists.knownNamespaces });
  // Every pod in kube-tools would match; the alert of the namespace has it once.
  if (likeness === undefined || (likeness.how === 'RESERVED' && created === 'Pod')) return [];
  return [
    { field: created === 'Pod' ? 'object.namespace' : 'object.name', what: saidOf(namespace, likeness) },
  ];
}

function saidOf(namespace: string, { how, to }: Likeness): string {
  switch (how) {
    case 'CHARACTERS':
      return `${quoted(namespace)} looks like ${to}`;
    case 'TYPING':
      return `${quoted(namespace)} is one slip from ${to}`;
    case 'CONTAINS':
      return `${quoted(namespace)} holds ${to}`;
    case 'RESERVED':
      return `${quoted(namespace)} begins with ${to}, which Kubernetes keeps for itself`;
  }
}
