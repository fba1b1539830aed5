/**
 * Which image a reference names, for comparing with lists.
 *
 * Invariant: registry and repository are compared whole where a match excuses something, and by their end
 * where a match accuses: a name in a registry of one's own excuses nothing, and a mirror hides nothing.
 */
import { splitImage } from '../../kubernetes/image-reference.ts';

const DEFAULT_REGISTRY = 'docker.io';
/** Other names of it. */
const DEFAULT_ALIASES: readonly string[] = [
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
];

/**
 * Registry and repository, without tag and digest, as containerd completes them: "ubuntu" is
 * "docker.io/library/ubuntu".
 */
export function canonicalImage(reference: string): string {
  const { registry, repository } = splitImage(reference);
  const host = hostOf(registry);
  const isDefault = host === DEFAULT_REGISTRY || DEFAULT_ALIASES.includes(host);
  return isDefault
    ? `${DEFAULT_REGISTRY}/${repository.includes('/') ? '' : 'library/'}${repository}`
    : `${host}/${repository}`;
}

/**
 * The port that https has anyway and the dot at the end change nothing; an account of Amazon's has one
 * registry a region, with the same images.
 */
function hostOf(registry: string | null): string {
  const host = (registry ?? DEFAULT_REGISTRY).toLowerCase().replace(/:443$/, '').replace(/\.$/, '');
  return host.replace(/^(\d{12}\.dkr\.ecr)\.[a-z0-9-]{1,30}\.(amazonaws\.com(?:\.cn)?)$/, '$1.$2');
}

/** Whether it is the image of an entry, or a copy of it under another registry or path. */
export function isImageOrCopy(reference: string, entries: readonly string[]): boolean {
  const image = canonicalImage(reference);
  return entries.some((entry) => {
    if (entry.endsWith('/')) return image.startsWith(entry);
    const repository = entry.slice(entry.indexOf('/') + 1);
    // "library/x" copied is "x" again, which is too general.
    return (
      image === entry ||
      (repository.includes('/') && !repository.startsWith('library/') && image.endsWith(`/${repository}`))
    );
  });
}

/** Whether the repository is one of the entries, or ends with it, in any registry. */
export function endsWithRepository(reference: string, entries: readonly string[]): boolean {
  const image = canonicalImage(reference);
  return entries.some((entry) => image.endsWith(`/${entry}`));
}
