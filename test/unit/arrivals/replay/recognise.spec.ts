/** What people take for an audit log: named, with what to do; what may hold one audit event is read. */
import { assertAuditLog } from 'arrivals';
import { ArrivalsError } from '@arrivals/core';
import assert from 'node:assert/strict';
import { podCreation } from '../../../support/audit-events.ts';

/** What it is said to be; undefined for what is read. */
function told(text: string, { name = 'audit.log', whole = true } = {}): string | undefined {
  try {
    assertAuditLog(name, Buffer.from(text), whole);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ArrivalsError && error.code === 'input_not_audit_log');
    return error.message;
  }
}

const EVENT = JSON.stringify(podCreation({ name: 'web-1' }));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('what is no audit log', () => {
  const OTHERS: readonly (readonly [name: string, text: string, found: RegExp, remedy: RegExp])[] = [
    [
      'the table of `kubectl get events`',
      'LAST SEEN   TYPE     REASON   OBJECT\n5m   Normal   Pulled   pod/a\n',
      /kubectl get events/,
      /--audit-log-path/,
    ],
    [
      'events as JSON',
      '{"kind":"Event","apiVersion":"v1","involvedObject":{"kind":"Pod"}}\n',
      /kubectl get events/,
      /--audit-log-path/,
    ],
    [
      'a list of objects',
      '{"apiVersion":"v1","items":[{"kind":"Pod"}],"kind":"List"}\n',
      /list of Kubernetes objects/,
      /--audit-log-path/,
    ],
    [
      'a table of kubectl',
      'NAME    READY   STATUS\nweb-1   1/1     Running\n',
      /table that kubectl prints/,
      /--audit-log-path/,
    ],
    ['YAML', '---\napiVersion: v1\nkind: List\n', /found YAML/, /--audit-log-path/],
    [
      'the API server’s own log',
      'I1122 14:08:53.123456       1 trace.go:236] Trace[1]: x\n',
      /\(klog\)/,
      /another file than its log/,
    ],
    [
      'the audit log of Linux',
      'type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e\n',
      /auditd/,
      /--audit-log-path/,
    ],
    [
      'a page for logging in',
      '<!DOCTYPE html>\n<html><body>Sign in</body></html>\n',
      /HTML or XML/,
      /what fetched it may have been refused/,
    ],
    [
      'lines of a logger',
      '2026-11-22 10:00:00 INFO starting\n2026-11-22 10:00:01 ERROR failed\n',
      /application’s log/,
      /--audit-log-path/,
    ],
    [
      'lines of syslog',
      'Nov 22 10:00:00 node-1 kubelet[1]: starting\n',
      /application’s log/,
      /--audit-log-path/,
    ],
    [
      'lines of an access log',
      '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 2\n',
      /application’s log/,
      /--audit-log-path/,
    ],
    [
      'lines of a logger in JSON',
      '{"level":"info","ts":1.5,"msg":"starting"}\n{"level":"warn","ts":2,"msg":"x"}\n',
      /in JSON/,
      /--audit-log-path/,
    ],
    [
      'the legacy format',
      '2017-03-21T03:57:09.1-04:00 AUDIT: id="c9" stage="RequestReceived"\n',
      /legacy format/,
      /--audit-log-format=json/,
    ],
    ['CSV without JSON', 'time,user,verb\n2026-11-22,admin,create\n', /found CSV\./, /Export it as JSON/],
    ['a text', 'hello\u001b[31m world\n', /text that is no JSON, beginning with "hello/, /--audit-log-path/],
  ];
  for (const [name, text, found, remedy] of OTHERS)
    it(`is named: ${name}`, () => {
      const message = told(text) ?? 'nothing is said';
      assert.match(message, /^audit\.log: expected an audit log of Kubernetes/);
      assert.match(message, found);
      assert.match(message, remedy);
      assert.doesNotMatch(message, /\p{Cc}/u);
    });

  it('is named with the command that takes the column out, where CSV holds events in one', () => {
    const csv = `time,message\n2026-11-22,${quoted(EVENT)}\n`;
    assert.match(
      told(csv, { name: 'a b.csv' }) ?? '',
      /JSON in its column "message"\. .*< 'a b\.csv' \| arrivals replay -`/,
    );
    assert.match(told(csv, { name: '-' }) ?? '', /python3 -c '[^']*' \| arrivals replay -`/);
  });
});

describe('what may be an audit log', () => {
  const READ: readonly (readonly [name: string, text: string])[] = [
    ['an event a line', `${EVENT}\n`],
    ['an event behind a byte order mark', `\ufeff${EVENT}\n`],
    [
      'an EventList',
      JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [podCreation()] }),
    ],
    [
      'an EventList over many lines',
      JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [podCreation()] }, null, 2),
    ],
    ['one event among lines of a log', `2026-11-22 INFO starting\n2026-11-22 INFO x\n${EVENT}\n`],
    ['events in the lines of a container runtime', `2026-11-22T10:00:00.1Z stdout F ${EVENT}\n`],
    [
      'a platform’s record around an event',
      `${JSON.stringify({ time: 'x', level: 'info', message: EVENT })}\n`,
    ],
    ['JSON of which nothing is known', '{"a":1}\n'],
    ['nothing', ''],
    ['empty lines', '\n \n'],
  ];
  for (const [name, text] of READ)
    it(`is read: ${name}`, () => {
      assert.equal(told(text), undefined);
    });

  it('is judged by its complete lines alone, where it goes on', () => {
    assert.equal(told('2026-11-22 INFO it was cut in its first li', { whole: false }), undefined);
    assert.match(told('2026-11-22 INFO x\n{"kin', { whole: false }) ?? '', /application’s log/);
  });
});
