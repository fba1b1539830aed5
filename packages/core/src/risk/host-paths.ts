/**
 * What a path of the host gives access to, by the list of paths.
 *
 * Invariant: a folder above something sensitive is as sensitive as that; a folder above a runtime's socket is that socket,
 * unless it is so high up that it holds much else. Different spellings of a path are one.
 */
import type { HostPath, HostPathKind } from './lists.ts';

/** Slashes once, none at the end; Windows' drives and pipes with slashes, in lower case; /var/run is a link to /run. */
export function plainPath(path: string): string {
  const slashed = path
    .replaceAll('\\', '/')
    .replace(/\/(?:\.?\/)+/g, '/')
    .replace(/\/\.?$/, '');
  const cased = /^[a-z]:/i.test(slashed) || slashed.startsWith('/pipe/') ? slashed.toLowerCase() : slashed;
  return cased === '' ? '/' : cased.replace(/^\/var\/run(?=\/|$)/, '/run');
}

/** What a volume of this path reaches. `undefined`: nothing that the list names. */
export function reachOf(path: string, paths: readonly HostPath[]): HostPathKind | undefined {
  const plain = plainPath(path);
  const of = (kind: HostPathKind): readonly string[] => paths.flatMap((entry) => (entry.kind === kind ? [entry.path] : []));
  const sensitive = of('sensitive');
  const isAboveSensitive = sensitive.some((entry) => isWithin(entry, plain));
  if (of('socket').some((entry) => plain === entry || (isWithin(entry, plain) && !isAboveSensitive))) return 'socket';
  if (isAboveSensitive) return 'sensitive';
  if (of('harmless').some((entry) => isWithin(plain, entry))) return 'harmless';
  if (sensitive.some((entry) => isWithin(plain, entry))) return 'sensitive';
  return of('writable').some((entry) => isWithin(plain, entry) || isWithin(entry, plain)) ? 'writable' : undefined;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
