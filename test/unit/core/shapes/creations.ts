/** Shapes of what is really created: the table of expectations. */
import { alerted, bareNamespace, barePod, filtered, type Group, namelessPod } from './expected.ts';

const byName = { 'object.metadataFrom': 'reference', 'object.specFrom': null };
const whole = { 'object.metadataFrom': 'answer', 'object.specFrom': 'answer' };
const wholeNamespace = { 'object.metadataFrom': 'answer', 'object.specFrom': null };

const posts: Group = {
  'a Namespace made by kubectl create': alerted({
    shows: { ...wholeNamespace, 'actor.username': 'alice', 'grant.role.name': 'namespace-maker' },
  }),
  'a Pod made by kubectl run': alerted({
    shows: { ...whole, 'actor.username': 'alice', 'grant.binding.name': 'alice-dev' },
  }),
  'a Pod made by kubectl apply': alerted({
    shows: {
      'object.annotations': [{ key: 'kubectl.kubernetes.io/last-applied-configuration', value: '[masked]' }],
    },
  }),
  'a Pod changed by kubectl apply': filtered('changed_not_created'),
  'a Pod posted as YAML': alerted({ shows: whole }),
  'our policy: a Namespace made by kubectl create': alerted({ shows: wholeNamespace }),
  'our policy: a Pod made by kubectl run': alerted({ shows: whole }),
  'our policy: 403 by RBAC': filtered('not_successful'),
};

const levels: Group = {
  'a named Pod at Request': alerted({
    shows: { 'object.metadataFrom': 'request', 'object.specFrom': 'request' },
    unknown: { uid: 'auditLevel', serviceAccountName: 'auditLevel' },
  }),
  'a named Pod at Metadata': alerted({ shows: byName, unknown: barePod('auditLevel') }),
  'a Namespace at Metadata': alerted({ shows: byName, unknown: bareNamespace('auditLevel') }),
  'server-side apply at Metadata': alerted({ shows: byName, unknown: barePod('auditLevel') }),
};

const generateName: Group = {
  'generateName at RequestResponse': alerted({ shows: { ...whole, 'object.generateName': 'batch-' } }),
  'generateName at Request': alerted({
    shows: { 'object.name': null, 'object.generateName': 'batch-' },
    unknown: { uid: 'auditLevel', name: 'auditLevel', serviceAccountName: 'auditLevel' },
  }),
  'generateName at Metadata': alerted({
    shows: { ...byName, 'object.name': null },
    unknown: namelessPod('auditLevel'),
  }),
  'a Namespace with generateName': alerted({ shows: { ...wholeNamespace, 'object.generateName': 'team-' } }),
  'a Namespace with generateName at Metadata': alerted({
    shows: { 'object.name': null },
    unknown: { ...bareNamespace('auditLevel'), name: 'auditLevel' },
  }),
  'our policy: generateName': alerted({ shows: { ...whole, 'object.generateName': 'batch-' } }),
};

const serverSideApply: Group = {
  'a Pod made by server-side apply': alerted({ shows: { ...whole, 'provenance.verb': 'patch' } }),
  'a Pod changed by server-side apply': filtered('changed_not_created'),
  'a Pod left as it is by server-side apply': filtered('changed_not_created'),
  'a Namespace made by server-side apply': alerted({
    shows: { ...wholeNamespace, 'object.namespace': null },
  }),
  'a Namespace changed by server-side apply': filtered('changed_not_created'),
  'server-side apply answered with a Table': alerted({
    shows: { 'object.metadataFrom': 'answer', 'object.specFrom': null },
    unknown: {
      privileged: 'answerShape',
      containers: 'answerShape',
      volumes: 'answerShape',
      serviceAccountName: 'answerShape',
      nodeName: 'answerShape',
      hostAccess: 'answerShape',
    },
  }),
  'our policy: a Pod made by server-side apply': alerted({ shows: byName, unknown: barePod('auditLevel') }),
  'our policy: a Pod changed by server-side apply': filtered('changed_not_created'),
  'our policy: a Namespace made by server-side apply': alerted({
    shows: { ...byName, 'object.namespace': null },
    unknown: bareNamespace('auditLevel'),
  }),
};

const yamlApply: Group = {
  'our policy: a Pod applied as YAML': alerted({ shows: byName, unknown: barePod('auditLevel') }),
  'our policy: a Pod changed by YAML': filtered('changed_not_created'),
  'our policy: a Namespace applied as YAML': alerted({
    shows: byName,
    unknown: bareNamespace('auditLevel'),
  }),
  'our policy: a dry run as YAML': filtered('dry_run'),
  'our policy: YAML that is broken': filtered('not_successful'),
};

const noUid = { uid: 'answerShape', serviceAccountName: 'answerShape' } as const;
const noSpec = { serviceAccountName: 'answerShape' } as const;
const fromBoth = { 'object.metadataFrom': 'answer', 'object.specFrom': 'request' };

const answers: Group = {
  'a Pod answered with a Table': alerted({ shows: fromBoth, unknown: noSpec }),
  'a Pod answered with a Table that shows whole objects': alerted({
    shows: { ...whole, 'object.serviceAccountName': 'default' },
  }),
  'a Pod answered with a Table that shows no object': alerted({
    shows: { 'object.metadataFrom': 'request' },
    unknown: noUid,
  }),
  'a Pod answered with PartialObjectMetadata': alerted({ shows: fromBoth, unknown: noSpec }),
  'a Pod answered with PartialObjectMetadata of v1beta1': alerted({ shows: fromBoth, unknown: noSpec }),
  'generateName answered with a Table': alerted({
    shows: { ...fromBoth, 'object.generateName': 'table-' },
    unknown: noSpec,
  }),
  'generateName answered with a Table that shows no object': alerted({
    shows: { 'object.name': null, 'object.generateName': 'table-' },
    unknown: { ...noUid, name: 'answerShape' },
  }),
  'generateName answered with PartialObjectMetadata': alerted({
    shows: { ...fromBoth, 'object.generateName': 'partial-' },
    unknown: noSpec,
  }),
  'a Namespace answered with a Table': alerted({ shows: wholeNamespace }),
};

const controllers: Group = {
  'a Pod that a controller made': alerted({
    shows: {
      ...whole,
      'actor.username': 'system:serviceaccount:kube-system:replicaset-controller',
      'grant.role.name': 'system:controller:replicaset-controller',
    },
    filtered: ['other_resource'],
  }),
  'our policy: a Pod that a controller made': alerted({ shows: whole, filtered: ['other_resource'] }),
  'a kubelet’s mirror Pod': alerted({
    shows: {
      ...whole,
      'actor.username': 'system:node:edge-1',
      'object.nodeName': 'edge-1',
      'object.serviceAccountName': null,
      'grant.reason': null,
    },
  }),
};

const again: Group = {
  'a Pod deleted and made again under its name': alerted({ filtered: ['other_verb'] }),
  'a Pod made again by kubectl replace --force': alerted({ filtered: ['other_verb'] }),
  'a Pod made again by server-side apply': alerted({ filtered: ['other_verb'] }),
  'a Namespace made again under its name': alerted(),
  'a StatefulSet’s Pod made again under its name': alerted({ filtered: ['other_verb'] }),
};

const truncated: Group = {
  'a truncated Pod with a name': alerted({
    shows: { ...byName, 'provenance.truncated': true },
    unknown: barePod('truncated'),
  }),
  'a truncated Pod with generateName': alerted({
    shows: { 'object.name': null, 'provenance.truncated': true },
    unknown: namelessPod('truncated'),
  }),
  'two truncated Pods with one audit id': alerted({
    shows: { 'object.name': null },
    unknown: namelessPod('truncated'),
  }),
  'a truncated Namespace': alerted({ shows: byName, unknown: bareNamespace('truncated') }),
  'a truncated Pod made by server-side apply': alerted({ shows: byName, unknown: barePod('truncated') }),
  'a truncated dry run': filtered('dry_run'),
  'a truncated refusal': filtered('not_successful'),
  'a Pod beside truncated ones': alerted({ shows: { ...whole, 'provenance.truncated': false } }),
};

export const CREATIONS: Readonly<Record<string, Group>> = {
  'plain creations': posts,
  'audit levels': levels,
  generateName,
  'server-side apply': serverSideApply,
  'apply of YAML under our policy': yamlApply,
  'answers of another shape': answers,
  'controllers and mirror Pods': controllers,
  'recreated names': again,
  'truncated events': truncated,
};
