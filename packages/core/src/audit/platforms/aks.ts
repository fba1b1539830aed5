/**
 * AKS: Azure Monitor's resource logs, as Event Hubs and storage accounts hold them.
 *
 * A record has a category and, in properties.log, the audit event: its JSON text, in newer exports the object
 * itself (sysdiglabs/aks-audit-log has the former). Other categories are the logs of other components, and
 * hold plain text.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

/** kube-audit-admin is kube-audit without get and list. */
const AUDIT_CATEGORIES: readonly (string | undefined)[] = ['kube-audit', 'kube-audit-admin'];

/** Of whichever Azure resource and category. */
export function isAzureRecord(record: JsonView): boolean {
  return (
    logOf(record) !== undefined ||
    (record.text('category') !== undefined && record.text('resourceId') !== undefined)
  );
}

export function takeAzureRecord(record: JsonView, parts: Parts): void {
  const category = record.text('category') ?? record.text('Category');
  const log = logOf(record);
  if (category !== undefined && !AUDIT_CATEGORIES.includes(category)) parts.other('AKS');
  else if (log?.isObject === true) parts.event(log.bytes, log.byteOffset, 'AKS');
  else parts.eventText(log?.text(), record, 'AKS');
}

/** In rows of AzureDiagnostics it is log_s. */
function logOf(record: JsonView): JsonView | undefined {
  return record.at('properties', 'log') ?? record.at('log_s');
}
