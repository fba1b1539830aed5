/**
 * OpenShift: what a ClusterLogForwarder sends, a record each.
 *
 * An audit event of an API server is itself, with fields more at its top: @timestamp, log_type, log_source, hostname, openshift
 * (openshift/cluster-logging-operator). The same output may carry auditd's and OVN's audit logs, and the containers' logs.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

/** Whose records are audit events, in versions that say it. */
const API_SERVERS: readonly (string | undefined)[] = ['kubeAPI', 'openshiftAPI'];

export function isForwarded(record: JsonView): boolean {
  return record.text('log_type') !== undefined && record.at('openshift')?.isObject === true;
}

/** A forwarded record that is no audit event. */
export function takeForwarded(record: JsonView, parts: Parts): void {
  const [type, source] = [record.text('log_type'), record.text('log_source')];
  const ofHost = record.at('audit.linux') !== undefined;
  if (type !== 'audit' || ofHost || (source !== undefined && !API_SERVERS.includes(source))) parts.other('OpenShift');
  else parts.refuse(record, 'OpenShift', 'form_unsupported', 'expected an audit event of an API server, found a forwarded record without one');
}
