/**
 * The lists that signals use: their names, their entries, and reading them from untrusted JSON.
 *
 * Invariant: a list is taken whole or not at all: one entry of the wrong form refuses it, as an entry that is
 * silently left out would be an attack that is silently let through. Where the files are is not known here.
 */
import { asArray, asInteger, asObject, asText, asTexts, at, textAt } from '../base/json.ts';
import { type Network, parseNetwork } from './detectors/addresses.ts';
import { type HostPath, type HostPathKind, plainPath } from './detectors/host-paths.ts';
import { canonicalImage } from './detectors/image-names.ts';
import { holdsShell } from './detectors/shell-line.ts';
import { ArrivalsError, messageOf } from '../base/arrivals-error.ts';

/** What an infrastructure image is expected to have. */
export type InfrastructurePrivilege =
  'privileged' | 'capabilities' | 'hostPath' | 'hostNetwork' | 'hostPID' | 'hostIPC';

export interface InfrastructureImage {
  /** Registry and repository, whole: a pattern would also match an attacker's registry. */
  readonly image: string;
  readonly may: readonly InfrastructurePrivilege[];
  /**
   * What it may run by command or arguments, beside a program of the image's own name: names of programs, or
   * whole command lines.
   */
  readonly runs: readonly string[];
}

export interface RiskLists {
  /** Registry and repository; one that ends with "/" covers all below it. */
  readonly deniedImages: readonly string[];
  /** Repositories in any registry: base systems and tool images, in which no application is shipped. */
  readonly baseImages: readonly string[];
  readonly infrastructureImages: readonly InfrastructureImage[];
  /** Domains; the hosts below them count too. */
  readonly minerPools: readonly string[];
  readonly minerBinaries: readonly string[];
  readonly minerPorts: readonly number[];
  readonly hostPaths: readonly HostPath[];
  readonly systemNamespaces: readonly string[];
  /** Names that a namespace may have, and must not imitate. */
  readonly knownNamespaces: readonly string[];
  /** Critical ones: an alert marks what is made there. */
  readonly criticalNamespaces: readonly string[];
  /** Names of what runs in kube-system, without the endings that controllers add. */
  readonly systemWorkloads: readonly string[];
  /** Service accounts in kube-system that controllers use and no pod. */
  readonly controllerAccounts: readonly string[];
  /** User names of the control plane, Kubernetes' and a provider's. */
  readonly systemAccounts: readonly string[];
  /** User names of pipelines that make pods and namespaces as their work. */
  readonly pipelineAccounts: readonly string[];
  /** Public networks from which the cluster's own nodes and accounts come. */
  readonly ownNetworks: readonly Network[];
}

interface ListKind<T> {
  readonly file: string;
  /** What an entry is, for people. */
  readonly entry: string;
  readonly read: (value: unknown) => T | undefined;
}

const RIGHTS: readonly InfrastructurePrivilege[] = [
  'privileged',
  'capabilities',
  'hostPath',
  'hostNetwork',
  'hostPID',
  'hostIPC',
];

const HOST_PATH_KINDS: readonly HostPathKind[] = ['socket', 'sensitive', 'writable', 'harmless'];

export const RISK_LISTS: { readonly [K in keyof RiskLists]: ListKind<RiskLists[K][number]> } = {
  deniedImages: {
    file: 'denied-images.json',
    entry:
      'an image with its registry, such as "docker.io/name/miner", or all below "registry.example/name/"',
    read: imageName,
  },
  baseImages: {
    file: 'base-images.json',
    entry: 'a repository without a registry, such as "busybox"',
    read: textOf(/^[a-z0-9][a-z0-9._/-]{0,199}$/),
  },
  infrastructureImages: {
    file: 'infrastructure-images.json',
    entry: `{"image": an image with its registry, "may": some of ${RIGHTS.join(', ')}, "runs": programs or command lines, if any}`,
    read: infrastructureImage,
  },
  minerPools: {
    file: 'miner-pools.json',
    entry: 'a domain in lower case',
    read: textOf(/^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}$/),
  },
  minerBinaries: {
    file: 'miner-binaries.json',
    entry: 'the name of a program in lower case',
    read: textOf(/^[a-z0-9][a-z0-9._-]{0,99}$/),
  },
  minerPorts: { file: 'miner-ports.json', entry: 'a port, 1 to 65535', read: port },
  hostPaths: {
    file: 'host-paths.json',
    entry: `{"path": an absolute path, "kind": one of ${HOST_PATH_KINDS.join(', ')}}`,
    read: hostPath,
  },
  systemNamespaces: {
    file: 'system-namespaces.json',
    entry: 'the name of a namespace',
    read: textOf(/^[a-z0-9][a-z0-9-]{0,62}$/),
  },
  knownNamespaces: {
    file: 'known-namespaces.json',
    entry: 'the name of a namespace',
    read: textOf(/^[a-z0-9][a-z0-9-]{0,62}$/),
  },
  systemWorkloads: {
    file: 'system-workloads.json',
    entry: 'the name of a workload',
    read: textOf(/^[a-z0-9][a-z0-9.-]{0,199}$/),
  },
  controllerAccounts: {
    file: 'controller-accounts.json',
    entry: 'the name of a service account',
    read: textOf(/^[a-z0-9][a-z0-9.-]{0,252}$/),
  },
  systemAccounts: {
    file: 'system-accounts.json',
    entry: 'a user name, whole',
    read: textOf(/^[^*\s][^*]{0,299}$/),
  },
  pipelineAccounts: {
    file: 'pipeline-accounts.json',
    entry: 'a user name, whole, such as "system:serviceaccount:ci:deployer"',
    read: textOf(/^[^*\s][^*]{0,299}$/),
  },
  criticalNamespaces: {
    file: 'critical-namespaces.json',
    entry: 'the name of a namespace',
    read: textOf(/^[a-z0-9][a-z0-9-]{0,62}$/),
  },
  ownNetworks: {
    file: 'own-networks.json',
    entry: 'a network, such as "192.0.2.0/24"',
    read: (value) => parseNetwork(asText(value) ?? ''),
  },
};

export const LIST_ENTRIES_MAX = 10_000;

/** Keys beside `entries`, which are for people. */
const ABOUT: readonly string[] = ['description', 'source', 'licence'];
const PROBLEMS_MAX = 20;

/**
 * All lists, each from the content of its file; `contentOf` throws when that cannot be read.
 * @throws ArrivalsError lists_invalid, with a line for each problem
 */
export function readRiskLists(contentOf: (file: string) => unknown): RiskLists {
  const problems: string[] = [];
  const lists = Object.entries(RISK_LISTS).map(([key, kind]) => {
    try {
      return [key, readList(kind, contentOf(kind.file), problems)];
    } catch (error) {
      problems.push(`${kind.file}: cannot be read: ${messageOf(error)}`);
      return [key, []];
    }
  });
  if (problems.length > 0) {
    const more = problems.length - PROBLEMS_MAX;
    throw new ArrivalsError(
      'lists_invalid',
      [...problems.slice(0, PROBLEMS_MAX), ...(more > 0 ? [`${String(more)} more problems`] : [])].join('\n'),
    );
  }
  return Object.fromEntries(lists) as RiskLists;
}

function readList(
  { file, entry, read }: ListKind<unknown>,
  content: unknown,
  problems: string[],
): readonly unknown[] {
  const entries = at(content, 'entries');
  const odd = Object.keys(asObject(content) ?? {}).find((key) => key !== 'entries' && !ABOUT.includes(key));
  if (!Array.isArray(entries))
    problems.push(`${file}: expected an object with a list named entries, found none`);
  else if (odd !== undefined)
    problems.push(`${file}: expected entries, ${ABOUT.join(', ')}, found ${shown(odd)}`);
  else if (entries.length > LIST_ENTRIES_MAX)
    problems.push(
      `${file}: expected at most ${String(LIST_ENTRIES_MAX)} entries, found ${String(entries.length)}`,
    );
  return asArray(entries).flatMap((value, i) => {
    const taken = read(value);
    if (taken !== undefined) return [taken];
    problems.push(`${file} entry ${String(i + 1)}: expected ${entry}, found ${shown(value)}`);
    return [];
  });
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}

function textOf(pattern: RegExp): (value: unknown) => string | undefined {
  return (value) => {
    const text = asText(value);
    return text !== undefined && pattern.test(text) ? text : undefined;
  };
}

/** As canonicalImage would write it, so that an entry that could never match is refused. */
function imageName(value: unknown): string | undefined {
  const text = asText(value);
  if (text === undefined || /[\s*?]/.test(text)) return undefined;
  const whole = text.endsWith('/') ? `${text}x` : text;
  return canonicalImage(whole) === whole ? text : undefined;
}

function infrastructureImage(value: unknown): InfrastructureImage | undefined {
  const image = imageName(at(value, 'image'));
  const may = asArray(at(value, 'may'));
  const rights = RIGHTS.filter((privilege) => may.includes(privilege));
  const given = at(value, 'runs') ?? [];
  const runs = asTexts(given).filter((line) => line.trim() !== '' && !holdsShell(line));
  if (!Array.isArray(given) || runs.length !== given.length) return undefined;
  return image === undefined || image.endsWith('/') || rights.length === 0 || rights.length !== may.length
    ? undefined
    : { image, may: rights, runs };
}

function port(value: unknown): number | undefined {
  const number = asInteger(value);
  return number !== undefined && number >= 1 && number <= 65_535 ? number : undefined;
}

function hostPath(value: unknown): HostPath | undefined {
  const path = textAt(value, 'path');
  const kind = HOST_PATH_KINDS.find((known) => known === at(value, 'kind'));
  return path === undefined || kind === undefined || !/^(?:\/|[a-z]:\/)/.test(path)
    ? undefined
    : { path: plainPath(path), kind };
}
