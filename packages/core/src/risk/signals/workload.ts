/**
 * Signals of what a pod runs: its images, and everything in its spec that can be executed.
 *
 * Invariant: containers of all kinds, hooks, probes and literal env values are looked at; of a value nothing
 * is repeated but entries of our lists.
 */
import { fetchedCodeIn, reverseShellIn, type Verdict } from '../detectors/commands.ts';
import type { Facts } from '../facts.ts';
import { endsWithRepository, isImageOrCopy } from '../detectors/image-names.ts';
import { splitImage } from '../../kubernetes/image-reference.ts';
import { minerIn, minerName } from '../detectors/miners.ts';
import type { ContainerFacts } from '../pod-facts.ts';
import type { CommandText } from '../detectors/shell-line.ts';
import { type Finding, POD, type SignalRow } from './signal.ts';
import { quoted } from '../../text/wording.ts';

export const WORKLOAD_SIGNALS: readonly SignalRow[] = [
  {
    id: 'miner',
    points: 50,
    isHard: true,
    techniques: ['T1496'],
    kinds: POD,
    looksAt: ['containers', 'commands', 'env'],
    reads: ['object.spec.containers', 'object.spec.containers.name', 'object.spec.containers.image'],
    excuses: [],
    find: (facts) => facts.pod.containers.flatMap((container) => minerOf(container, facts)),
    say: (what) => `Runs a miner or an image of the list of denied images: ${what}.`,
  },
  {
    id: 'reverse-shell',
    points: 35,
    isHard: true,
    techniques: ['T1059'],
    kinds: POD,
    looksAt: ['commands', 'env'],
    reads: ['object.spec.containers', 'object.spec.containers.name'],
    excuses: [],
    find: (facts) => executedThat(facts, reverseShellIn),
    say: (what) => `Opens a shell to the other end of a connection: ${what}.`,
  },
  {
    id: 'fetched-code',
    points: 35,
    isHard: true,
    techniques: ['T1105', 'T1059'],
    kinds: POD,
    looksAt: ['commands', 'env'],
    reads: ['object.spec.containers', 'object.spec.containers.name'],
    excuses: [],
    find: (facts) => executedThat(facts, fetchedCodeIn),
    say: (what) => `Runs code that its image does not hold: ${what}.`,
  },
  {
    id: 'base-image',
    points: 10,
    isHard: false,
    techniques: ['T1610'],
    kinds: POD,
    looksAt: ['containers'],
    reads: ['object.spec.containers.image', 'object.spec.containers'],
    excuses: [],
    find: baseImages,
    say: (what) => `Runs a base system or a tool image, not an application: ${what}.`,
  },
];

function minerOf(
  { field, name, image, commands, env }: ContainerFacts,
  { lists }: Facts,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (image !== undefined) {
    const isDenied = isImageOrCopy(image, lists.deniedImages);
    const isMiner = splitImage(image)
      .repository.split('/')
      .some((part) => minerName(part, lists.minerBinaries) !== undefined);
    if (isDenied || isMiner) findings.push({ field: `${field}.image`, what: `the image ${quoted(image)}` });
  }
  for (const { field: place, text } of [...commands, ...env]) {
    const found = minerIn(text, lists);
    if (found !== undefined) findings.push({ field: place, what: `${found} in ${quoted(name)}` });
  }
  return findings;
}

function executedThat({ pod }: Facts, judge: (text: CommandText) => Verdict | undefined): readonly Finding[] {
  return pod.containers.flatMap(({ name, commands, env }) =>
    [...commands, ...env].flatMap((executed) => {
      const verdict = judge(executed);
      if (verdict === undefined) return [];
      const from = verdict.from === undefined ? '' : ` from ${quoted(verdict.from)}`;
      return [{ field: executed.field, what: `${verdict.phrase}${from} in ${quoted(name)}` }];
    }),
  );
}

function baseImages({ pod, lists }: Facts): readonly Finding[] {
  return pod.containers.flatMap(({ field, image }) =>
    image !== undefined && endsWithRepository(image, lists.baseImages)
      ? [{ field: `${field}.image`, what: quoted(image) }]
      : [],
  );
}
