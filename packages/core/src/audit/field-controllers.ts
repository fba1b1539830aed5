/**
 * Who controls each field of an audit event: the server, the authenticator, the authorizer, admission, or the
 * client.
 *
 * Invariant: only what the client cannot choose, or what takes effect as written, may lower a score, name a
 * person or excuse a workload; no such rule reads a field that is not listed. docs/detection.md has this
 * table; a test keeps both equal. Assesses nothing itself. Sources: Kubernetes documentation, "Auditing",
 * "Authenticating", "Authorization", "Admission Controllers", "Server-Side Apply"; k8s.io/apiserver
 * pkg/apis/audit; measured on kube-apiserver 1.35.4.
 */

export type FieldController = 'server' | 'authenticator' | 'authorizer' | 'admission' | 'client';

export interface FieldRow {
  readonly controller: FieldController;
  /** Of what the client writes: why it is true all the same. Undefined for mere claims. */
  readonly enforced?: string;
  readonly note: string;
}

const row = (controller: FieldController, note: string): FieldRow => ({ controller, note });
const enforced = (why: string, note: string): FieldRow => ({ controller: 'client', enforced: why, note });

export type EventField =
  | 'level'
  | 'stage'
  | 'auditID'
  | 'verb'
  | 'requestURI'
  | 'user.username'
  | 'user.groups'
  | 'user.uid'
  | 'user.extra'
  | 'impersonatedUser'
  | 'authenticationMetadata'
  | 'sourceIPs (all but the last)'
  | 'sourceIPs (the last)'
  | 'userAgent'
  | 'objectRef.resource'
  | 'objectRef.namespace'
  | 'objectRef.name'
  | 'responseStatus'
  | 'requestReceivedTimestamp'
  | 'stageTimestamp'
  | 'annotations: authorization.k8s.io/*'
  | 'annotations: pod-security.kubernetes.io/*'
  | 'annotations: audit.k8s.io/truncated'
  | 'annotations: others'
  | 'requestObject'
  | 'object.metadata.uid'
  | 'object.metadata.resourceVersion'
  | 'object.metadata.name'
  | 'object.metadata.labels'
  | 'object.metadata.annotations'
  | 'object.metadata.ownerReferences'
  | 'object.metadata.finalizers'
  | 'object.metadata.managedFields'
  | 'object.spec.serviceAccountName'
  | 'object.spec.nodeName'
  | 'object.spec (host access)'
  | 'object.spec.volumes'
  | 'object.spec.containers'
  | 'object.spec.containers.name'
  | 'object.spec.containers.image'
  | 'object.spec (others)'
  | 'object.status'
  | 'stream: creations'
  | 'stream: authors'
  | 'stream: rights'
  | 'stream: actions'
  | 'stream: names'
  | 'stream: tokens'
  | 'stream: namespaces';

/** `object` means `responseObject`, and for `requestObject` where no answer was recorded. */
export const EVENT_FIELDS: Readonly<Record<EventField, FieldRow>> = {
  level: row('server', 'By the audit policy'),
  stage: row('server', 'How far the request had come'),
  auditID: row('client', 'Taken from the header Audit-ID as it is (kubernetes/kubernetes#101597)'),
  verb: enforced('it is the request that was carried out', 'By the method and the path'),
  requestURI: row('client', 'With the query: fieldManager, timeout, labelSelector are free text'),
  'user.username': row('authenticator', 'Of a service account: its namespace and name'),
  'user.groups': row('authenticator', ''),
  'user.uid': row('authenticator', 'Distinguishes two users of one name'),
  'user.extra': row(
    'authenticator',
    'The pod, node and credential of a bound token; names and ids of a directory or cloud. A session’s name at AWS is its user’s choice',
  ),
  impersonatedUser: row(
    'authorizer',
    'The client names it, and has to be allowed each of its parts: username, uid, groups, extra',
  ),
  authenticationMetadata: row('server', 'Since 1.35'),
  'sourceIPs (all but the last)': row('client', 'What X-Forwarded-For and X-Real-Ip claim'),
  'sourceIPs (the last)': row('server', 'The other end of the connection'),
  userAgent: row('client', 'The client’s name for itself'),
  'objectRef.resource': enforced(
    'it is the request that was carried out',
    'Also apiGroup, apiVersion and subresource: from the path',
  ),
  'objectRef.namespace': enforced('the object is stored there', 'From the path'),
  'objectRef.name': row('client', 'From the path or the body'),
  responseStatus: row('server', 'But a client can have a failure reported for what was stored: decision 16'),
  requestReceivedTimestamp: row('server', ''),
  stageTimestamp: row('server', ''),
  'annotations: authorization.k8s.io/*': row('authorizer', 'Decision, and its reason: binding and role'),
  'annotations: pod-security.kubernetes.io/*': row(
    'admission',
    'The level that is enforced, and what violates a stricter one',
  ),
  'annotations: audit.k8s.io/truncated': row('server', 'But a client that pads an object can cause this'),
  'annotations: others': row(
    'admission',
    'Of policies and webhooks: their messages about an object may be its own text',
  ),
  requestObject: row('client', 'What was sent; admission may have changed it since'),
  'object.metadata.uid': row('server', 'In the answer; in a request it is the client’s'),
  'object.metadata.resourceVersion': row('server', 'Also creationTimestamp and generation'),
  'object.metadata.name': row('client', 'Also generateName; only its ending is the server’s'),
  'object.metadata.labels': row('client', 'As annotations'),
  'object.metadata.annotations': row(
    'client',
    'A requester is read from it only where a platform’s own account wrote it',
  ),
  'object.metadata.ownerReferences': row(
    'client',
    'A client that may make an object may write any owner into it',
  ),
  'object.metadata.finalizers': row('client', ''),
  'object.metadata.managedFields': row(
    'client',
    'The time is the server’s, the name of the manager is the client’s',
  ),
  'object.spec.serviceAccountName': enforced(
    'the pod gets the token of this account',
    'Admission fills it in',
  ),
  'object.spec.nodeName': enforced(
    'the kubelet of this node runs it',
    'NodeRestriction holds a kubelet to its own',
  ),
  'object.spec (host access)': enforced(
    'the kubelet sets the pod up so',
    'hostNetwork, hostPID, hostIPC, securityContext',
  ),
  'object.spec.volumes': enforced('the kubelet mounts them so', 'With the containers’ volumeMounts'),
  'object.spec.containers': enforced(
    'the runtime starts them so',
    'Commands, arguments, probes, hooks, literal environment, privileges',
  ),
  'object.spec.containers.name': row('client', ''),
  'object.spec.containers.image': row(
    'client',
    'What a registry, a mirror or a node has under the name is not in the event',
  ),
  'object.spec (others)': row('client', 'Hostname, scheduling, tolerations: no signal reads them'),
  'object.status': row('server', 'A client’s is dropped at the creation'),
  'stream: creations': row('server', 'Who made another object, by the event of that: user, uid and time'),
  'stream: authors': row(
    'server',
    'Who wrote a template, by the events of its workload: user, uid, resourceVersion and time',
  ),
  'stream: rights': row('server', 'Who changed a binding or role, and what it gave, by their events'),
  'stream: actions': row('server', 'What a user did before, and was refused'),
  'stream: names': row(
    'server',
    'Whether an event before this one had the name; the names themselves are controlled as in the rows above',
  ),
  'stream: tokens': row('server', 'Who requested a pod’s token'),
  'stream: namespaces': row('server', 'When one was made, and what limits it'),
};

/** Whether a rule may rest on it that makes anything less severe. */
export function isEvidence(field: EventField): boolean {
  const { controller, enforced: why }: FieldRow = EVENT_FIELDS[field];
  return controller !== 'client' || why !== undefined;
}
