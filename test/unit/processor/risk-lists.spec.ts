/** The lists as files: those that are shipped, and a folder that puts others in their place. */
import { ArrivalsError, RISK_LISTS } from '@arrivals/core';
import { loadRiskLists } from '@arrivals/processor';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SHIPPED = path.resolve(import.meta.dirname, '../../../../services/processor/lists');

describe('the shipped lists', () => {
  it('are the files that there are lists for, and no other', () => {
    assert.deepEqual(
      readdirSync(SHIPPED).sort(),
      Object.values(RISK_LISTS)
        .map(({ file }) => file)
        .sort(),
    );
  });

  it('are read without a problem', () => {
    const lists = loadRiskLists('');
    assert.ok(lists.minerPools.includes('nanopool.org') && lists.systemNamespaces.includes('kube-system'));
  });

  for (const { file } of Object.values(RISK_LISTS))
    it(`say what ${file} is, where it is from and under which licence, and hold nothing twice`, () => {
      const content = JSON.parse(readFileSync(path.join(SHIPPED, file), 'utf8')) as Readonly<
        Record<string, unknown>
      >;
      assert.deepEqual(Object.keys(content), ['description', 'source', 'licence', 'entries']);
      for (const key of ['description', 'source', 'licence'])
        assert.ok(typeof content[key] === 'string' && content[key] !== '', key);
      const entries = (content['entries'] as readonly unknown[]).map((entry) => JSON.stringify(entry));
      assert.equal(new Set(entries).size, entries.length);
    });

  it('excuse nobody’s patterns', () => {
    for (const { image } of loadRiskLists('').infrastructureImages) assert.doesNotMatch(image, /[*?[]/);
  });
});

describe('a folder of lists', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'arrivals-lists-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (file: string, content: unknown) => {
    writeFileSync(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const refusal = (from = folder): string => {
    try {
      loadRiskLists(from);
    } catch (error) {
      assert.ok(error instanceof ArrivalsError && error.code === 'lists_invalid');
      return error.message;
    }
    return assert.fail('taken');
  };

  it('replaces the lists that it has, whole, and leaves the others', () => {
    write('pipeline-accounts.json', '\ufeff{"entries":["system:serviceaccount:ci:deployer"]}');
    write('miner-pools.json', { entries: [] });
    const [lists, shipped] = [loadRiskLists(folder), loadRiskLists('')];
    assert.deepEqual([lists.pipelineAccounts, lists.minerPools], [['system:serviceaccount:ci:deployer'], []]);
    assert.deepEqual({ ...lists, pipelineAccounts: [], minerPools: shipped.minerPools }, shipped);
  });

  it('may be empty', () => {
    assert.deepEqual(loadRiskLists(folder), loadRiskLists(''));
  });

  it('may be a mounted ConfigMap, which keeps its versions in hidden folders', () => {
    mkdirSync(path.join(folder, '..2026_11_22'));
    write('miner-ports.json', { entries: [1] });
    assert.deepEqual(loadRiskLists(folder).minerPorts, [1]);
  });

  for (const name of ['miner-pool.json', 'Miner-Pools.json', 'README.md', 'miner-pools.json.bak'])
    it(`is refused for a file named ${name}, which would replace nothing`, () => {
      write(name, { entries: [] });
      const message = refusal();
      assert.ok(message.includes(JSON.stringify(name)) && message.includes('miner-pools.json'), message);
    });

  it('is refused when it is not there', () => {
    assert.match(refusal(path.join(folder, 'none')), /none: cannot be read: /);
  });

  it('is refused with every file that is no list', () => {
    write('miner-pools.json', '{');
    write('miner-ports.json', { entries: ['x'] });
    mkdirSync(path.join(folder, 'host-paths.json'));
    write('known-namespaces.json', `{"entries":[],"description":"${'x'.repeat(4 * 1024 * 1024)}"}`);
    const lines = refusal().split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(/[ :]/)[0]),
      ['miner-pools.json', 'miner-ports.json', 'host-paths.json', 'known-namespaces.json'],
    );
  });
});
