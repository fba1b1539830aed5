/**
 * The platforms whose logs hold audit events in a shape of their own, and how an event that was made of one says so.
 *
 * Invariant: only what was converted carries PLATFORM_ANNOTATION; an event that stood whole in its log keeps its bytes. A client
 * of the API server cannot set an annotation of an audit event. Who may post events may, as he may post anything.
 */
import { textAt } from '../../json.ts';
import type { AuditEvent } from '../event.ts';

export type Platform = 'AKS' | 'EKS' | 'GKE' | 'OpenShift';

/** Beside the server's annotations: the platform of whose log entry this event was made. */
export const PLATFORM_ANNOTATION = 'arrivals/platform';

/** The platform whose log entry was converted to this event; null for an event as an API server wrote it. */
export function platformOf(event: AuditEvent): string | null {
  return textAt(event.annotations, PLATFORM_ANNOTATION) ?? null;
}
