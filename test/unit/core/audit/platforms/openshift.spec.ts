/** OpenShift: what a ClusterLogForwarder sends. Fields as openshift/cluster-logging-operator sets them. */
import { parseAuditEvent, select } from '@arrivals/core';
import { cutEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { eventTextsOf, kindsOf } from '../../platform-logs.ts';
import { CREATION, eventWith, type Json } from '../../samples.ts';

const FORWARDED: Json = {
  '@timestamp': '2026-11-22T14:09:19.281003Z',
  hostname: 'master-0',
  log_source: 'kubeAPI',
  log_type: 'audit',
  openshift: { cluster_id: 'c', sequence: 1 },
  k8s_audit_level: 'RequestResponse',
};
const forwarded = (changes: Json = {}): Json => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  ...CREATION,
  ...FORWARDED,
  ...changes,
});

describe('a record of a ClusterLogForwarder', () => {
  it('is an audit event with fields of its own, and stays as it is', () => {
    assert.deepEqual(eventTextsOf(forwarded()), [JSON.stringify(forwarded())]);
    const event = parseAuditEvent(Buffer.from(eventTextsOf(forwarded())[0] ?? ''));
    assert.deepEqual(select(event), { created: 'Pod' });
    for (const changes of [
      {},
      { log_source: 'openshiftAPI' },
      { log_source: undefined },
      { log_source: 'http' },
    ])
      assert.deepEqual(kindsOf(forwarded(changes)), ['OpenShift event'], JSON.stringify(changes));
  });

  it('comes in lists, as its http output posts them', () => {
    assert.deepEqual(kindsOf([forwarded(), forwarded(eventWith({ verb: 'get' }))]), [
      'OpenShift event',
      'OpenShift event',
    ]);
  });

  it('shows the audit level also where a log level has taken its place', () => {
    const levelOf = (changes: Json) => parseAuditEvent(Buffer.from(JSON.stringify(forwarded(changes)))).level;
    assert.equal(levelOf({ level: 'default', k8s_audit_level: 'Metadata' }), 'Metadata');
    assert.equal(
      levelOf({ level: 'info', k8s_audit_level: undefined, openshift_audit_level: 'Request' }),
      'Request',
    );
    assert.equal(levelOf({ level: 'Request', k8s_audit_level: undefined }), 'Request');
    assert.equal(levelOf({ level: 'Request', k8s_audit_level: 7 }), 'Request');
    const large = forwarded({ level: 'default', k8s_audit_level: 'Metadata', userAgent: 'x'.repeat(50_000) });
    assert.equal(
      parseAuditEvent(cutEvent(Buffer.from(JSON.stringify(large)), 20_000)).level,
      'Metadata',
      'also of an event that was cut',
    );
  });

  const others: readonly (readonly [what: string, record: Json])[] = [
    [
      'of auditd',
      {
        ...FORWARDED,
        log_source: 'auditd',
        message: 'type=CWD msg=audit(1.2:3)',
        'audit.linux': { type: 'CWD' },
      },
    ],
    [
      'of auditd, in a version without a type',
      { ...FORWARDED, log_source: undefined, 'audit.linux': { type: 'CWD' } },
    ],
    ['of OVN', { ...FORWARDED, log_source: 'ovn', message: '2026|00004|acl_log(ovn_pinctrl0)' }],
    [
      'of a container',
      { ...FORWARDED, log_type: 'application', log_source: 'container', structured: CREATION, message: 'x' },
    ],
    [
      'of a container that looks like an audit event',
      forwarded({ log_type: 'application', log_source: 'container' }),
    ],
    ['of a node', { ...FORWARDED, log_type: 'infrastructure', log_source: 'node', message: 'x' }],
  ];
  for (const [what, record] of others) {
    it(`is another log: ${what}`, () => {
      assert.deepEqual(kindsOf(record), ['OpenShift other']);
    });
  }

  it('is set aside when it should be an API server’s event and is none', () => {
    assert.deepEqual(kindsOf({ ...FORWARDED, message: 'cut' }), ['OpenShift refused']);
  });
});
