/**
 * EKS: the control plane's logs in CloudWatch Logs, as a subscription delivers them and as the AWS command line prints them.
 *
 * Each message of the streams kube-apiserver-audit-… is the JSON text of an audit event. The other streams of the group are
 * other components' logs and hold plain text (Amazon EKS user guide, control plane logs); a CONTROL_MESSAGE only asks whether
 * somebody is there.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

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
  else for (const event of events.elements()) takeLogEvent(event, value.text('logStream'), parts);
  return true;
}

/** What `aws logs filter-log-events` and `get-log-events` print. */
function takeReadEvents(value: JsonView, parts: Parts): boolean {
  const events = value.at('events');
  if (events?.isArray !== true) return false;
  const all = events.elements();
  if (all[0]?.text('message') === undefined || all[0].number('timestamp') === undefined) return false;
  for (const event of all) takeLogEvent(event, event.text('logStreamName'), parts);
  return true;
}

function takeLogEvent(event: JsonView, stream: string | undefined, parts: Parts): void {
  if (stream !== undefined && OTHER_STREAM.test(stream)) parts.other('EKS');
  else parts.eventText(event.text('message'), event, 'EKS');
}
