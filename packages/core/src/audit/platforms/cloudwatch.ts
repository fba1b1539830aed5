/**
 * EKS: the control plane's logs in CloudWatch Logs, as a subscription delivers them and as the AWS command
 * line prints them.
 *
 * Each message of the streams kube-apiserver-audit-… is the JSON text of an audit event. The other streams of
 * a cluster's group are other components' logs (Amazon EKS user guide, control plane logs): nothing in them
 * counts as an event, whatever it looks like. A CONTROL_MESSAGE only checks that the receiver is reachable.
 */
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';

/** Takes what a message holds. */
export type TakeMessage = (text: string | undefined, element: JsonView) => void;

const NO_MESSAGE =
  'expected the whole event, found a row of CloudWatch Logs Insights without @message: add it to the fields of the query';
const EKS_GROUP = '/aws/eks/';
const AUDIT_STREAM = 'kube-apiserver-audit-';
/** Where the group is not named. */
const OTHER_STREAM =
  /^(?:kube-apiserver-(?!audit-)|authenticator-|kube-controller-manager-|cloud-controller-manager-|kube-scheduler-)/;

/** False for what is neither. */
export function takeCloudWatch(value: JsonView, parts: Parts, takeMessage: TakeMessage): boolean {
  return (
    takeSubscriptionData(value, parts, takeMessage) ||
    takeReadEvents(value, parts, takeMessage) ||
    takeInsights(value, parts, takeMessage)
  );
}

function takeSubscriptionData(value: JsonView, parts: Parts, takeMessage: TakeMessage): boolean {
  const events = value.at('logEvents');
  const type = value.text('messageType');
  if (type === undefined || events?.isArray !== true) return false;
  if (type === 'CONTROL_MESSAGE') parts.other('EKS');
  else {
    const other = isOther(value.text('logStream'), value.text('logGroup'));
    for (const event of events.elements()) takeLogEvent(event, other, parts, takeMessage);
  }
  return true;
}

/** What `aws logs filter-log-events` and `get-log-events` print. */
function takeReadEvents(value: JsonView, parts: Parts, takeMessage: TakeMessage): boolean {
  const events = value.at('events');
  if (events?.isArray !== true) return false;
  const first = events.first();
  if (first?.text('message') === undefined || first.number('timestamp') === undefined) return false;
  for (const event of events.elements())
    takeLogEvent(event, isOther(event.text('logStreamName')), parts, takeMessage);
  return true;
}

function isOther(stream: string | undefined, group?: string): boolean {
  if (stream === undefined) return false;
  return group?.startsWith(EKS_GROUP) === true ? !stream.startsWith(AUDIT_STREAM) : OTHER_STREAM.test(stream);
}

function takeLogEvent(event: JsonView, other: boolean, parts: Parts, takeMessage: TakeMessage): void {
  if (other) parts.other('EKS');
  else takeMessage(event.text('message'), event);
}

/**
 * What `aws logs get-query-results` prints, a list of fields for each row; and a row of what the console
 * exports.
 */
function takeInsights(value: JsonView, parts: Parts, takeMessage: TakeMessage): boolean {
  const results = value.at('results');
  if (results?.first()?.first()?.text('field') !== undefined) {
    for (const row of results.elements()) {
      const fields = new Map<string | undefined, JsonView | undefined>();
      for (const field of row.elements()) fields.set(field.text('field'), field.at('value'));
      takeRow((name) => fields.get(name), row, parts, takeMessage);
    }
    return true;
  }
  if (value.at('@message') === undefined) return false;
  takeRow((name) => value.at(name), value, parts, takeMessage);
  return true;
}

/** @log is ACCOUNT:GROUP. */
function takeRow(
  field: (name: string) => JsonView | undefined,
  row: JsonView,
  parts: Parts,
  takeMessage: TakeMessage,
): void {
  const message = field('@message');
  const group = field('@log')?.text();
  if (isOther(field('@logStream')?.text(), group?.slice(group.indexOf(':') + 1))) parts.other('EKS');
  else if (message?.isObject === true) parts.event(message.bytes, message.byteOffset, 'EKS');
  else if (message?.text() === undefined) parts.refuse(row, 'EKS', 'event_not_json', NO_MESSAGE);
  else takeMessage(message.text(), row);
}
