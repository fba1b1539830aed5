/**
 * OpenShift: what a ClusterLogForwarder sends, a record each.
 *
 * An audit event of an API server is itself, with fields more at its top: @timestamp, log_type, log_source,
 * hostname, openshift (openshift/cluster-logging-operator). The same output may carry auditd's and OVN's
 * audit logs, and the containers' logs.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

/** Of type audit, but of no API server; versions without it have a separate field for the host's. */
const OTHER_SOURCES: readonly (string | undefined)[] = ['auditd', 'ovn'];

export function isForwarded(record: JsonView): boolean {
  return record.text('log_type') !== undefined && record.at('openshift')?.isObject === true;
}

/** Of another log, as a container's, which can look like an audit event if the container prints one. */
export function isOfOtherLog(record: JsonView): boolean {
  return (
    record.text('log_type') !== 'audit' ||
    record.at('audit.linux') !== undefined ||
    OTHER_SOURCES.includes(record.text('log_source'))
  );
}

/** A forwarded record that is no audit event. */
export function takeForwarded(record: JsonView, parts: Parts): void {
  if (isOfOtherLog(record)) parts.other('OpenShift');
  else
    parts.refuse(
      record,
      'OpenShift',
      'form_unsupported',
      'expected an audit event of an API server, found a forwarded record without one',
    );
}
