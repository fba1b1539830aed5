/**
 * Files that are looked at again and again: used when they have changed and hold still, told of once when
 * they cannot be.
 */
import { watchFiles, type Watching } from '@arrivals/host';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';

describe('files that are watched', () => {
  let folder: string;
  let file: string;
  let watching: Watching | undefined;
  let used: string[];
  let told: (readonly [string, string])[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'arrivals-watched-'));
    file = path.join(folder, 'file');
    writeFileSync(file, 'first');
    used = [];
    told = [];
  });
  afterEach(() => {
    watching?.close();
    rmSync(folder, { recursive: true });
  });

  function watch(files: readonly string[] = [file], inUse: readonly string[] = ['first']): void {
    const use = (contents: readonly Buffer[]): void => {
      const text = contents.map(String).join('+');
      if (text.includes('bad')) throw new Error(`cannot use ${text}`);
      used.push(text);
    };
    watching = watchFiles(
      { of: 'senders', files, inUse: inUse.map((text) => Buffer.from(text)), use },
      { everyMs: 20, onReload: (_of, outcome, detail) => told.push([outcome, detail]) },
    );
  }
  /**
   * Until a file beside it, looked at as often and a moment later each time, was found changed so many times.
   */
  async function looksAt(times: number): Promise<void> {
    const other = path.join(folder, 'other');
    writeFileSync(other, '0');
    let found = 0;
    const use = (): void => {
      found++;
    };
    const beside = watchFiles(
      { of: 'senders', files: [other], inUse: [Buffer.from('0')], use },
      { everyMs: 20, onReload: () => undefined },
    );
    for (let i = 1; i <= times; i++) {
      writeFileSync(other, String(i));
      await eventually('a look', () => found >= i || undefined);
    }
    beside.close();
  }
  const tellings = (count: number) => eventually('word of it', () => told.length >= count || undefined);

  it('are used when they have changed, once', async () => {
    watch();
    writeFileSync(file, 'second');
    await tellings(1);
    writeFileSync(file, 'third');
    await tellings(2);
    assert.deepEqual(used, ['second', 'third']);
    assert.deepEqual(
      told.map(([outcome]) => outcome),
      ['used', 'used'],
    );
  });

  it('are not used before two looks have found the same', async () => {
    watch();
    let changes = 0;
    const changing = setInterval(() => {
      writeFileSync(file, `bad ${String(changes++)}`);
    }, 5);
    await looksAt(3);
    clearInterval(changing);
    assert.ok(changes > 3);
    writeFileSync(file, 'whole');
    await eventually('it to be used', () => used.includes('whole') || undefined);
    assert.deepEqual(used, ['whole']);
  });

  it('change nothing while they cannot be used, which is told once', async () => {
    watch();
    writeFileSync(file, 'bad');
    await tellings(1);
    await looksAt(3);
    assert.deepEqual([used, told.length, told[0]?.[0]], [[], 1, 'unusable']);
    assert.match(told[0]?.[1] ?? '', /cannot use bad/);
    writeFileSync(file, 'good');
    await tellings(2);
    assert.deepEqual(used, ['good']);
  });

  it('may be missing for a while: that is told, and that they are as before', async () => {
    watch();
    rmSync(file);
    await tellings(1);
    writeFileSync(file, 'first');
    await tellings(2);
    assert.deepEqual([used, told.map(([outcome]) => outcome)], [[], ['unusable', 'used']]);
  });

  it('may be swapped by a link, all at once, as Kubernetes does', async () => {
    for (const name of ['one', 'two']) {
      mkdirSync(path.join(folder, name));
      for (const part of ['a', 'b']) writeFileSync(path.join(folder, name, part), `${name} ${part}`);
    }
    symlinkSync('one', path.join(folder, 'data'));
    watch([path.join(folder, 'data', 'a'), path.join(folder, 'data', 'b')], ['one a', 'one b']);
    symlinkSync('two', path.join(folder, 'next'));
    renameSync(path.join(folder, 'next'), path.join(folder, 'data'));
    await tellings(1);
    assert.deepEqual(used, ['two a+two b']);
  });
});
