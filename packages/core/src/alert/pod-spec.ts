/**
 * The parts of a PodSpec that an alert shows, read from outside JSON.
 *
 * Invariant: secrets are masked here (env values always), then shortened; all three lists of containers are read.
 * Judges nothing: risk and Pod Security have modules of their own.
 */
import { asArray, asInteger, asObject, asText, asTexts, at, textAt } from '../json.ts';
import type { Container, ContainerKind, ContainerPort, EnvironmentVariable, HostAccess, Volume, VolumeMount } from './alert.ts';
import { BOUNDS, type Shortener } from './bounds.ts';
import { splitImage } from './image.ts';
import { MASK } from './mask.ts';

const LISTS: readonly (readonly [list: string, kind: ContainerKind])[] = [
  ['initContainers', 'INIT'],
  ['containers', 'REGULAR'],
  ['ephemeralContainers', 'EPHEMERAL'],
];

export function readContainers(spec: unknown, shortener: Shortener): readonly Container[] {
  const all = podContainers(spec);
  const path = 'object.containers';
  const shown = all.length > shortener.bounds.containersMax ? weightiestFirst(all) : all;
  return shortener
    .list(path, shown, shortener.bounds.containersMax)
    .map(({ kind, value }, i) => readContainer(`${path}[${String(i)}]`, kind, value, shortener));
}

export interface PodContainer {
  readonly kind: ContainerKind;
  readonly value: unknown;
}

/**
 * Containers that are looked at. Of what an API server writes for a container, fewer fit a record; of what it does not write, any
 * number must not take long. What is above it is named where somebody judges (risk/pod-facts.ts, pod-security/place.ts).
 */
export const JUDGED_CONTAINERS_MAX = 10_000;

export function containersOf(spec: unknown): number {
  return LISTS.reduce((sum, [list]) => sum + asArray(at(spec, list)).length, 0);
}

/** The containers of the three lists, at most JUDGED_CONTAINERS_MAX, in the order in which an alert shows them. */
export function podContainers(spec: unknown): readonly PodContainer[] {
  const key = asObject(spec);
  if (key === undefined) return [];
  const before = FOUND.get(key);
  if (before !== undefined) return before;
  const all = LISTS.flatMap(([list, kind]) => asArray(at(spec, list)).map((value) => ({ kind, value })));
  const found = (all.length > BOUNDS[0].containersMax ? weightiestFirst(all) : all).slice(0, JUDGED_CONTAINERS_MAX);
  FOUND.set(key, found);
  return found;
}

/** A spec is asked for them under each bound of its alert. */
const FOUND = new WeakMap<object, readonly PodContainer[]>();

/** Where not all can be shown: privileged ones, then those that stay, so that no number of init containers pushes them out. */
function weightiestFirst(all: readonly PodContainer[]): readonly PodContainer[] {
  const weight = ({ kind, value }: PodContainer): number => (at(value, 'securityContext', 'privileged') === true ? 0 : kind === 'REGULAR' ? 1 : 2);
  // In one pass, as there may be hundreds of thousands.
  const byWeight: readonly PodContainer[][] = [[], [], []];
  for (const one of all) byWeight[weight(one)]?.push(one);
  return byWeight.flat();
}

function readContainer(path: string, kind: ContainerKind, value: unknown, shortener: Shortener): Container {
  const reference = textAt(value, 'image');
  const escalation = at(value, 'securityContext', 'allowPrivilegeEscalation');
  return {
    kind,
    name: nullable(textAt(value, 'name'), (name) => shortener.name(`${path}.name`, name)),
    image: reference === undefined ? null : splitImage(shortener.image(`${path}.image`, reference)),
    command: shortener.words(`${path}.command`, asTexts(at(value, 'command'))),
    args: shortener.words(`${path}.args`, asTexts(at(value, 'args')), asTexts(at(value, 'command'))),
    env: readEnv(`${path}.env`, value, shortener),
    ports: shortener.list(`${path}.ports`, asArray(at(value, 'ports'))).map((port) => readPort(`${path}.ports`, port, shortener)),
    volumeMounts: shortener
      .list(`${path}.volumeMounts`, asArray(at(value, 'volumeMounts')))
      .map((mount) => readMount(`${path}.volumeMounts`, mount, shortener)),
    privileged: at(value, 'securityContext', 'privileged') === true,
    allowPrivilegeEscalation: typeof escalation === 'boolean' ? escalation : null,
    runAsUser: asInteger(at(value, 'securityContext', 'runAsUser')) ?? null,
    capabilitiesAdded: shortener.names(`${path}.capabilitiesAdded`, asTexts(at(value, 'securityContext', 'capabilities', 'add'))),
  };
}

/** env, then envFrom: what a whole Secret or ConfigMap brings in is one entry with the name "*". */
function readEnv(path: string, container: unknown, shortener: Shortener): readonly EnvironmentVariable[] {
  const single = asArray(at(container, 'env')).map((entry) => ({
    name: textAt(entry, 'name') ?? '?',
    value: textAt(entry, 'value'),
    from: envSource(at(entry, 'valueFrom')),
  }));
  const whole = asArray(at(container, 'envFrom')).map((entry) => ({ name: `${textAt(entry, 'prefix') ?? ''}*`, value: undefined, from: envFromSource(entry) }));
  return shortener.list(path, [...single, ...whole]).map(({ name, value, from }) => ({
    name: shortener.text(path, name),
    value: value === undefined ? null : MASK,
    from: nullable(from, (source) => shortener.text(path, source)),
  }));
}

function envSource(valueFrom: unknown): string | undefined {
  for (const [field, kind] of [
    ['secretKeyRef', 'secret'],
    ['configMapKeyRef', 'configMap'],
  ] as const) {
    const key = textAt(valueFrom, field, 'key');
    if (key !== undefined) return `${kind} ${textAt(valueFrom, field, 'name') ?? '?'}, key ${key}`;
  }
  const field = textAt(valueFrom, 'fieldRef', 'fieldPath') ?? textAt(valueFrom, 'resourceFieldRef', 'resource');
  return field === undefined ? undefined : `field ${field}`;
}

function envFromSource(entry: unknown): string | undefined {
  const secret = textAt(entry, 'secretRef', 'name');
  if (secret !== undefined) return `secret ${secret}`;
  const configMap = textAt(entry, 'configMapRef', 'name');
  return configMap === undefined ? undefined : `configMap ${configMap}`;
}

function readPort(path: string, port: unknown, shortener: Shortener): ContainerPort {
  return {
    containerPort: portOf(port, 'containerPort') ?? null,
    hostPort: portOf(port, 'hostPort') ?? null,
    protocol: nullable(textAt(port, 'protocol'), (protocol) => shortener.text(path, protocol)),
  };
}

/** The API writes 0 where there is none. */
function portOf(port: unknown, field: 'containerPort' | 'hostPort'): number | undefined {
  const number = asInteger(at(port, field));
  return number !== undefined && number > 0 && number <= 65_535 ? number : undefined;
}

function readMount(path: string, mount: unknown, shortener: Shortener): VolumeMount {
  return {
    name: nullable(textAt(mount, 'name'), (name) => shortener.text(path, name)),
    mountPath: nullable(textAt(mount, 'mountPath'), (mountPath) => shortener.text(path, mountPath)),
    readOnly: at(mount, 'readOnly') === true,
  };
}

export function readVolumes(spec: unknown, shortener: Shortener): readonly Volume[] {
  const path = 'object.volumes';
  return shortener.list(path, asArray(at(spec, 'volumes'))).map((volume) => {
    const type = Object.keys(asObject(volume) ?? {}).find((key) => key !== 'name' && asObject(at(volume, key)) !== undefined);
    return {
      name: nullable(textAt(volume, 'name'), (name) => shortener.text(path, name)),
      type: nullable(asText(type), (text) => shortener.text(path, text)),
      source: nullable(type === undefined ? undefined : volumeSource(type, at(volume, type)), (source) => shortener.text(path, source)),
    };
  });
}

/** The field that says what a volume points to, for each kind that has one (core/v1 VolumeSource). */
const VOLUME_POINTERS: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  image: ['reference'],
  iscsi: ['targetPortal', 'iqn'],
  cephfs: ['path'],
  rbd: ['image'],
  gitRepo: ['repository'],
  flexVolume: ['driver'],
};

function volumeSource(type: string, source: unknown): string | undefined {
  if (type === 'projected') {
    const kinds = asArray(at(source, 'sources')).flatMap((entry) =>
      Object.keys(asObject(entry) ?? {}).map((kind) => {
        const name = textAt(entry, kind, 'name') ?? textAt(entry, kind, 'audience');
        return name === undefined ? kind : `${kind} ${name}`;
      }),
    );
    return kinds.length === 0 ? undefined : kinds.join(', ');
  }
  const pointers = Object.hasOwn(VOLUME_POINTERS, type) ? (VOLUME_POINTERS[type] ?? []) : [];
  const parts = pointers.flatMap((field) => textAt(source, field) ?? []);
  return parts.length === 0 ? undefined : parts.join(':');
}

export function readHostAccess(spec: unknown, shortener: Shortener): HostAccess {
  const path = 'object.hostAccess';
  const containers = LISTS.flatMap(([list]) => asArray(at(spec, list)));
  const hostPorts = containers.flatMap((container) => asArray(at(container, 'ports')).flatMap((port) => portOf(port, 'hostPort') ?? []));
  const privileged = containers.filter((container) => at(container, 'securityContext', 'privileged') === true);
  return {
    network: at(spec, 'hostNetwork') === true,
    pid: at(spec, 'hostPID') === true,
    ipc: at(spec, 'hostIPC') === true,
    paths: shortener.names(
      `${path}.paths`,
      asArray(at(spec, 'volumes')).flatMap((volume) => textAt(volume, 'hostPath', 'path') ?? []),
    ),
    ports: shortener.list(`${path}.ports`, hostPorts),
    privilegedContainers: shortener.names(
      `${path}.privilegedContainers`,
      privileged.map((container) => textAt(container, 'name') ?? '?'),
    ),
  };
}

export function nullable<T, U>(value: T | undefined, map: (value: T) => U): U | null {
  return value === undefined ? null : map(value);
}
