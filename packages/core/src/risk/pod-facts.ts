/**
 * What the signals look at in a pod's spec.
 *
 * Invariant: all three lists of containers are read, and of each everything that can be executed: command, arguments, hooks,
 * probes. What excuses one container excuses no other.
 */
import type { ContainerKind } from '../alert/alert.ts';
import { podContainers } from '../alert/pod-spec.ts';
import { asArray, asTexts, at, textAt } from '../json.ts';
import { rightsOf } from './infrastructure.ts';
import type { InfrastructureImage, InfrastructureRight } from './lists.ts';
import { type CommandText, readCommandText } from './shell-line.ts';

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
}

export interface HostPathVolume {
  readonly field: string;
  readonly path: string;
  /** Those that mount it. */
  readonly mounts: readonly { readonly container: ContainerFacts; readonly readOnly: boolean }[];
}

export interface ExecutedText extends CommandText {
  readonly field: string;
}

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
  /** What a known infrastructure image has for good reason. */
  readonly expected: ReadonlySet<InfrastructureRight>;
}

/** @param infrastructure those that may be excused, as infrastructure.ts has them for this place */
export function readPod(spec: unknown, infrastructure: readonly InfrastructureImage[]): PodFacts {
  const members = podContainers(spec).map(({ kind, value }, i) => ({
    value,
    container: readContainer(`object.containers[${String(i)}]`, kind, value, infrastructure),
  }));
  return {
    hostNetwork: at(spec, 'hostNetwork') === true,
    hostPid: at(spec, 'hostPID') === true,
    hostIpc: at(spec, 'hostIPC') === true,
    hostProcess: at(spec, 'securityContext', 'windowsOptions', 'hostProcess') === true,
    serviceAccountName: textAt(spec, 'serviceAccountName') ?? textAt(spec, 'serviceAccount'),
    nodeName: textAt(spec, 'nodeName'),
    hostPaths: asArray(at(spec, 'volumes')).flatMap((volume, i) => {
      const path = textAt(volume, 'hostPath', 'path');
      if (path === undefined) return [];
      const name = textAt(volume, 'name');
      const mounts = members.flatMap(({ value, container }) =>
        asArray(at(value, 'volumeMounts')).flatMap((mount) =>
          textAt(mount, 'name') === name ? [{ container, readOnly: at(mount, 'readOnly') === true }] : [],
        ),
      );
      return [{ field: `object.volumes[${String(i)}]`, path, mounts }];
    }),
    containers: members.map(({ container }) => container),
  };
}

const HOOKS: readonly (readonly [path: readonly string[], field: string])[] = [
  [['lifecycle', 'postStart', 'exec', 'command'], 'lifecycle.postStart.exec.command'],
  [['lifecycle', 'preStop', 'exec', 'command'], 'lifecycle.preStop.exec.command'],
  [['livenessProbe', 'exec', 'command'], 'livenessProbe.exec.command'],
  [['readinessProbe', 'exec', 'command'], 'readinessProbe.exec.command'],
  [['startupProbe', 'exec', 'command'], 'startupProbe.exec.command'],
];

function readContainer(field: string, kind: ContainerKind, value: unknown, infrastructure: readonly InfrastructureImage[]): ContainerFacts {
  const image = textAt(value, 'image');
  const [command, args] = [asTexts(at(value, 'command')), asTexts(at(value, 'args'))];
  const others = HOOKS.map(([path, end]) => ({ field: `${field}.${end}`, words: asTexts(at(value, ...path)) }));
  const hooks = others.map(({ field: place, words }) => ({ field: place, text: words.join(' ') }));
  const main = { field: `${field}.${command.length > 0 ? 'command' : 'args'}`, text: [...command, ...args].join(' ') };
  return {
    field,
    kind,
    name: textAt(value, 'name') ?? '?',
    image,
    privileged: at(value, 'securityContext', 'privileged') === true,
    hostProcess: at(value, 'securityContext', 'windowsOptions', 'hostProcess') === true,
    capabilities: asTexts(at(value, 'securityContext', 'capabilities', 'add')).map((name) => name.toUpperCase().replace(/^CAP_/, '')),
    commands: [main, ...hooks].flatMap(({ field: place, text }) => (text === '' ? [] : [{ field: place, ...readCommandText(text) }])),
    env: asArray(at(value, 'env')).flatMap((entry, i) => {
      const text = textAt(entry, 'value');
      return text === undefined ? [] : [{ field: `${field}.env[${String(i)}]`, ...readCommandText(text) }];
    }),
    expected: new Set(rightsOf(value, { command, args, others: others.flatMap(({ words }) => (words.length === 0 ? [] : [words])) }, infrastructure)),
  };
}
