/** Shapes of what a client can choose, claim or hide: the table of expectations. */
import { alerted, filtered, type Group, NO_ANSWER, namelessPod, barePod, unconfirmed } from './expected.ts';

const auditIds: Group = {
  'an audit id that the client chose': alerted({ shows: { 'provenance.auditId': 'chosen-by-the-client' } }),
  'two Pods under one audit id': alerted({ shows: { 'provenance.auditId': 'one-for-both' } }),
  'two Pods under one audit id at Metadata': alerted({
    shows: { 'object.name': null },
    unknown: namelessPod('auditLevel'),
  }),
  'an audit id that a refused request used first': alerted({
    shows: { 'provenance.auditId': 'used-before' },
    filtered: ['not_successful'],
  }),
  'an audit id that a dry run used first': alerted({
    shows: { 'provenance.auditId': 'tried-before' },
    filtered: ['dry_run'],
  }),
  'an audit id of 3,000 characters': alerted({
    shows: { cuts: [{ path: 'provenance.auditId', kept: 512, of: 3000 }] },
  }),
  'an audit id of odd characters': alerted({ shows: { 'provenance.auditId': '"<b>&é\ufffd\\' } }),
};

const claimed = (...addresses: readonly string[]) =>
  alerted({ shows: { 'actor.peerAddress': '127.0.0.1', 'actor.claimedAddresses': addresses } });

const addresses: Group = {
  'addresses claimed by X-Forwarded-For': claimed('203.0.113.9', '10.0.0.1'),
  'an address claimed by X-Real-Ip': claimed('203.0.113.10'),
  'X-Forwarded-For that ends with the peer’s own address': claimed('203.0.113.9'),
  'X-Forwarded-For that holds no address': claimed('2001:db8::7'),
};

const impersonation: Group = {
  'impersonation of a user': alerted({
    shows: {
      'actor.username': 'admin',
      'actor.impersonatedUsername': 'alice',
      'grant.subject.name': 'alice',
      'actor.groups': ['system:masters', 'system:authenticated'],
    },
  }),
  'impersonation of a service account with groups, uid and extra': alerted({
    shows: {
      'actor.username': 'admin',
      'actor.impersonatedUsername': 'system:serviceaccount:shapes:default',
      'actor.impersonatedGroups': ['system:masters', 'system:authenticated'],
    },
  }),
  'impersonation that is refused': filtered('not_successful'),
  'impersonation of a user who may not': filtered('not_successful'),
  'a Pod made with the token of a Pod': alerted({
    shows: { 'actor.username': 'system:serviceaccount:shapes:default', 'actor.podName': 'web' },
  }),
};

const texts: Group = {
  'a uid that the client claimed': alerted({ shows: { 'object.metadataFrom': 'answer' } }),
  'a uid that the client claimed, at Request': alerted({
    shows: { 'object.uid': null },
    unknown: { uid: 'auditLevel', serviceAccountName: 'auditLevel' },
  }),
  'a trailing slash': alerted({ shows: { 'provenance.requestUri': '/api/v1/namespaces/shapes/pods/' } }),
  'an escaped path': alerted({
    shows: { 'object.namespace': 'shapes', 'provenance.requestUri': '/api/v1/namespaces/%73hapes/pods' },
  }),
  'a user agent of odd characters': alerted({
    shows: { 'actor.userAgent': '<b>"é\\ \ufffd{"stage":"Panic"}' },
  }),
};

const CREATED = [
  'xdryRun=All',
  'DRYRUN=All',
  'dryRun=All;x',
  'a=b;dryRun=All',
  'dryRun=%zz',
  'fieldManager=dryRun=All',
  'fieldManager=%26dryRun%3DAll',
  '?dryRun=All',
];
const DRY = [
  '%64ryRun=All',
  'dryRun=%41ll',
  'dryRun=All&dryRun=All',
  'dryRun=%zz&dryRun=All',
  'a=b;c&dryRun=All',
  '&=&dryRun=All',
  'fieldManager=me&dryRun=All&timeout=30s',
];
const REFUSED = [
  'dryRun=all',
  'dryRun=',
  'dryRun',
  'dryRun=All%20',
  'dryRun=All%26x',
  'dryRun=All&dryRun=None',
  'dryRun=true',
];

const dryRuns: Group = {
  'a dry run of kubectl run': filtered('dry_run'),
  'a dry run of server-side apply': filtered('dry_run'),
  'a dry run of a Namespace': filtered('dry_run'),
  'a dry run with generateName': filtered('dry_run'),
  'a dry run answered with a Table': filtered('dry_run'),
  'our policy: a dry run': filtered('dry_run'),
  ...Object.fromEntries(
    CREATED.map((query) => [`no dry run: ?${query}`, alerted({ unknown: barePod('auditLevel') })]),
  ),
  ...Object.fromEntries(DRY.map((query) => [`a dry run spelled ?${query}`, filtered('dry_run')])),
  ...Object.fromEntries(
    REFUSED.map((query) => [`a dryRun that is refused: ?${query}`, filtered('not_successful')]),
  ),
};

const byRequest = { 'object.metadataFrom': 'request', 'object.specFrom': 'request' };
const applied = unconfirmed({
  shows: { 'object.metadataFrom': 'reference' },
  unknown: barePod('notInEvent'),
});
const namespace = unconfirmed({
  shows: { 'object.metadataFrom': 'request' },
  unknown: { uid: 'notInEvent' },
});

const unconfirmedOnes: Group = {
  'a Pod answered 406 after it was stored': unconfirmed({ shows: byRequest }),
  'generateName answered 406 after it was stored': unconfirmed({
    shows: { 'object.name': null },
    unknown: { ...NO_ANSWER, name: 'notInEvent' },
  }),
  'a Pod at Metadata answered 406 after it was stored': unconfirmed({ unknown: barePod('auditLevel') }),
  'a Namespace answered 406 after it was stored': namespace,
  'server-side apply answered 406 after it was stored': applied,
  'server-side apply to what is there, answered 406': applied,
  'our policy: a Pod answered 406 after it was stored': unconfirmed({ shows: byRequest }),
  'our policy: server-side apply answered 406 after it was stored': unconfirmed({
    unknown: barePod('auditLevel'),
  }),
  'a truncated Pod answered 406 after it was stored': unconfirmed({ unknown: barePod('truncated') }),
  'a merge patch answered 406': filtered('not_successful'),
  'a dry run answered 406': filtered('dry_run'),
  'a Pod answered 400 after it was stored': unconfirmed({ shows: byRequest }),
  'a Namespace answered 400 after it was stored': namespace,
  'server-side apply answered 400 after it was stored': applied,
  '409 of who asked for a list': filtered('not_successful'),
  'a Pod whose time ran out, 504 and it is there': unconfirmed({ shows: byRequest }),
  'a Pod whose time ran out, 504 and it is not there': unconfirmed({ shows: byRequest }),
  'a Namespace whose time ran out, 504 and it is there': namespace,
  'a Namespace whose time ran out, 504 and it is not there': namespace,
  'server-side apply whose time ran out, 504 and it is there': applied,
  'server-side apply whose time ran out, 504 and it is not there': applied,
  'a client that hung up, 504 and the Pod is there': unconfirmed({ shows: byRequest }),
  'a client that hung up, 504 and the Pod is not there': unconfirmed({ shows: byRequest }),
};

export const CLAIMS: Readonly<Record<string, Group>> = {
  'audit ids': auditIds,
  'claimed addresses': addresses,
  'impersonation and tokens': impersonation,
  'other claims and free text': texts,
  'dry runs': dryRuns,
  'answers that do not show it': unconfirmedOnes,
};
