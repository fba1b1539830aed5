/**
 * What the signals read in a pod's spec.
 *
 * Invariant: all three lists of containers are read, and of each everything that can be executed: command,
 * arguments, hooks, probes. What excuses one container excuses no other.
 */
import {
  ASSESSED_CONTAINERS_MAX,
  type ContainerKind,
  containersOf,
  podContainers,
} from '../kubernetes/pod-containers.ts';
import { asArray, asTexts, at, textAt } from '../base/json.ts';
import { type Excusable, rightsOf } from './infrastructure.ts';
import type { InfrastructurePrivilege } from './lists.ts';
import {
  type Allowance,
  allowanceOf,
  type ExecutedText,
  type ExecutedTexts,
  readTexts,
} from './detectors/executed-texts.ts';

export interface PodFacts {
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  /** hostProcess of Windows, set for the whole pod. */
  readonly hostProcess: boolean;
  readonly serviceAccountName: string | undefined;
  readonly nodeName: string | undefined;
  readonly hostPaths: readonly HostPathVolume[];
  readonly containers: readonly ContainerFacts[];
  /** What there was more of than is looked at. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly what: 'volumes' | 'containers' | 'texts';
  readonly detail: string;
}

export interface HostPathVolume {
  readonly field: string;
  readonly path: string;
  /** Of those that mount it. */
  readonly mounts: Mounts;
}

/** All mounts of one name, summed up: a client may write as many volumes of that name as there are mounts. */
export interface Mounts {
  readonly any: boolean;
  /** By a container that has no good reason to. */
  readonly unexcused: boolean;
  /** Those that are not excused are all read-only. */
  readonly readOnly: boolean;
}

const NO_TEXTS: ExecutedTexts = { executed: { command: [], args: [], others: [] }, commands: [], env: [] };
const UNMOUNTED: Mounts = { any: false, unexcused: false, readOnly: true };

export interface ContainerFacts {
  /** Its path in the alert. */
  readonly field: string;
  readonly kind: ContainerKind;
  readonly name: string;
  readonly image: string | undefined;
  readonly privileged: boolean;
  readonly hostProcess: boolean;
  readonly capabilities: readonly string[];
  /** What it executes: a text for the command and its arguments, and one for each hook and probe. */
  readonly commands: readonly ExecutedText[];
  /** Literal values of its environment, which scripts are kept in too. */
  readonly env: readonly ExecutedText[];
  /** What a known infrastructure image needs. */
  readonly expected: ReadonlySet<InfrastructurePrivilege>;
}

/** Host path volumes that are looked at; the others are not assessed. No node mounts as many for a pod. */
const VOLUMES_MAX = 2000;

/** @param infrastructure what may be excused, as infrastructure.ts has it for this place */
export function readPod(spec: unknown, infrastructure: Excusable): PodFacts {
  const found = podContainers(spec);
  const texts = found.map(({ value }, i) => executedTexts(`object.containers[${String(i)}]`, value));
  const allowed = allowanceOf(texts);
  const members = found.map(({ kind, value }, i) => ({
    value,
    container: readContainer(
      `object.containers[${String(i)}]`,
      { kind, value, texts: texts[i] ?? NO_TEXTS, allowed },
      infrastructure,
    ),
  }));
  const mounts = mountsByName(members);
  const hostPaths = asArray(at(spec, 'volumes')).flatMap((volume, i) => {
    const path = textAt(volume, 'hostPath', 'path');
    return path === undefined ? [] : [{ volume, path, i }];
  });
  return {
    hostNetwork: at(spec, 'hostNetwork') === true,
    hostPid: at(spec, 'hostPID') === true,
    hostIpc: at(spec, 'hostIPC') === true,
    hostProcess: at(spec, 'securityContext', 'windowsOptions', 'hostProcess') === true,
    serviceAccountName: textAt(spec, 'serviceAccountName') ?? textAt(spec, 'serviceAccount'),
    nodeName: textAt(spec, 'nodeName'),
    hostPaths: hostPaths.slice(0, VOLUMES_MAX).map(({ volume, path, i }) => ({
      field: `object.volumes[${String(i)}]`,
      path,
      mounts: mounts.get(textAt(volume, 'name')) ?? UNMOUNTED,
    })),
    containers: members.map(({ container }) => container),
    leftOut: [
      ...tooMany('containers', containersOf(spec), ASSESSED_CONTAINERS_MAX),
      ...tooMany('volumes', hostPaths.length, VOLUMES_MAX),
      ...(allowed.detail === undefined ? [] : [{ what: 'texts' as const, detail: allowed.detail }]),
    ],
  };
}

function tooMany(what: 'volumes' | 'containers', found: number, max: number): readonly LeftOut[] {
  return found <= max ? [] : [{ what, detail: `of ${String(found)} ${what} ${String(max)} were looked at` }];
}

function mountsByName(
  members: readonly { readonly value: unknown; readonly container: ContainerFacts }[],
): ReadonlyMap<string | undefined, Mounts> {
  const byName = new Map<string | undefined, Mounts>();
  for (const { value, container } of members) {
    const unexcused = !container.expected.has('hostPath');
    for (const mount of asArray(at(value, 'volumeMounts'))) {
      const name = textAt(mount, 'name');
      const before = byName.get(name) ?? UNMOUNTED;
      const readOnly = before.readOnly && (!unexcused || at(mount, 'readOnly') === true);
      byName.set(name, { any: true, unexcused: before.unexcused || unexcused, readOnly });
    }
  }
  return byName;
}

const HOOKS: readonly (readonly [path: readonly string[], field: string])[] = [
  [['lifecycle', 'postStart', 'exec', 'command'], 'lifecycle.postStart.exec.command'],
  [['lifecycle', 'preStop', 'exec', 'command'], 'lifecycle.preStop.exec.command'],
  [['livenessProbe', 'exec', 'command'], 'livenessProbe.exec.command'],
  [['readinessProbe', 'exec', 'command'], 'readinessProbe.exec.command'],
  [['startupProbe', 'exec', 'command'], 'startupProbe.exec.command'],
];

interface Found {
  readonly kind: ContainerKind;
  readonly value: unknown;
  readonly texts: ExecutedTexts;
  readonly allowed: Allowance;
}

function readContainer(
  field: string,
  { kind, value, texts, allowed }: Found,
  infrastructure: Excusable,
): ContainerFacts {
  const image = textAt(value, 'image');
  return {
    field,
    kind,
    name: textAt(value, 'name') ?? '?',
    image,
    privileged: at(value, 'securityContext', 'privileged') === true,
    hostProcess: at(value, 'securityContext', 'windowsOptions', 'hostProcess') === true,
    capabilities: asTexts(at(value, 'securityContext', 'capabilities', 'add')).map((name) =>
      name.toUpperCase().replace(/^CAP_/, ''),
    ),
    commands: readTexts(texts.commands, allowed),
    env: readTexts(texts.env, allowed),
    expected: new Set(rightsOf(value, texts.executed, infrastructure)),
  };
}

function executedTexts(field: string, value: unknown): ExecutedTexts {
  const [command, args] = [asTexts(at(value, 'command')), asTexts(at(value, 'args'))];
  const others = HOOKS.map(([path, end]) => ({
    field: `${field}.${end}`,
    words: asTexts(at(value, ...path)),
  }));
  const hooks = others.map(({ field: place, words }) => ({ field: place, text: words.join(' ') }));
  const main = {
    field: `${field}.${command.length > 0 ? 'command' : 'args'}`,
    text: [...command, ...args].join(' '),
  };
  const env = asArray(at(value, 'env')).flatMap((entry, i) => {
    const text = textAt(entry, 'value');
    return text === undefined ? [] : [{ field: `${field}.env[${String(i)}]`, text }];
  });
  return {
    executed: { command, args, others: others.flatMap(({ words }) => (words.length === 0 ? [] : [words])) },
    commands: [main, ...hooks].filter(({ text }) => text !== ''),
    env,
  };
}
