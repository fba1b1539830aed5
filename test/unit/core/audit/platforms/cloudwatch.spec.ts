/** EKS: which messages of CloudWatch Logs are audit events. */
import assert from 'node:assert/strict';
import { eventTextsOf, kindsOf, logged, subscriptionData, unwrapped } from '../../platform-logs.ts';
import { CREATION, eventWith } from '../../samples.ts';

const EVENT = logged(CREATION);
const READ = logged(eventWith({ verb: 'get' }));

describe('subscription data of CloudWatch Logs', () => {
  it('is an audit event a message', () => {
    assert.deepEqual(eventTextsOf(subscriptionData([EVENT, READ])), [EVENT, READ]);
    assert.deepEqual(kindsOf(subscriptionData([])), []);
  });

  it('is nobody’s event when it only asks whether somebody is there', () => {
    const control = subscriptionData(['CWL CONTROL MESSAGE: Checking health of destination Firehose.'], {
      messageType: 'CONTROL_MESSAGE',
      logGroup: '',
      logStream: '',
    });
    assert.deepEqual(kindsOf(control), ['EKS other']);
  });

  for (const logStream of [
    'authenticator-1',
    'kube-apiserver-d1ad25b8',
    'kube-controller-manager-1',
    'cloud-controller-manager-1',
    'kube-scheduler-1',
    'new-component-1',
  ]) {
    it(`is another log of the cluster in ${logStream}, whatever it looks like`, () => {
      assert.deepEqual(
        kindsOf(subscriptionData(['time="2026-11-22T14:09:19Z" level=info', EVENT], { logStream })),
        ['EKS other', 'EKS other'],
      );
    });
  }

  it('is recognised by its messages in a group of another kind', () => {
    assert.deepEqual(kindsOf(subscriptionData([EVENT], { logGroup: 'audit', logStream: 'ip-10-0-0-1' })), [
      'EKS event',
    ]);
    assert.deepEqual(kindsOf(subscriptionData([EVENT], { logGroup: undefined, logStream: undefined })), [
      'EKS event',
    ]);
    assert.deepEqual(
      kindsOf(subscriptionData([EVENT], { logGroup: 'copies', logStream: 'authenticator-1' })),
      ['EKS other'],
    );
  });

  it('has messages that are no JSON set aside, each alone', () => {
    const parts = unwrapped(subscriptionData([EVENT.slice(0, 200), EVENT, ''])) ?? assert.fail();
    assert.deepEqual(
      parts.map((part) => (part.kind === 'refused' ? [part.reason, part.form] : part.kind)),
      [['event_not_json', 'EKS CloudWatch'], 'event', ['event_not_json', 'EKS CloudWatch']],
    );
  });
});

describe('what the AWS command line reads of CloudWatch Logs', () => {
  const read = (logStreamName: string | undefined, message: string) => ({
    logStreamName,
    timestamp: 1,
    message,
    ingestionTime: 2,
    eventId: '3',
  });

  it('is an audit event a message, but for the streams of other components', () => {
    const events = [
      read('kube-apiserver-audit-1', EVENT),
      read('authenticator-1', EVENT),
      read('kube-apiserver-1', 'I1122 text'),
      read(undefined, READ),
    ];
    assert.deepEqual(kindsOf({ events, searchedLogStreams: [] }), [
      'EKS event',
      'EKS other',
      'EKS other',
      'EKS event',
    ]);
  });
});
