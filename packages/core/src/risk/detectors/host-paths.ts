/**
 * What a path of the host gives access to, by the list of paths.
 *
 * Invariant: a folder above something sensitive is as sensitive as that; a folder above a runtime's socket is
 * that socket, unless it is so high up that it holds much else. Different spellings of a path are one.
 */

/**
 * Slashes once, none at the end; Windows' drives and pipes with slashes, in lower case; /var/run is a link to
 * /run.
 */
export function plainPath(path: string): string {
  const slashed = path
    .replaceAll('\\', '/')
    .replace(/\/(?:\.?\/)+/g, '/')
    .replace(/\/\.?$/, '');
  const stepped = slashed.includes('/..') ? withoutStepsBack(slashed) : slashed;
  const cased = /^[a-z]:/i.test(stepped) || stepped.startsWith('/pipe/') ? stepped.toLowerCase() : stepped;
  return cased === '' ? '/' : cased.replace(/^\/var\/run(?=\/|$)/, '/run');
}

/**
 * API servers refuse a path with ".."; where the answer is not known, it is read as the node's kernel would
 * read it.
 */
function withoutStepsBack(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part !== '..') parts.push(part);
    else if (parts.length > 1) parts.pop();
  }
  return parts.join('/');
}

/** What a volume of this path reaches. `undefined`: nothing that the list names. */
export function reachOf(path: string, paths: readonly HostPath[]): HostPathKind | undefined {
  const plain = plainPath(path.length > PATH_MAX ? path.slice(0, PATH_MAX) : path);
  const { socket, sensitive, writable, harmless } = byKind(paths);
  const isAboveSensitive = sensitive.some((entry) => isWithin(entry, plain));
  if (socket.some((entry) => plain === entry || (isWithin(entry, plain) && !isAboveSensitive)))
    return 'socket';
  if (isAboveSensitive) return 'sensitive';
  if (harmless.some((entry) => isWithin(plain, entry))) return 'harmless';
  if (sensitive.some((entry) => isWithin(plain, entry))) return 'sensitive';
  return writable.some((entry) => isWithin(plain, entry) || isWithin(entry, plain)) ? 'writable' : undefined;
}

/** Whether it is all files of the node: of a Windows node, of its system's drive. */
export function isWholeNode(path: string): boolean {
  return ['/', 'c:'].includes(plainPath(path.slice(0, PATH_MAX)));
}

/** Longer ones are no paths of Linux (limits.h, PATH_MAX). */
const PATH_MAX = 4096;

type ByKind = Readonly<Record<HostPathKind, readonly string[]>>;

/** Lists stay the same for as long as a process runs, and a pod may have thousands of volumes. */
const BY_KIND = new WeakMap<readonly HostPath[], ByKind>();

function byKind(paths: readonly HostPath[]): ByKind {
  const before = BY_KIND.get(paths);
  if (before !== undefined) return before;
  const of = (kind: HostPathKind): readonly string[] =>
    paths.flatMap((entry) => (entry.kind === kind ? [entry.path] : []));
  const made = {
    socket: of('socket'),
    sensitive: of('sensitive'),
    writable: of('writable'),
    harmless: of('harmless'),
  };
  BY_KIND.set(paths, made);
  return made;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

export interface HostPath {
  readonly path: string;
  readonly kind: HostPathKind;
}

/** `writable` is sensitive only to writing; `harmless` excuses reading a path below a sensitive one. */
export type HostPathKind = 'socket' | 'sensitive' | 'writable' | 'harmless';
