/**
 * The parts of a PodSpec that an alert shows, read from outside JSON.
 *
 * Invariant: secrets are masked here (env values always), then shortened; all three lists of containers are
 * read. Judges nothing: risk and Pod Security have modules of their own.
 */
import { asArray, asInteger, asObject, asText, asTexts, at, nullable, textAt } from '../base/json.ts';
import type {
  Container,
  ContainerPort,
  EnvironmentVariable,
  HostAccess,
  Volume,
  VolumeMount,
} from './alert.ts';
import type { Shortener } from './bounds.ts';
import { splitImage } from '../kubernetes/image-reference.ts';
import { MASK } from '../text/mask.ts';
import {
  CONTAINER_LISTS,
  type ContainerKind,
  containersOf,
  podContainers,
  weightiestFirst,
} from '../kubernetes/pod-containers.ts';

export function readContainers(spec: unknown, shortener: Shortener): readonly Container[] {
  const all = podContainers(spec);
  const path = 'object.containers';
  const shown = all.length > shortener.bounds.containersMax ? weightiestFirst(spec, all) : all;
  return shortener
    .list(path, shown, shortener.bounds.containersMax, containersOf(spec))
    .map(({ kind, value }, i) => readContainer(`${path}[${String(i)}]`, kind, value, shortener));
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
    ports: shortener
      .list(`${path}.ports`, asArray(at(value, 'ports')))
      .map((port) => readPort(`${path}.ports`, port, shortener)),
    volumeMounts: shortener
      .list(`${path}.volumeMounts`, asArray(at(value, 'volumeMounts')))
      .map((mount) => readMount(`${path}.volumeMounts`, mount, shortener)),
    privileged: at(value, 'securityContext', 'privileged') === true,
    allowPrivilegeEscalation: typeof escalation === 'boolean' ? escalation : null,
    runAsUser: asInteger(at(value, 'securityContext', 'runAsUser')) ?? null,
    capabilitiesAdded: shortener.names(
      `${path}.capabilitiesAdded`,
      asTexts(at(value, 'securityContext', 'capabilities', 'add')),
    ),
  };
}

/** env, then envFrom: what a whole Secret or ConfigMap brings in is one entry with the name "*". */
function readEnv(path: string, container: unknown, shortener: Shortener): readonly EnvironmentVariable[] {
  const single = asArray(at(container, 'env')).map((entry) => ({
    name: textAt(entry, 'name') ?? '?',
    value: textAt(entry, 'value'),
    from: envSource(at(entry, 'valueFrom')),
  }));
  const whole = asArray(at(container, 'envFrom')).map((entry) => ({
    name: `${textAt(entry, 'prefix') ?? ''}*`,
    value: undefined,
    from: envFromSource(entry),
  }));
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
  const field =
    textAt(valueFrom, 'fieldRef', 'fieldPath') ?? textAt(valueFrom, 'resourceFieldRef', 'resource');
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
    const type = Object.keys(asObject(volume) ?? {}).find(
      (key) => key !== 'name' && asObject(at(volume, key)) !== undefined,
    );
    return {
      name: nullable(textAt(volume, 'name'), (name) => shortener.text(path, name)),
      type: nullable(asText(type), (text) => shortener.text(path, text)),
      source: nullable(type === undefined ? undefined : volumeSource(type, at(volume, type)), (source) =>
        shortener.text(path, source),
      ),
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
  const { hostPorts, privileged } = accessOf(spec);
  return {
    network: at(spec, 'hostNetwork') === true,
    pid: at(spec, 'hostPID') === true,
    ipc: at(spec, 'hostIPC') === true,
    paths: shortener.names(
      `${path}.paths`,
      asArray(at(spec, 'volumes')).flatMap((volume) => textAt(volume, 'hostPath', 'path') ?? []),
    ),
    ports: shortener.list(`${path}.ports`, hostPorts),
    privilegedContainers: shortener.names(`${path}.privilegedContainers`, privileged),
  };
}

/** Whether a container is privileged. */
export function isPrivileged(spec: unknown): boolean {
  return accessOf(spec).privileged.length > 0;
}

interface Access {
  readonly hostPorts: readonly number[];
  /** Names of the containers. */
  readonly privileged: readonly string[];
}

/** A spec is asked for it under each bound of its alert. */
const ACCESS = new WeakMap<object, Access>();

function accessOf(spec: unknown): Access {
  const key = asObject(spec);
  const before = key === undefined ? undefined : ACCESS.get(key);
  if (before !== undefined) return before;
  const [hostPorts, privileged]: [number[], string[]] = [[], []];
  for (const [list] of CONTAINER_LISTS)
    for (const container of asArray(at(spec, list))) {
      for (const port of asArray(at(container, 'ports'))) hostPorts.push(...hostPortOf(port));
      if (at(container, 'securityContext', 'privileged') === true)
        privileged.push(textAt(container, 'name') ?? '?');
    }
  const access = { hostPorts, privileged };
  if (key !== undefined) ACCESS.set(key, access);
  return access;
}

function hostPortOf(port: unknown): readonly number[] {
  const number = portOf(port, 'hostPort');
  return number === undefined ? [] : [number];
}
