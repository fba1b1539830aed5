/**
 * `arrivals explain`, as an analyst uses it: of files, of what comes over a pipe, and of a running process.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  alertsIn,
  arrivals,
  type Finished,
  fixture,
  REPOSITORY,
  RunningArrivals,
} from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const SAMPLE = path.join(REPOSITORY, 'samples/new-pod.jsonl');
// The first lines; what goes on in a second one is indented.
const ROOT_SHELL =
  '“admin” created the privileged pod “audited/root-shell” with hostPath “/”, host network, host PID';
const LOOK_ALIKE =
  '“admin” created the namespace “kube-systern”; the name of the namespace passes for a trusted one';
const titlesIn = (stdout: string): readonly string[] =>
  stdout.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('─'));
const firstTitles = (stdout: string): readonly string[] =>
  titlesIn(stdout).filter((line) => line.includes(' created '));

describe('arrivals explain', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  };

  describe('of files', () => {
    let jsonLines: string;
    let rootShell: Alert;

    before(async () => {
      jsonLines = (await arrivals(['replay', SAMPLE])).stdout;
      rootShell = alertsIn(jsonLines).find(({ object }) => object.name === 'root-shell') ?? assert.fail();
    });

    it('explains one alert, section by section', async () => {
      const { code, stdout, stderr } = await arrivals([
        'explain',
        await write('one.json', JSON.stringify(rootShell)),
      ]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(titlesIn(stdout), [
        ROOT_SHELL,
        'Who',
        'Author',
        'By what right',
        'What it can do',
        'Risk',
        'What could not be seen',
        'Next steps',
        'The record',
      ]);
    });

    it('has no colour where no terminal is, and keeps to 100 columns', async () => {
      const { stdout } = await arrivals(['explain', await write('one.json', JSON.stringify(rootShell))], {
        settings: { FORCE_COLOR: '1' },
      });
      assert.doesNotMatch(stdout, /[^\P{Cc}\n]/u);
      for (const line of stdout.split('\n')) if (!/^ +[$!] /.test(line)) assert.ok(line.length <= 100, line);
    });

    const forms: readonly (readonly [what: string, content: () => string | Buffer])[] = [
      ['JSON lines', () => jsonLines],
      ['JSON lines, gzipped', () => gzipSync(jsonLines)],
      ['a list over many lines', () => JSON.stringify(alertsIn(jsonLines), null, 2)],
      ['what the API answers', () => JSON.stringify({ alerts: alertsIn(jsonLines), next: 2 })],
    ];
    for (const [what, content] of forms)
      it(`explains each alert of ${what}`, async () => {
        const { code, stdout } = await arrivals(['explain', await write('alerts', content())]);
        assert.equal(code, 0);
        assert.deepEqual(firstTitles(stdout), [LOOK_ALIKE, ROOT_SHELL]);
        assert.equal(stdout.split('\n').filter((line) => line.startsWith('──')).length, 1);
      });

    it('explains a record of the topic of alerts, also one that another implementation wrote', async () => {
      const file = await write('record.bin', encodeAlert(rootShell));
      assert.deepEqual(firstTitles((await arrivals(['explain', file])).stdout), [ROOT_SHELL]);
      const { code, stdout } = await arrivals(['explain', fixture('avro', 'alert.3.fastavro.bin')]);
      assert.equal(code, 0);
      assert.match(stdout, /\(MEDIUM, 60\)/);
    });

    it('explains standard input, and several files in turn', async () => {
      assert.deepEqual(firstTitles((await arrivals(['explain', '-'], { input: jsonLines })).stdout), [
        LOOK_ALIKE,
        ROOT_SHELL,
      ]);
      assert.deepEqual(
        firstTitles((await arrivals(['explain', '-'], { input: encodeAlert(rootShell) })).stdout),
        [ROOT_SHELL],
      );
      const file = await write('one.json', JSON.stringify(rootShell));
      assert.deepEqual(firstTitles((await arrivals(['explain', file, '-'], { input: jsonLines })).stdout), [
        ROOT_SHELL,
        LOOK_ALIKE,
        ROOT_SHELL,
      ]);
    });

    it('shows a hostile file without letting it at the terminal', async () => {
      const hostile = JSON.stringify({
        ...rootShell,
        headline: '\u001b[2J\u009b31m\u202e',
        object: { ...rootShell.object, name: "x'; touch canary; '\n" },
      });
      const { code, stdout } = await arrivals(['explain', '-'], { input: hostile });
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /[^\P{Cc}\n]|\p{Cf}/u);
      assert.match(stdout, /\\u001b\[2J\\u009b31m\\u202e/);
    });

    const bad: readonly (readonly [what: string, content: string | Buffer, says: RegExp])[] = [
      [
        'an audit event',
        readFileSync(SAMPLE, 'utf8'),
        /new:1: expected an alert, found one whose schemaVersion is missing.*\n.*\n.*`\S*arrivals replay` makes alerts/,
      ],
      ['what is no JSON', 'OCCURRED  ALERT\n', /new:1: expected JSON, found "OCCURRED {2}ALERT"/],
      ['nothing', '', /expected an alert, found nothing/],
      ['white space', '\n \n', /expected an alert, found nothing/],
      ['half a record', Buffer.from([0xc3, 0x01, 0, 0]), /input_not_alert/],
      [
        'another kind of record',
        readFileSync(fixture('avro', 'alert.3.fastavro.bin')).subarray(0, 200),
        /does not fit its schema/,
      ],
      ['text that would move the cursor', '\u001b[2J', /expected JSON, found "\\u001b\[2J"/],
    ];
    for (const [what, content, says] of bad)
      it(`exits with 1 and the reason for ${what}`, async () => {
        const { code, stdout, stderr } = await arrivals(['explain', await write('new', content)]);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, says);
        assert.match(stderr, /input_not_alert/);
        assert.doesNotMatch(stderr, /[^\P{Cc}\n]/u);
      });

    it('explains what comes before something that is no alert', async () => {
      const { code, stdout, stderr } = await arrivals(['explain', '-'], { input: `${jsonLines}{"alertId":` });
      assert.deepEqual([code, firstTitles(stdout)], [1, [LOOK_ALIKE, ROOT_SHELL]]);
      assert.match(stderr, /-:3: expected JSON/);
    });

    it('ends with 1 for a file that is not there, and with 64 for a wrong command line', async () => {
      const missing = await arrivals(['explain', path.join(folder, 'none.json')]);
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /none\.json: ENOENT/);
      for (const [args, says] of [
        [[], /expected the ID of an alert, a file, or - for standard input/],
        [['2db53fe'], /expected a file, or an ID of at least 8 characters, found "2db53fe"/],
        [['--json', 'x'], /there is no option --json/],
        [['--url', 'ftp://x', '2db53fe7'], /--url: expected http or https/],
      ] as const) {
        const { code, stderr } = await arrivals(['explain', ...args]);
        assert.equal(code, 64, stderr);
        assert.match(stderr, says);
      }
    });

    it('prints its help', async () => {
      const { code, stdout } = await arrivals(['explain', '--help']);
      assert.equal(code, 0);
      for (const words of ['ALERT_ID|FILE', 'NO_COLOR', 'Exit code 0; 1 if', 'Example'])
        assert.ok(stdout.includes(words), words);
    });
  });

  describe('of a running process', () => {
    let dataDir: string;
    let running: RunningArrivals;
    let ids: readonly string[];

    const ask = (...args: readonly string[]): Promise<Finished> =>
      arrivals(['explain', '--url', running.url, ...args]);

    before(async () => {
      dataDir = await temporaryFolder();
      running = await RunningArrivals.start(dataDir);
      assert.equal((await arrivals(['replay', '--to', running.url, SAMPLE])).code, 0);
      assert.equal(
        (await running.post(eventList(Array.from({ length: 250 }, () => podCreation({ uid: randomUUID() })))))
          .status,
        200,
      );
      await running.settled();
      ids = (await running.alerts())
        .filter(({ object }) => object.kind === 'Namespace' || object.name === 'root-shell')
        .map(({ alertId }) => alertId);
    });
    after(async () => {
      await running.stop();
      await removeFolder(dataDir);
    });

    it('finds an alert by its ID, and by the beginning that the table shows, in any case', async () => {
      const [namespaceId = '', podId = ''] = ids;
      assert.deepEqual(firstTitles((await ask(podId)).stdout), [ROOT_SHELL]);
      assert.deepEqual(firstTitles((await ask(podId.slice(0, 8), namespaceId.toUpperCase())).stdout), [
        ROOT_SHELL,
        LOOK_ALIKE,
      ]);
      const { stdout } = await arrivals([
        'alerts',
        '--url',
        running.url,
        '--last',
        '1000',
        '--format',
        'table',
      ]);
      assert.match(
        stdout.split('\n').find((line) => line.includes('root-shell')) ?? '',
        new RegExp(` ${podId.slice(0, 8)} `),
      );
    });

    it('exits with 1 and the remedy when there is none', async () => {
      const { code, stdout, stderr } = await ask('00000000-0000-8000-8000-000000000000');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /has no alert 00000000-0000-8000-8000-000000000000\n {2}alert_unknown: .*\n {2}`\S*arrivals alerts` shows those that are kept/,
      );
    });

    it('serves them by ID over HTTP, and refuses what is none', async () => {
      const [, podId = ''] = ids;
      const { alerts, before: more } = await running.json<{
        readonly alerts: readonly Alert[];
        readonly before: string | null;
      }>(`/v1/alerts/${podId}`);
      assert.deepEqual([alerts.map(({ alertId }) => alertId), more], [[podId], null]);
      for (const [id, code] of [
        ['root-shell', 'alert_id_invalid'],
        [podId.slice(0, 7), 'alert_id_invalid'],
        [`${podId}?before=x`, 'query_invalid'],
      ] as const) {
        const response = await fetch(`${running.url}/v1/alerts/${id}`);
        assert.deepEqual(
          [
            response.status,
            ((await response.json()) as { readonly error: { readonly code: string } }).error.code,
          ],
          [400, code],
        );
      }
    });
  });

  describe('of a server that', () => {
    const serving = async (
      answer: (url: string) => unknown,
      use: (url: string) => Promise<void>,
    ): Promise<void> => {
      const server = createServer((request, response) => {
        response.end(JSON.stringify(answer(request.url ?? '')));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await use(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
      } finally {
        server.close();
      }
    };
    const alert = JSON.parse(readFileSync(fixture('avro', 'alert.3.fastavro.json'), 'utf8')) as Alert;
    const withId = (alertId: string, revision = 1): Alert => ({ ...alert, alertId, revision });
    const [A, B] = ['2db53fe7-0000-8000-8000-00000000000a', '2db53fe7-0000-8000-8000-00000000000b'];

    it('has many alerts is asked to the end for a beginning, and no further than needed for a whole ID', async () => {
      const asked: string[] = [];
      await serving(
        (url) => {
          asked.push(url);
          return url.endsWith('before=100')
            ? { alerts: [withId(A, 1)], before: null }
            : { alerts: [withId(A, 2)], before: '100' };
        },
        async (url) => {
          const { stdout } = await arrivals(['explain', '--url', url, A.slice(0, 8)]);
          assert.match(stdout, /, revision 2$/m);
          await arrivals(['explain', '--url', `${url}/under`, A]);
        },
      );
      assert.deepEqual(asked, [
        '/v1/alerts/2db53fe7',
        '/v1/alerts/2db53fe7?before=100',
        `/under/v1/alerts/${A}`,
      ]);
    });

    it('has several that begin so is not believed to have one', async () => {
      await serving(
        (url) =>
          url.endsWith('before=100')
            ? { alerts: [withId(B)], before: null }
            : { alerts: [withId(A)], before: '100' },
        async (url) => {
          const { code, stdout, stderr } = await arrivals(['explain', '--url', url, '2db53fe7']);
          assert.deepEqual([code, stdout], [1, '']);
          assert.match(stderr, new RegExp(`2db53fe7 is the beginning of ${A}, ${B}\n {2}alert_ambiguous`));
        },
      );
    });

    it('answers something else, or nothing, is named', async () => {
      await serving(
        () => ({ alerts: [{ alertId: A }], before: null }),
        async (url) => {
          const { code, stderr } = await arrivals(['explain', '--url', url, A]);
          assert.equal(code, 1);
          assert.match(stderr, /did not answer: expected an alert, found one whose schemaVersion is missing/);
        },
      );
      const { code, stderr } = await arrivals(['explain', '--url', 'http://127.0.0.1:1', A]);
      assert.equal(code, 1);
      assert.match(stderr, /server_unreachable/);
    });
  });
});
