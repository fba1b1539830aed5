/**
 * The platforms whose logs wrap audit events in their own shape, and how an event converted from one is
 * marked.
 *
 * Invariant: only what was converted carries PLATFORM_ANNOTATION; an event that is whole in its log keeps its
 * bytes. An admission policy can set annotations of an audit event: markers.ts removes them. A client that
 * may post events can set it too, but only to these names.
 */
import { at } from '../../base/json.ts';
import type { AuditEvent } from '../event.ts';
import { PLATFORM_ANNOTATION } from '../markers.ts';

const PLATFORMS = ['AKS', 'EKS', 'GKE', 'OpenShift'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The platform whose log entry was converted to this event; null for an event as an API server wrote it. */
export function platformOf(event: AuditEvent): Platform | null {
  const name = at(event.annotations, PLATFORM_ANNOTATION);
  return PLATFORMS.find((platform) => platform === name) ?? null;
}
