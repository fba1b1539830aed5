/**
 * EKS: the control plane's logs in CloudWatch Logs, as a subscription delivers them and as the AWS command line prints them.
 *
 * Each message of the streams kube-apiserver-audit-… is the JSON text of an audit event. The other streams of a cluster's group are
 * other components' logs (Amazon EKS user guide, control plane logs): nothing in them counts as an event, whatever it looks like. A
 * CONTROL_MESSAGE only asks whether somebody is there.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

const EKS_GROUP = '/aws/eks/';
const AUDIT_STREAM = 'kube-apiserver-audit-';
/** Where the group is not told. */
const OTHER_STREAM = /^(?:kube-apiserver-(?!audit-)|authenticator-|kube-controller-manager-|cloud-controller-manager-|kube-scheduler-)/;

/** False for what is neither. */
export function takeCloudWatch(value: JsonView, parts: Parts): boolean {
  return takeSubscriptionData(value, parts) || takeReadEvents(value, parts);
}

function takeSubscriptionData(value: JsonView, parts: Parts): boolean {
  const events = value.at('logEvents');
  const type = value.text('messageType');
  if (type === undefined || events?.isArray !== true) return false;
  if (type === 'CONTROL_MESSAGE') parts.other('EKS');
  else {
    const other = isOther(value.text('logStream'), value.text('logGroup'));
    for (const event of events.elements()) takeLogEvent(event, other, parts);
  }
  return true;
}

/** What `aws logs filter-log-events` and `get-log-events` print. */
function takeReadEvents(value: JsonView, parts: Parts): boolean {
  const events = value.at('events');
  if (events?.isArray !== true) return false;
  const first = events.first();
  if (first?.text('message') === undefined || first.number('timestamp') === undefined) return false;
  for (const event of events.elements()) takeLogEvent(event, isOther(event.text('logStreamName')), parts);
  return true;
}

function isOther(stream: string | undefined, group?: string): boolean {
  if (stream === undefined) return false;
  return group?.startsWith(EKS_GROUP) === true ? !stream.startsWith(AUDIT_STREAM) : OTHER_STREAM.test(stream);
}

function takeLogEvent(event: JsonView, other: boolean, parts: Parts): void {
  if (other) parts.other('EKS');
  else parts.eventText(event.text('message'), event, 'EKS');
}
