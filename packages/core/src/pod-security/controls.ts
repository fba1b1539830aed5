/**
 * The table of controls: every one of the baseline and restricted Pod Security Standards, in each of its
 * editions.
 *
 * Invariant: in the order of the API server's messages, baseline first, then by id. The rows are by subject
 * in host-access.ts, confinement.ts and privileges.ts. Tests compare it with the library, and prove each row
 * necessary.
 */
import { CONFINEMENT } from './confinement.ts';
import type { PodSecurityControl } from './control.ts';
import { HOST_ACCESS } from './host-access.ts';
import { PRIVILEGES } from './privileges.ts';

export const POD_SECURITY_CONTROLS: readonly PodSecurityControl[] = ['baseline', 'restricted'].flatMap(
  (level) =>
    [...HOST_ACCESS, ...CONFINEMENT, ...PRIVILEGES]
      .filter((control) => control.level === level)
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
);

const REASONS: ReadonlyMap<string, string> = new Map(
  POD_SECURITY_CONTROLS.flatMap(({ id, reason }) => (typeof reason === 'string' ? [[id, reason]] : [])),
);

/** The API server's words for a check; undefined where they depend on what was found. */
export function podSecurityReason(check: string): string | undefined {
  return REASONS.get(check);
}
