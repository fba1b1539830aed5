/** What a pod reaches of the node that it runs on, and which node that is. */
import type { Alert, Container, HostAccess } from '@arrivals/core';
import { isPartial } from './partial.ts';
import { type Line, row } from './section.ts';
import { listed, named } from './format.ts';

export function nodeLines(alert: Alert): readonly Line[] {
  const { hostAccess, nodeName } = alert.object;
  const placement =
    nodeName === null ? [] : [row('Node', `${named(nodeName)}: its maker chose it, past the scheduler`)];
  if (hostAccess === null) return [row('Host access', 'not known'), ...placement];
  const none = isPartial(alert, 'object.hostAccess', 'object.volumes', 'object.containers')
    ? 'none in what was seen'
    : 'none';
  const reaches = reachWords(hostAccess);
  return [
    row('Host access', reaches.length === 0 ? none : reaches.join('; ')),
    ...pathLines(alert, hostAccess),
    ...placement,
  ];
}

function reachWords({
  network,
  pid,
  ipc,
  paths,
  ports,
  privilegedContainers,
}: HostAccess): readonly string[] {
  const shared = [
    ...(network ? ['network'] : []),
    ...(pid ? ['process ids'] : []),
    ...(ipc ? ['interprocess communication'] : []),
  ];
  return [
    ...(shared.length === 0 ? [] : [`shares the node’s ${listed(shared)}`]),
    ...(privilegedContainers.length === 0
      ? []
      : [
          `privileged, with the node’s devices and every capability: ${listed(privilegedContainers.map(named))}`,
        ]),
    ...(paths.length === 0 ? [] : ['mounts files of the node']),
    ...(ports.length === 0
      ? []
      : [`takes the node’s port${ports.length === 1 ? '' : 's'} ${listed(ports.map(String))}`]),
  ];
}

/** The volumes say how a path is mounted; where they were shortened, the path is shown alone. */
function pathLines({ object }: Alert, { paths }: HostAccess): readonly Line[] {
  const volumes = (object.volumes ?? []).filter(({ type }) => type === 'hostPath');
  const others = paths.filter((path) => !volumes.some(({ source }) => source === path));
  return [
    ...volumes.map(({ name, source }) =>
      row('Host path', `${named(source ?? '?')}, ${mountWords(name, object.containers ?? [])}`),
    ),
    ...others.map((path) => row('Host path', named(path))),
  ];
}

/** An unmounted one can still be mounted by an ephemeral container. */
function mountWords(volume: string | null, containers: readonly Container[]): string {
  const mounts = containers.flatMap(({ name, volumeMounts }) =>
    volumeMounts
      .filter((mount) => mount.name === volume)
      .map(
        ({ mountPath, readOnly }) =>
          `${readOnly ? 'read-only' : 'writable'} as ${named(mountPath ?? '?')} in ${named(name ?? '?')}`,
      ),
  );
  return mounts.length === 0 ? 'mounted by no container that was seen' : listed(mounts);
}
