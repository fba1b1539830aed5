/**
 * Whether a list of the alert is not all there was, so that what is missing from it is not known to be
 * missing.
 */
import type { Alert } from '@arrivals/core';

/** @param paths of fields, such as object.volumes: what lies below them counts too. */
export function isPartial({ unknown, cuts }: Alert, ...paths: readonly string[]): boolean {
  const isBelow = ({ path }: { readonly path: string }): boolean =>
    paths.some((field) => path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`));
  return unknown.some(isBelow) || cuts.some(isBelow);
}
