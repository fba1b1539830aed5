/** Whether a value is an audit event, by its top-level members: checked before any other shape. */
import { isStage } from '../validity.ts';
import type { JsonView } from './json-view.ts';

/** Items of an EventList have a stage and no kind. */
export function isAuditEvent(value: JsonView): boolean {
  const kind = value.text('kind');
  if (kind === undefined) return isStage(value.text('stage'));
  return kind === 'Event' && value.text('apiVersion')?.startsWith('audit.k8s.io/') === true;
}
