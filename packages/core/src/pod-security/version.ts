/**
 * The version of the Pod Security Standards to evaluate against, as a namespace's label has it: "latest" or
 * "v1.25".
 *
 * Invariant: versions that are newer than the table are evaluated as the newest in it, as the library does.
 */

export type PodSecurityVersion = 'latest' | `v1.${number}`;

/** Undefined for what the API server takes for a mistake; it then goes by "latest". */
export function parsePodSecurityVersion(text: string): PodSecurityVersion | undefined {
  return text === 'latest' || Number.isSafeInteger(minorOf(text)) ? (text as PodSecurityVersion) : undefined;
}

/** Infinity for "latest"; NaN for what is no version. */
export function minorOf(version: string): number {
  if (version === 'latest') return Number.POSITIVE_INFINITY;
  const [, minor] = /^v1\.(0|[1-9][0-9]{0,15})$/.exec(version) ?? [];
  return Number(minor);
}
