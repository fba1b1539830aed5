/**
 * What is kept on disk is for the account of the process alone, whatever the umask and whatever was there.
 */
import { openSpool } from '@arrivals/adapters/spool';
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('the files of a store', () => {
  let place = '';
  let umask = 0;
  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'arrivals-modes-'));
    umask = process.umask(0);
  });
  afterEach(() => {
    process.umask(umask);
    rmSync(place, { recursive: true, force: true });
  });

  const opened = async (folder: string): Promise<void> => {
    await openSpool({ folder, bytesMax: 1_000_000, ageMaxMs: 60_000, now: Date.now }).close();
  };
  const assertPrivate = (folder: string): void => {
    assert.equal(modeOf(path.join(folder, 'spool')), '700');
    for (const name of readdirSync(path.join(folder, 'spool')))
      assert.equal(modeOf(path.join(folder, 'spool', name)), '600', name);
  };

  it('are made 0600 in folders of 0700', async () => {
    const folder = path.join(place, 'a', 'data');
    await opened(folder);
    assert.equal(modeOf(folder), '700');
    assertPrivate(folder);
  });

  it('are tightened where they are wider', async () => {
    const folder = path.join(place, 'data');
    await opened(folder);
    chmodSync(folder, 0o755);
    chmodSync(path.join(folder, 'spool'), 0o777);
    for (const name of readdirSync(path.join(folder, 'spool')))
      chmodSync(path.join(folder, 'spool', name), 0o644);
    await opened(folder);
    assert.equal(modeOf(folder), '700');
    assertPrivate(folder);
  });

  it('are private also in a folder that holds other files, which stays as it is', async () => {
    const folder = path.join(place, 'shared');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(path.join(folder, 'other'), '');
    await opened(folder);
    assert.equal(modeOf(folder), '755');
    assertPrivate(folder);
  });
});
