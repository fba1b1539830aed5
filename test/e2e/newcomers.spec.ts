/**
 * The first hour: commands work in whichever folder they are pasted, mistakes are named, a terminal gets what
 * people read.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { arrivals, REPOSITORY, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { withLmdb } from '../support/lmdb.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const BIN = path.join(REPOSITORY, 'services/arrivals/bin/arrivals.js');

describe('what a newcomer does', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  /** As a person pastes it, in a folder that is not the checkout. */
  const paste = (line: string): string =>
    execFileSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  it('pastes the command for a first alert in another folder; the next start only prints the one for alerts', async () => {
    const data = path.join(folder, 'data');
    const running = await RunningArrivals.start(data);
    const line = /First alert\s+(.*)$/m.exec(running.output)?.[1] ?? '';
    assert.match(paste(line), /"title":"New K8s Pod"/);
    const config = /API server\s+(.*)$/m.exec(running.output)?.[1] ?? '';
    assert.match(paste(config), /kind: Config/);
    assert.equal(await running.stop(), 0);
    const again = await RunningArrivals.start(data);
    assert.doesNotMatch(again.output, /First alert/);
    assert.match(paste(/Alerts\s+(.*)$/m.exec(again.output)?.[1] ?? ''), /"title":"New K8s Pod"/);
    await again.stop();
  });

  it('pastes what `certs init` prints, and the line for a first alert over https with it', async () => {
    const made = paste(`node ${BIN} certs init --cluster prod --host 127.0.0.1 --out 'my certs'`);
    const settings = Object.fromEntries(
      [...made.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value.replace(/^'|'$/g, ''),
      ]),
    );
    const running = await RunningArrivals.start(path.join(folder, 'data'), {
      ...settings,
      ARRIVALS_LISTEN_PORT: '0',
      ARRIVALS_CLUSTERS: 'prod',
    });
    assert.match(paste(/First alert\s+(.*)$/m.exec(running.output)?.[1] ?? ''), /"title":"New K8s Pod"/);
    assert.match(paste(/^(\S+ webhook-config .* --part policy)$/m.exec(made)?.[1] ?? ''), /kind: Policy/);
    await running.stop();
    for (const name of [
      'ca.key',
      'ca.crt',
      'server.key',
      'senders',
      'url',
      'audit-webhook-prod.kubeconfig',
      '.gitignore',
    ])
      assert.equal(statSync(path.join(folder, 'my certs', name)).mode & 0o777, 0o600, name);
    assert.equal(statSync(path.join(folder, 'my certs')).mode & 0o777, 0o700);
    assert.match(readFileSync(path.join(folder, 'my certs/.gitignore'), 'utf8'), /^\*$/m);
  });

  it('has a token in a file that is his alone and that Git leaves alone', async () => {
    mkdirSync(path.join(folder, '.git'));
    for (const [out, ignored, line] of [
      ['tokens/prod.token', 'tokens/.gitignore', /^\*$/m],
      ['prod.token', '.gitignore', /^\/prod\.token$/m],
    ] as const) {
      const made = await arrivals([
        'token',
        '--cluster',
        'prod',
        '--senders',
        path.join(folder, 'senders'),
        '--out',
        path.join(folder, out),
      ]);
      assert.deepEqual([made.code, made.stdout], [0, '']);
      assert.equal(statSync(path.join(folder, out)).mode & 0o777, 0o600);
      assert.match(readFileSync(path.join(folder, out), 'utf8'), /^[\w-]{43}\n$/);
      assert.match(readFileSync(path.join(folder, ignored), 'utf8'), line);
    }
    assert.equal(statSync(path.join(folder, 'senders')).mode & 0o777, 0o600);
    const again = await arrivals(['token', '--cluster', 'prod', '--out', path.join(folder, 'prod.token')]);
    assert.match(again.stderr, /prod\.token exists/);
  });

  it('starts on a port and a folder of his choice', async () => {
    const data = path.join(folder, 'here');
    const running = await RunningArrivals.start(
      '/nowhere',
      { ARRIVALS_LISTEN_PORT: '1' },
      [process.execPath, BIN, 'up', '--port', '0', '--data-dir', data],
      folder,
    );
    assert.ok(existsSync(data));
    assert.match(running.output, new RegExp(`Data\\s+${data}$`, 'm'));
    await running.stop();
  });

  for (const [args, told] of [
    [['replya'], /there is no command "replya"; did you mean replay\?/],
    [['alert'], /there is no command "alert"; did you mean alerts\?/],
    [['replay', '--formta', 'table', 'x'], /there is no option --formta; did you mean --format\?/],
    [['certs', 'int'], /expected init, add or revoke, found "int"; did you mean init\?/],
    [['dead-letters', 'lst'], /found "lst"; did you mean list\?/],
    [
      ['replay', '--backoff-ms', '10x', 'x'],
      /--backoff-ms: expected 0 to 600000 \(ms\), or a duration such as .*, found "10x"/,
    ],
    [['replay', '--wait', 'x'], /--wait: expected --to with it/],
    [['alerts', '--json', '--format', 'table'], /expected --format table or --json, found both/],
  ] as const) {
    it(`gets a suggestion for: ${args.join(' ')}`, async () => {
      const { code, stderr } = await arrivals(args);
      assert.match(stderr, told);
      assert.equal(code, 64);
    });
  }

  it('gets a suggestion for an option of `up` in the form of its log', async () => {
    const { code, stderr } = await arrivals(['up', '--prot', '1'], {
      settings: { ARRIVALS_LOG_FORMAT: 'json' },
    });
    const { code: told, message } = JSON.parse(stderr) as Readonly<Record<string, unknown>>;
    assert.deepEqual([code, told, message], [64, 'usage', 'there is no option --prot; did you mean --port?']);
  });

  it('is warned of a misspelt setting, also by a command that reads none', async () => {
    const { stderr, code } = await arrivals(['certs'], {
      settings: {
        ARRIVALS_LISTEN_PROT: '1',
        ARRIVALS_SERVICE_HOST: '10.0.0.1',
        ARRIVALS_PORT: 'tcp://10.0.0.1:8080',
      },
    });
    assert.equal(
      stderr,
      'arrivals: ARRIVALS_LISTEN_PROT: no such setting; did you mean ARRIVALS_LISTEN_PORT?\n',
    );
    assert.equal(code, 0);
    assert.match(
      (await arrivals(['topics', 'check'], { settings: { ARRIVALS_LISTNE_PORT: '1' } })).stderr,
      /ARRIVALS_LISTNE_PORT: no such setting; did you mean/,
    );
  });

  it('finds the version, the help of certs and the exit codes', async () => {
    for (const word of ['-v', '--version', 'version'])
      assert.match((await arrivals([word])).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const args of [['certs'], ['certs', '--help'], ['help', 'certs']])
      assert.match((await arrivals(args)).stdout, /^Usage: arrivals certs init\|add\|revoke/);
    assert.match(
      (await arrivals(['--help'])).stdout,
      /Exit codes:\n {2}0 {4}done\n[^]* {2}65 {3}the input is no audit log/,
    );
    assert.match(
      (await arrivals(['up', '--help'])).stdout,
      /^Usage: arrivals up \[--port N\] \[--data-dir DIR\]\n[^]*Example: /,
    );
  });

  it('has in the JSON log nothing that is not JSON, be it how it starts, a warning of Node or what ends it', async () => {
    const warns = path.join(folder, 'warns.mjs');
    await writeFile(warns, "setTimeout(() => process.emitWarning('look here'), 1500).unref();");
    const running = await RunningArrivals.start(path.join(folder, 'data'), {}, [
      process.execPath,
      '--import',
      warns,
      BIN,
      'up',
    ]);
    const log = (): readonly string[] => running.output.split('\n').filter((line) => line.startsWith('{'));
    await eventually('the warning', () =>
      log().some((line) => line.includes('look here')) ? true : undefined,
    );
    assert.doesNotMatch(running.output, /\(node:/);
    await running.stop();
    const bad = await arrivals(['up'], { settings: { ARRIVALS_LOG_LEVEL: 'loud', ARRIVALS_DATA_DIRR: 'x' } });
    const lines = bad.stderr.trim().split('\n');
    const { level, code, remedy, message } = JSON.parse(lines.at(-1) ?? '') as Readonly<
      Record<string, string>
    >;
    assert.deepEqual(
      [lines.length, level, code, bad.code, typeof remedy],
      [1, 'error', 'config_invalid', 1, 'string'],
    );
    assert.match(
      message ?? '',
      /ARRIVALS_LOG_LEVEL: expected .*\n.*ARRIVALS_DATA_DIRR: no such setting; did you mean ARRIVALS_DATA_DIR\?/,
    );
    const text = await arrivals(['up'], {
      settings: { ARRIVALS_LOG_LEVEL: 'loud', ARRIVALS_LOG_FORMAT: 'text' },
    });
    assert.match(text.stderr, /^arrivals: ARRIVALS_LOG_LEVEL: expected/);
  });

  it('sees a line for each alert on a terminal, and JSON of no kind', async () => {
    // `script` gives it a terminal.
    const child = spawn(
      'script',
      ['-qec', `node ${BIN} up --port 0 --data-dir ${path.join(folder, 'data')}`, '/dev/null'],
      { stdio: 'pipe' },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const url = await eventually('the address', () => /POST (http:\S+?)\/v1/.exec(output)?.[1], 30_000);
    const response = await fetch(`${url}/v1/clusters/default/audit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: eventList([podCreation({ name: 'web-1' })]),
    });
    assert.equal(response.status, 200);
    await eventually('the alert’s line', () =>
      /New K8s Pod .* shop\/web-1 /.test(output) ? true : undefined,
    );
    assert.match(output, /OCCURRED +ID /);
    assert.doesNotMatch(output, /[{}]/);
    const closed = once(child, 'close');
    child.stdin.write('\u0003');
    await closed;
  });

  it('starts after a kill in a container that has got another name, once the setting declares that the volume is attached to one at a time', async () => {
    const data = path.join(folder, 'data');
    await (await RunningArrivals.start(data)).stop();
    withLmdb(
      data,
      `root.openDB('meta', { encoding: 'json' }).putSync('owner', { host: 'container-1', pid: 1, started: '5' });`,
    );
    const refused = await arrivals(['up'], {
      settings: { ARRIVALS_DATA_DIR: data, ARRIVALS_LISTEN_PORT: '0' },
    });
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /owned by process 1 on host container-1, this is host .* set ARRIVALS_STORE_EXCLUSIVE=on/,
    );
    const running = await RunningArrivals.start(data, { ARRIVALS_STORE_EXCLUSIVE: 'on' });
    // One that lives here is never replaced.
    const second = await arrivals(['up'], {
      settings: { ARRIVALS_DATA_DIR: data, ARRIVALS_LISTEN_PORT: '0', ARRIVALS_STORE_EXCLUSIVE: 'on' },
    });
    assert.match(second.stderr, /is in use by process/);
    await running.stop();
  });
});

describe('arrivals dead-letters drop', function () {
  this.timeout(60_000);
  let folder: string;
  let running: RunningArrivals;

  before(async () => {
    folder = await temporaryFolder();
    running = await RunningArrivals.start(folder);
    const body = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[1,2,{"stage":"Never"},4]}';
    assert.equal((await running.post(body)).status, 200);
  });
  after(async () => {
    await running.stop();
    await removeFolder(folder);
  });

  const command = (...args: readonly string[]) => arrivals(['dead-letters', ...args, '--url', running.url]);
  const ids = async (...args: readonly string[]): Promise<readonly number[]> =>
    (await command('list', '--json', ...args)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { readonly offset: number }).offset);

  it('wants to know which, and a word of consent', async () => {
    assert.match((await command('drop', '--yes')).stderr, /found none of them/);
    assert.match((await command('drop', '--all', '0:1', '--yes')).stderr, /found several of them/);
    assert.match(
      (await command('drop', '--all')).stderr,
      /--yes: expected it without a terminal to ask for confirmation/,
    );
    assert.match((await command('drop', '--all', '--dry-run')).stderr, /^4 would be dropped, 0 left$/m);
    assert.deepEqual(await ids(), [0, 1, 2, 3]);
  });

  it('deletes only those, permanently, counts them, and logs which and by whom', async () => {
    const { code, stdout, stderr } = await command('drop', '0:3', '--yes');
    assert.deepEqual(
      [code, /^0:3 {2}[0-9a-f]{12} {2}default {2}not_an_object: dropped$/m.test(stdout), stderr],
      [0, true, '1 dropped, 0 left\n'],
    );
    assert.deepEqual(await ids(), [0, 1, 2]);
    // The last of those that are left.
    assert.deepEqual(await ids('--last', '1'), [2]);
    assert.equal((await command('drop', '--reason', 'not_an_object', '--yes', '--json')).code, 0);
    assert.deepEqual(await ids(), [2]);
    assert.match(
      running.output,
      /"by":"[^"@]+@[^"]+","letters":\[\{"id":"0:3","sha256":"[0-9a-f]{64}"\}\],"level":"warn","message":"dead letters were dropped"/,
    );
    assert.match(
      await (await fetch(`${running.url}/metrics`)).text(),
      /^arrivals_dead_letters_dropped_total 3$/m,
    );
    const gone = await fetch(`${running.url}/v1/dead-letters/drop`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"ids":["0:3"]}',
    });
    assert.match(await gone.text(), /"outcome":"left","why":"there is no such dead letter"/);
  });

  it('accepts only JSON, so that no web page does it', async () => {
    const response = await fetch(`${running.url}/v1/dead-letters/drop`, {
      method: 'POST',
      body: '{"ids":["0:2"]}',
    });
    assert.equal(response.status, 415);
    assert.deepEqual(await ids(), [2]);
  });
});
