/**
 * Which permissions of a container are excused, as a node's network, storage or control plane needs them.
 *
 * Invariant: an image's name excuses nothing by itself: the workload's own controller or kubelet made the pod
 * in a namespace of the system, nobody else is known to have written its template since, and the container
 * runs the image's own program and nothing that holds a shell. Where a person is known to have written the
 * template, the container may have no command or arguments: programs of the list can run what they are given.
 * Decided for each container.
 */
import type { CreationContext } from '../context/creation-context.ts';
import { distributionOf } from '../context/distribution.ts';
import { asArray, asTexts, at, textAt } from '../base/json.ts';
import type { AuthorFacts } from './author-facts.ts';
import { canonicalImage } from './detectors/image-names.ts';
import type { InfrastructureImage, InfrastructurePrivilege, RiskLists } from './lists.ts';
import type { MakerFacts } from './owners.ts';
import { holdsShell, programOf } from './detectors/shell-line.ts';

interface PodOrigin {
  readonly maker: MakerFacts;
  readonly author: AuthorFacts | undefined;
  readonly context: CreationContext | null | undefined;
  /** Where the object is stored, by the path of the request. */
  readonly namespace: string | undefined;
  readonly lists: RiskLists;
}

/** What may be excused in one pod. */
export interface Excusable {
  /** None where the pod is not the control plane's own. */
  readonly images: readonly InfrastructureImage[];
  /** Only containers that leave what their image does as it is. */
  readonly asShipped: boolean;
}

export const NOTHING_EXCUSABLE: Excusable = { images: [], asShipped: true };

export function excusableIn({ maker, author, context, namespace, lists }: PodOrigin): Excusable {
  if (!maker.isOwnController && !maker.isKubelet) return NOTHING_EXCUSABLE;
  if (namespace === undefined || !lists.systemNamespaces.includes(namespace)) return NOTHING_EXCUSABLE;
  const standing = templateOf(author, context);
  return standing === 'foreign'
    ? NOTHING_EXCUSABLE
    : { images: lists.infrastructureImages, asShipped: standing === 'person' };
}

/**
 * For a template that was not written in the stream there is no evidence against it: its author is not
 * assessed, and the alert shows that. A distribution's own controller is the platform, whatever its account.
 */
function templateOf(
  author: AuthorFacts | undefined,
  context: CreationContext | null | undefined,
): 'platform' | 'person' | 'foreign' {
  const { creator, templateAuthor } = context?.author ?? {};
  if (author === undefined || author.isSystem || author.isPipeline) return 'platform';
  const attribution =
    templateAuthor?.known === true ? templateAuthor : creator?.known === true ? creator : undefined;
  if (attribution?.candidates.every((action) => distributionOf(action) !== undefined) !== false)
    return 'platform';
  if (templateAuthor?.known !== true) return 'person';
  return creator?.known === true &&
    attribution.candidates.every(({ username }) => username === creator.action.username)
    ? 'person'
    : 'foreign';
}

/** What a container executes beside what its image does by itself. */
export interface Executed {
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Hooks and probes. */
  readonly others: readonly (readonly string[])[];
}

export function rightsOf(
  container: unknown,
  executed: Executed,
  { images, asShipped }: Excusable,
): readonly InfrastructurePrivilege[] {
  const image = textAt(container, 'image');
  if (image === undefined || images.length === 0) return [];
  const name = canonicalImage(image);
  const entry = images.find((candidate) => candidate.image === name);
  if (entry === undefined) return [];
  const { command, args, others } = executed;
  if (asShipped && !isAsShipped(container, executed)) return [];
  const lines = [...others, ...(command.length > 0 ? [[...command, ...args]] : [])];
  const texts = [...lines, args, ...(refersToEnv(executed) ? envTexts(container) : [])];
  if (replacesProgram(container, lines, entry)) return [];
  return lines.every((line) => isOwnProgram(line, entry)) &&
    !texts.some((words) => holdsShell(words.join(' ')))
    ? entry.may
    : [];
}

/** No command, argument, hook or probe that runs something, nor variables whose values are not visible. */
function isAsShipped(container: unknown, { command, args, others }: Executed): boolean {
  return command.length + args.length + others.length + asArray(at(container, 'envFrom')).length === 0;
}

/** Where programs and what loads them are; a volume there, above or below puts others in their place. */
const PROGRAM_FOLDERS: readonly string[] = [
  ...[
    '/bin',
    '/sbin',
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/opt/bin',
    '/app',
    '/etc/alternatives',
  ],
  ...[
    '/lib',
    '/lib64',
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/lib',
    '/etc/ld.so.preload',
    '/etc/ld.so.conf',
    '/etc/ld.so.conf.d',
    '/etc/ld.so.cache',
  ],
];
/** Of the node's kernel, not of the image: mounted by all who load modules. */
const NO_PROGRAMS: readonly string[] = [
  '/lib/modules',
  '/usr/lib/modules',
  '/lib/firmware',
  '/usr/lib/firmware',
];
const LOADER_VARIABLE =
  /^(?:PATH|LD_.*|GCONV_PATH|GLIBC_TUNABLES|BASH_ENV|ENV|PYTHON(?:PATH|HOME|STARTUP)|PERL5(?:LIB|OPT)|RUBY(?:LIB|OPT)|NODE_OPTIONS|NODE_PATH)$/;

/** Whether a volume, a variable or an indirect path may replace the program that is run. */
function replacesProgram(
  container: unknown,
  lines: readonly (readonly string[])[],
  { image, runs }: InfrastructureImage,
): boolean {
  const isLoaders = (entry: unknown): boolean => LOADER_VARIABLE.test(textAt(entry, 'name') ?? '');
  const isPrefixed = (entry: unknown): boolean => (textAt(entry, 'prefix') ?? '').startsWith('LD_');
  if (asArray(at(container, 'env')).some(isLoaders) || asArray(at(container, 'envFrom')).some(isPrefixed))
    return true;
  const programs = lines.flatMap(([program = '']) => (program.includes('/') ? [program] : []));
  // From a working directory, through "..", or through /proc: any file can be reached by a name of this kind.
  if (programs.some((program) => program !== resolved(program) || isBelow(program, '/proc'))) return true;
  const words = new Set(lines.flat());
  const own = new Set([programOf(image), ...runs]);
  return asArray(at(container, 'volumeMounts')).some((mount) => {
    const mountPath = textAt(mount, 'mountPath');
    if (mountPath === undefined) return false;
    const path = resolved(mountPath);
    const isFile = (textAt(mount, 'subPath') ?? textAt(mount, 'subPathExpr')) !== undefined;
    if (
      words.has(path) ||
      programs.some((program) => isBelow(program, path)) ||
      (isFile && own.has(programOf(path)))
    )
      return true;
    return (
      PROGRAM_FOLDERS.some((folder) => isBelow(folder, path) || isBelow(path, folder)) &&
      !NO_PROGRAMS.some((folder) => isBelow(path, folder))
    );
  });
}

/**
 * As the kubelet and the runtime read a path in a container: from the root, without ".", ".." and double
 * slashes.
 */
function resolved(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/**
 * By the name of the image, or as the list has it: a program, or a whole line where a program of that name
 * could do anything.
 */
function isOwnProgram(line: readonly string[], { image, runs }: InfrastructureImage): boolean {
  const program = programOf(line[0] ?? '');
  return program === programOf(image) || runs.includes(program) || runs.includes(line.join(' '));
}

/** The kubelet puts them in the place of $(NAME). */
function refersToEnv({ command, args, others }: Executed): boolean {
  return [command, args, ...others].some((words) => words.some((word) => word.includes('$(')));
}

function envTexts(container: unknown): readonly (readonly string[])[] {
  return asArray(at(container, 'env')).map((entry) => asTexts([at(entry, 'value')]));
}
