/**
 * Splits an image reference as container runtimes do (distribution/reference grammar):
 * [registry/]repository[:tag][@digest].
 *
 * Invariant: never throws and loses nothing: odd text ends up in the repository. It does not fill in
 * defaults, which differ between runtimes.
 */

export function splitImage(reference: string): Image {
  // User info, which nothing should have, ends with one too.
  const at = /@[^@/]*$/.exec(reference)?.index ?? -1;
  const named = at === -1 ? reference : reference.slice(0, at);
  const digest = at === -1 ? null : textOrNull(reference.slice(at + 1));
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  // Repositories are lower case: a first part that is not is a host.
  const registry =
    first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase()
      ? first
      : null;
  const path = registry === null ? named : named.slice(slash + 1);
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  const repository = tagged ? path.slice(0, colon) : path;
  if (repository === '') return { reference, registry: null, repository: reference, tag: null, digest: null };
  return {
    reference,
    registry,
    repository,
    tag: tagged ? textOrNull(path.slice(colon + 1)) : null,
    digest,
  };
}

function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}

export interface Image {
  /** As it is written in the spec. */
  readonly reference: string;
  /** Null when the reference names none: the node's runtime decides (containerd: docker.io). */
  readonly registry: string | null;
  readonly repository: string;
  /** Null when the reference names none: "latest", unless there is a digest. */
  readonly tag: string | null;
  readonly digest: string | null;
}
