/**
 * `arrivals replay` on what log shippers and stores make of an audit log. Oracle: the alerts of the same
 * events as they were before.
 */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { alertsIn, arrivals, type Finished, REPOSITORY } from '../support/arrivals.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';
import {
  azureTextRow,
  criLine,
  dockerRecord,
  WRAPPED_FORMS,
  WRAPPED_LINES,
} from '../support/wrapped-forms.ts';

const SAMPLE = path.join(REPOSITORY, 'samples/new-pod.jsonl');
const LINES = readFileSync(SAMPLE, 'utf8').trim().split('\n');
const KLOG =
  'W1120 09:00:00.200000       1 watcher.go:338] watch chan error: etcdserver: mvcc: required revision has been compacted';

/** What tells one alert from another, and how severe it is. */
const told = (alerts: readonly Alert[]): readonly unknown[] =>
  alerts.map(({ alertId, revision, object, score }) => [alertId, revision, object.name, score]);

const json = JSON.stringify;
const inForm = (name: string): string => {
  const form = WRAPPED_FORMS.find((each) => each.name === name) ?? assert.fail(name);
  return LINES.map((line) =>
    json(form.text?.(line) ?? form.object?.(JSON.parse(line) as Readonly<Record<string, unknown>>)),
  ).join('\n');
};
const onLines = (name: string): string =>
  LINES.map((WRAPPED_LINES.find((each) => each.name === name) ?? assert.fail(name)).line).join('\n');

describe('arrivals replay, of wrapped logs', function () {
  this.timeout(60_000);
  let folder: string;
  let expected: readonly unknown[];

  before(async () => {
    folder = await temporaryFolder();
    expected = told(alertsIn((await arrivals(['replay', '--format', 'json', SAMPLE])).stdout));
    assert.equal(expected.length, 2);
  });
  after(() => removeFolder(folder));

  const replay = async (
    content: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Finished> => {
    const file = path.join(folder, 'log');
    await writeFile(file, content);
    return arrivals(['replay', '--format', 'json', file], { settings });
  };

  const files: readonly (readonly [what: string, content: () => string, says: RegExp])[] = [
    [
      'CRI log lines in parts, with klog’s between them',
      () =>
        LINES.flatMap((line) => [
          criLine(line.slice(0, 100), 'stdout', 'P'),
          criLine(KLOG, 'stderr'),
          criLine(line.slice(100, 200), 'stdout', 'P'),
          criLine(line.slice(200)),
        ]).join('\n'),
      /^8 CRI records: 4 events, 4 of other logs left out$/m,
    ],
    [
      'kubectl logs, with klog’s lines',
      () => LINES.flatMap((line) => [KLOG, line]).join('\n'),
      /^4 klog records: 0 events, 4 of other logs left out$/m,
    ],
    [
      'Docker’s json-file, in parts',
      () =>
        LINES.flatMap((line) =>
          [dockerRecord(line.slice(0, 300)), dockerRecord(`${line.slice(300)}\n`)].map((each) => json(each)),
        ).join('\n'),
      /^4 Docker records: 4 events$/m,
    ],
    [
      'CRI within Fluent Bit',
      () => LINES.map((line) => json({ date: 1, log: criLine(line) })).join('\n'),
      /^4 CRI records: 4 events$/m,
    ],
    [
      'Splunk’s events in one body',
      () => inForm('Splunk’s event').replaceAll('\n', ''),
      /^4 Splunk records: 4 events$/m,
    ],
    [
      'what az prints',
      () =>
        json(
          LINES.map((line) => azureTextRow(JSON.parse(line) as Readonly<Record<string, unknown>>)),
          null,
          2,
        ),
      /^4 AKS records: 4 events$/m,
    ],
    ...[
      'Filebeat’s message',
      'kubernetes.audit',
      'a record with time and metadata',
      'OTLP',
      'Loki’s push',
      'CloudWatch Logs Insights',
      'Kafka Connect',
    ].map((name) => [name, () => inForm(name), /^4 [\w ]+ records: 4 events$/m] as const),
    ...['RFC 5424 with data', 'logcli'].map(
      (name) => [name, () => onLines(name), /^4 \w+ records: 4 events$/m] as const,
    ),
  ];
  for (const [what, content, says] of files) {
    it(`finds the same two creations in ${what}`, async () => {
      const { code, stdout, stderr } = await replay(content());
      assert.deepEqual([told(alertsIn(stdout)), code], [expected, 0], stderr);
      assert.match(stderr, says);
    });
  }

  it('sets a line that was cut off aside alone, and says what it was and what to do', async () => {
    const { code, stdout, stderr } = await replay(
      [...LINES.map((line) => criLine(line)), criLine('{"kind":"Event",', 'stdout', 'P')].join('\n'),
    );
    assert.deepEqual([told(alertsIn(stdout)), code], [expected, 2]);
    assert.match(
      stderr,
      /log: expected an audit event, found a CRI log line .*its end is missing.*give whole files/,
    );
    assert.match(stderr, /1 set aside \(not_an_object 1\)/);
  });

  it('judges by the lists that are set for the processor, and takes no port or server that is set for it', async () => {
    const lists = path.join(folder, 'lists');
    await cp(path.join(REPOSITORY, 'services/processor/lists'), lists, { recursive: true });
    const settings = {
      ARRIVALS_LISTS_DIR: lists,
      ARRIVALS_KAFKA_BROKERS: 'nowhere.invalid:9092',
      ARRIVALS_LISTEN_PORT: '1',
    };
    assert.equal((await replay(LINES.join('\n'), settings)).code, 0);
    await writeFile(path.join(lists, 'denied-images.json'), '{');
    const { code, stderr } = await replay(LINES.join('\n'), settings);
    assert.equal(code, 1);
    assert.match(stderr, /denied-images\.json/);
  });
});
