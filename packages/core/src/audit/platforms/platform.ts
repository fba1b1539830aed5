/**
 * The platforms whose logs hold audit events in a shape of their own, and how an event that was made of one
 * says so.
 *
 * Invariant: only what was converted carries PLATFORM_ANNOTATION; an event that stood whole in its log keeps
 * its bytes. An admission policy can set annotations of an audit event: markers.ts sees to it that this one
 * is ours. Who may post events may, but nothing beside these names.
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
