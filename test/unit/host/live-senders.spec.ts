/**
 * The senders file while it changes: who is added is known, who is gone is not, and a broken file changes
 * nothing.
 */
import { liveSenders, type LiveSenders, readConfig } from '@arrivals/host';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';

const line = (cluster: string, digit: string) => `${cluster} token-sha256:${digit.repeat(64)}\n`;

describe('the senders file, looked at again', () => {
  let folder: string;
  let file: string;
  let live: LiveSenders;
  let told: string[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'arrivals-senders-'));
    file = path.join(folder, 'senders');
    told = [];
    writeFileSync(file, line('prod', '0'));
    const config = readConfig({ ARRIVALS_SENDERS_FILE: file });
    live = liveSenders(config, { everyMs: 20, onReload: (of, outcome) => told.push(`${of} ${outcome}`) });
  });
  afterEach(() => {
    live.close();
    rmSync(folder, { recursive: true });
  });

  const known = () => [...(live.senders?.keys() ?? [])].map((sender) => sender.at(-1)).join('');

  it('knows who is added, with the cluster, and no more who is gone', async () => {
    writeFileSync(file, line('edge', '1'));
    await eventually('the change', () => known() === '1' || undefined);
    assert.deepEqual([[...live.clusters].sort(), told], [['default', 'edge', 'prod'], ['senders used']]);
  });

  for (const [what, text] of [
    ['no line', ''],
    ['a line that is none', 'prod password:hunter2'],
    ['certificates without a CA', 'prod cert-cn:prod'],
  ] as const) {
    it(`goes on with what it had when there is ${what}`, async () => {
      writeFileSync(file, text);
      await eventually('word of it', () => told.length > 0 || undefined);
      assert.deepEqual([known(), told], ['0', ['senders unusable']]);
    });
  }

  it('is read once where it is a pipe, and the start does not wait for it again', () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const once = liveSenders(
      { ...readConfig({ ARRIVALS_SENDERS_FILE: file }), sendersFile: pipe },
      { everyMs: 20, onReload: () => undefined },
    );
    assert.equal(once.senders?.size, 1);
    once.close();
  });

  it('is not looked at where anybody may send', () => {
    const open = liveSenders(readConfig({}), { everyMs: 20, onReload: () => undefined });
    assert.deepEqual([open.senders, [...open.clusters]], [null, ['default']]);
    open.close();
  });
});
