/** What a pod runs: each container with its image, its command and its rights. */
import type { AlertObject, Container, ContainerKind } from '@arrivals/core';
import { shellWord } from '@arrivals/core/light';
import { item, type Line, text } from './section.ts';
import { named } from './format.ts';

const COMMAND_SHOWN_MAX = 300;

export function containerLines({ containers }: AlertObject): readonly Line[] {
  if (containers === null) return [text('Which containers it has is not known.')];
  if (containers.length === 0) return [text('No container was seen.')];
  return containers.map((container) =>
    item(
      `${kindWords(container.kind)} ${named(container.name ?? '?')}: ${container.image === null ? 'no image' : named(container.image.reference)}`,
      partLines(container),
    ),
  );
}

function kindWords(kind: ContainerKind): string {
  switch (kind) {
    case 'init':
      return 'init container';
    case 'regular':
      return 'container';
    case 'ephemeral':
      return 'ephemeral container';
  }
}

function partLines({
  command,
  args,
  privileged,
  capabilitiesAdded,
  runAsUser,
  ports,
}: Container): readonly Line[] {
  const words = [...command, ...args];
  const opened = ports.flatMap(({ containerPort, protocol }) =>
    containerPort === null ? [] : [`${String(containerPort)}/${named(protocol ?? 'TCP')}`],
  );
  const rights = [
    ...(privileged ? ['privileged'] : []),
    ...(capabilitiesAdded.length === 0 ? [] : [`adds ${capabilitiesAdded.map(named).join(', ')}`]),
    ...(runAsUser === null ? [] : [`runs as user ${String(runAsUser)}${runAsUser === 0 ? ' (root)' : ''}`]),
    ...(opened.length === 0 ? [] : [`ports ${opened.join(', ')}`]),
  ];
  return [
    ...(words.length === 0
      ? []
      : [text(`${command.length === 0 ? 'gives its image' : 'runs'} ${commandWords(words)}`)]),
    ...(rights.length === 0 ? [] : [text(rights.join('; '))]),
  ];
}

/** For reading; nobody is meant to run it. */
function commandWords(words: readonly string[]): string {
  const line = words.map(shellWord).join(' ');
  return line.length > COMMAND_SHOWN_MAX ? `${line.slice(0, COMMAND_SHOWN_MAX)}…` : line;
}
