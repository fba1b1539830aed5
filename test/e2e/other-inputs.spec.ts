/**
 * What people give to `arrivals replay` that is no audit log, or is packed: said in a sentence, and nothing
 * is sent.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { alertsIn, arrivals, REPOSITORY } from '../support/arrivals.ts';
import { podCreation } from '../support/audit-events.ts';
import { boundMs } from '../support/pace.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const SAMPLE = path.join(REPOSITORY, 'samples/new-pod.jsonl');
/** One creation in a frame with a checksum, as the zstd program writes it. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const EVENT = `${JSON.stringify(podCreation({ name: 'web-1' }))}\n`;
const UTF16 = Buffer.from(EVENT, 'utf16le');

/** A zstd frame of one raw block: magic, a one-byte header with the window, the block's header, the bytes. */
function zstdFrame(text: string): Buffer {
  const content = Buffer.from(text);
  const header = (content.length << 3) | 1;
  return Buffer.concat([
    latin1('\x28\xb5\x2f\xfd\x00\x58'),
    Buffer.from([header & 255, (header >> 8) & 255, header >> 16]),
    content,
  ]);
}

const INPUTS: readonly (readonly [what: string, content: string | Buffer, found: RegExp, remedy: RegExp])[] =
  [
    ['bzip2', latin1('BZh91AY&SY\x12\x34'), /found bzip2/, /`bzip2 -dc FILE \| \S*arrivals replay -`/],
    ['xz', latin1('\xfd7zXZ\0\0\x04'), /found xz/, /`xz -dc FILE \|/],
    [
      'xz inside gzip',
      gzipSync(latin1('\xfd7zXZ\0\0\x04')),
      /found xz inside the compression/,
      /`gzip -dc FILE \| xz -dc \|/,
    ],
    ['a zip archive', latin1('PK\x03\x04\x14\0'), /found a zip archive/, /`unzip -p FILE \|/],
    [
      'a tar archive inside gzip',
      gzipSync(Buffer.concat([Buffer.alloc(257, 'a'), latin1('ustar\0')])),
      /found a tar archive/,
      /`tar -xOf FILE \|/,
    ],
    ['lz4', latin1('\x04\x22\x4d\x18\x64\x40'), /found lz4/, /`lz4 -dc FILE \|/],
    [
      'UTF-16 with a mark',
      Buffer.concat([latin1('\xff\xfe'), UTF16]),
      /found text in UTF-16/,
      /`iconv -f UTF-16 -t UTF-8 FILE \|/,
    ],
    [
      'UTF-16, big end first',
      Buffer.concat([latin1('\xfe\xff'), Buffer.from(UTF16).swap16()]),
      /found text in UTF-16/,
      /`iconv -f UTF-16 -t UTF-8 FILE \|/,
    ],
    [
      'UTF-16 without a mark',
      UTF16,
      /found text in UTF-16 without a byte order mark/,
      /`iconv -f UTF-16LE -t UTF-8 FILE \|/,
    ],
    [
      'UTF-16BE without a mark',
      Buffer.from(UTF16).swap16(),
      /without a byte order mark/,
      /`iconv -f UTF-16BE -t UTF-8 FILE \|/,
    ],
    ['Parquet', latin1('PAR1\x15\0'), /found Parquet/, /Give a text file/],
    [
      'the table of `kubectl get events`',
      'LAST SEEN   TYPE     REASON   OBJECT      MESSAGE\n5m   Normal   Pulled   pod/web-1   Pulled\n',
      /found events as printed by `kubectl get events`/,
      /--audit-log-path/,
    ],
    [
      'it with namespaces',
      'NAMESPACE   LAST SEEN   TYPE     REASON   OBJECT      MESSAGE\na   5m   Normal   Pulled   pod/web-1   P\n',
      /kubectl get events/,
      /--audit-log-path/,
    ],
    [
      '`kubectl get events -o json`',
      JSON.stringify(
        {
          apiVersion: 'v1',
          items: [{ apiVersion: 'v1', involvedObject: { kind: 'Pod' }, kind: 'Event', reason: 'Pulled' }],
          kind: 'List',
        },
        null,
        4,
      ),
      /kubectl get events/,
      /--audit-log-path/,
    ],
    [
      '`kubectl get events --watch -o json`',
      `${JSON.stringify({ apiVersion: 'events.k8s.io/v1', kind: 'Event', regarding: { kind: 'Pod' }, note: 'Pulled' })}\n`,
      /kubectl get events/,
      /--audit-log-path/,
    ],
    [
      '`kubectl get pods -o json`',
      JSON.stringify({ apiVersion: 'v1', items: [{ apiVersion: 'v1', kind: 'Pod' }], kind: 'List' }, null, 4),
      /list of Kubernetes objects/,
      /--audit-log/,
    ],
    [
      '`kubectl get -o yaml`',
      'apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Event\n',
      /found YAML/,
      /--audit-log-path/,
    ],
    [
      'an API server’s own log',
      'I1122 14:08:53.123456       1 trace.go:236] Trace[1]: x\nW1122 14:08:54.123456       1 dispatcher.go:210] y\n',
      /\(klog\)/,
      /another file than its log/,
    ],
    [
      'an application’s log',
      '2026-11-22 10:00:00 INFO starting\n2026-11-22 10:00:01 ERROR failed\n',
      /found an application’s log/,
      /--audit-log-path/,
    ],
    [
      'an application’s log in JSON',
      '{"level":"info","ts":1.5,"msg":"started"}\n{"level":"warn","ts":1.6,"msg":"slow"}\n',
      /application’s log in JSON/,
      /--audit-log-path/,
    ],
    [
      'syslog',
      '<34>Oct 11 22:14:15 host su: failed\n<34>Oct 11 22:14:15 host su: failed\n',
      /application’s log/,
      /--audit-log-path/,
    ],
    ['CSV', 'time,user,verb\n1,alice,create\n2,bob,get\n', /found CSV\./, /Export it as JSON/],
    [
      'CSV with events in a column',
      `@timestamp,@message\n1,"${EVENT.trim().replaceAll('"', '""')}"\n`,
      /JSON in its column "@message"/,
      /`python3 -c .* < FILE \| /,
    ],
    ['a page for logging in', '<!DOCTYPE html>\n<html></html>\n', /HTML or XML/, /may have been refused/],
    [
      'an audit log of the first format',
      '2017-03-21T03:57:09.1-04:00 AUDIT: id="1" stage="RequestReceived" ip="::1" method="GET"\n',
      /legacy format/,
      /--audit-log-format=json/,
    ],
    [
      'what kubectl says without any',
      'No resources found in default namespace.\n',
      /text that is no JSON, beginning with "No resources found/,
      /--audit-log-path/,
    ],
  ];

describe('arrivals replay, given something else than an audit log', function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  let url: string;
  let posts = 0;

  before(async () => {
    folder = await temporaryFolder();
    server = createServer((request, response) => {
      posts++;
      request.resume();
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  after(async () => {
    server.close();
    await removeFolder(folder);
  });

  const write = async (content: string | Buffer): Promise<string> => {
    const file = path.join(folder, 'input');
    await writeFile(file, content);
    return file;
  };

  for (const [what, content, found, remedy] of INPUTS) {
    it(`recognises ${what}, names the remedy, and sends nothing, not even of a good file before it`, async () => {
      const before = posts;
      const file = await write(content);
      const { code, stderr, stdout } = await arrivals(['replay', '--to', url, SAMPLE, file]);
      const told = (stderr.split('\n')[0] ?? '').replaceAll(file, 'FILE');
      assert.match(told, /^arrivals: FILE: expected /);
      assert.match(told, found);
      assert.match(told, remedy);
      assert.deepEqual([code, stdout, posts - before], [65, '', 0]);
    });
  }

  it('recognises it on standard input too', async () => {
    const { code, stderr } = await arrivals(['replay', '-'], { input: latin1('\xfd7zXZ\0\0\x04') });
    assert.match(stderr, /^arrivals: -: .* found xz\. Unpack it first: `xz -dc \| /);
    assert.equal(code, 65);
  });

  it('reads zstd, whatever the file name, in one frame or several, and names a truncated frame', async () => {
    const frame = zstdFrame(EVENT);
    const { code, stdout } = await arrivals([
      'replay',
      await write(Buffer.concat([frame, zstdFrame(`${JSON.stringify(podCreation({ name: 'web-2' }))}\n`)])),
    ]);
    assert.deepEqual([code, alertsIn(stdout).map(({ object }) => object.name)], [0, ['web-1', 'web-2']]);
    const cut = await arrivals(['replay', await write(frame.subarray(0, -5))]);
    assert.deepEqual([cut.code, cut.stdout], [1, '']);
    assert.match(cut.stderr, /unexpected EOF/);
  });

  it('takes a log in which one line may be an event for what it is, and sets the others aside', async () => {
    const { code, stdout } = await arrivals([
      'replay',
      await write(`2026-11-22 10:00:00 INFO starting\n${EVENT}`),
    ]);
    assert.deepEqual([code, alertsIn(stdout).length], [2, 1]);
  });
});

describe('arrivals replay --to where nobody listens', function () {
  this.timeout(30_000);

  it('ends at the first refusal with a sentence', async () => {
    const started = performance.now();
    const { code, stderr } = await arrivals(['replay', '--to', 'http://127.0.0.1:9', SAMPLE]);
    assert.match(
      stderr,
      /^arrivals: nobody listens at http:\/\/127\.0\.0\.1:9 \(.*ECONNREFUSED.*\); nothing was sent\. With --wait /,
    );
    assert.equal(code, 1);
    // Far less than the 10 s after which an API server tries again.
    assert.ok(performance.now() - started < boundMs(9000));
  });

  it('retries as often as configured with --wait', async () => {
    const { code, stderr } = await arrivals([
      'replay',
      '--to',
      'http://127.0.0.1:9',
      '--wait',
      '--tries',
      '3',
      '--backoff-ms',
      '10ms',
      SAMPLE,
    ]);
    assert.match(stderr, /were not delivered to http:\/\/127\.0\.0\.1:9\S* in 3 tries/);
    assert.equal(code, 1);
  });
});
