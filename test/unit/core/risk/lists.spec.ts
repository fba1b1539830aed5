/** Lists read from outside JSON: whole or not at all, with every problem reported. */
import { ArrivalsError, readRiskLists, RISK_LISTS, type RiskLists } from '@arrivals/core';
import { LIST_ENTRIES_MAX } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

/** Empty lists but for this one. */
function reading(file: string, content: unknown): RiskLists {
  return readRiskLists((name) => (name === file ? content : { entries: [] }));
}

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ArrivalsError && error.code === 'lists_invalid');
    return error.message.split('\n');
  }
  return assert.fail('no problem');
}

describe('the lists', () => {
  it('are each in a file of their own', () => {
    const files = Object.values(RISK_LISTS).map(({ file }) => file);
    assert.equal(new Set(files).size, files.length);
    for (const file of files) assert.match(file, /^[a-z-]+\.json$/);
  });

  it('may be empty, and may have comments', () => {
    const lists = reading('denied-images.json', {
      description: 'd',
      source: 's',
      licence: 'l',
      entries: ['docker.io/a/b', 'drop.example/'],
    });
    assert.deepEqual(lists.deniedImages, ['docker.io/a/b', 'drop.example/']);
    assert.deepEqual([lists.minerPorts, lists.hostPaths, lists.pipelineAccounts], [[], [], []]);
  });

  const taken: readonly (readonly [file: string, entry: unknown])[] = [
    ['base-images.json', 'opensuse/leap'],
    ['miner-pools.json', 'pool.example'],
    ['miner-binaries.json', 'xmr-stak'],
    ['miner-ports.json', 65_535],
    [
      'infrastructure-images.json',
      { image: 'quay.io/calico/node', may: ['privileged', 'hostPID'], runs: ['calico-node', 'cp -f /a /b'] },
    ],
    ['host-paths.json', { path: 'c:/windows', kind: 'sensitive' }],
    ['system-namespaces.json', 'openshift-apiserver'],
    ['known-namespaces.json', 'payments'],
    ['system-workloads.json', 'kube-proxy'],
    ['controller-accounts.json', 'job-controller'],
    ['system-accounts.json', 'eks:addon-manager'],
    ['pipeline-accounts.json', 'system:serviceaccount:ci:deployer'],
    ['pipeline-accounts.json', 'https://issuer.example#Jenkins CI'],
  ];
  for (const [file, entry] of taken)
    it(`take ${JSON.stringify(entry)} in ${file}`, () => {
      const [key] = Object.entries(RISK_LISTS).find(([, kind]) => kind.file === file) ?? assert.fail();
      assert.deepEqual(reading(file, { entries: [entry] })[key as keyof RiskLists], [entry]);
    });

  it('take networks and paths as what they mean', () => {
    assert.equal(
      reading('own-networks.json', { entries: ['192.0.2.0/24', '2001:db8::1'] }).ownNetworks.length,
      2,
    );
    assert.deepEqual(
      reading('host-paths.json', { entries: [{ path: '/var/run//docker.sock', kind: 'socket' }] }).hostPaths,
      [{ path: '/run/docker.sock', kind: 'socket' }],
    );
  });

  const refused: readonly (readonly [file: string, entry: unknown])[] = [
    ['denied-images.json', 'ubuntu'],
    ['denied-images.json', 'docker.io/a/b:latest'],
    ['denied-images.json', 'docker.io/*/miner'],
    ['denied-images.json', 'docker.io/ubuntu'],
    ['denied-images.json', '/'],
    ['infrastructure-images.json', 'quay.io/calico/node'],
    ['infrastructure-images.json', { image: '*/calico/node', may: ['privileged'] }],
    ['infrastructure-images.json', { image: 'quay.io/calico/', may: ['privileged'] }],
    ['infrastructure-images.json', { image: 'quay.io/calico/node', may: [] }],
    ['infrastructure-images.json', { image: 'quay.io/calico/node', may: ['everything'] }],
    ['infrastructure-images.json', { image: 'quay.io/calico/node', may: ['privileged', 'everything'] }],
    ['miner-pools.json', 'Pool.Example'],
    ['miner-pools.json', 'https://pool.example'],
    ['miner-pools.json', 'com'],
    ['miner-ports.json', '3333'],
    ['miner-ports.json', 0],
    ['miner-ports.json', 65_536],
    ['host-paths.json', { path: 'etc', kind: 'sensitive' }],
    ['host-paths.json', { path: '/etc', kind: 'secret' }],
    ['host-paths.json', { path: '/etc' }],
    ['known-namespaces.json', 'Payments'],
    ['known-namespaces.json', 'payments-*'],
    ['pipeline-accounts.json', 'system:serviceaccount:ci:*'],
    ['pipeline-accounts.json', ''],
    ['own-networks.json', '10.0.0.0/33'],
    ['own-networks.json', null],
  ];
  for (const [file, entry] of refused)
    it(`refuse ${JSON.stringify(entry)} in ${file}, with its place`, () => {
      const [problem = '', ...others] = problemsOf(() => reading(file, { entries: [entry] }));
      assert.deepEqual(others, []);
      assert.ok(problem.startsWith(`${file} entry 1: expected `), problem);
      assert.ok(problem.endsWith(`found ${JSON.stringify(entry)}`), problem);
    });

  for (const content of [undefined, null, [], 'x', {}, { entries: 'x' }, { entries: { 0: 'x' } }])
    it(`refuse ${JSON.stringify(content)} for a file`, () => {
      assert.deepEqual(
        problemsOf(() => reading('miner-pools.json', content)),
        ['miner-pools.json: expected an object with a list named entries, found none'],
      );
    });

  it('refuse a key that means nothing, which may be a misspelt one', () => {
    const [problem = ''] = problemsOf(() => reading('miner-pools.json', { entries: [], license: 'x' }));
    assert.match(
      problem,
      /^miner-pools\.json: expected entries, description, source, licence, found "license"$/,
    );
  });

  it('refuse more entries than anybody needs', () => {
    const [problem = ''] = problemsOf(() =>
      reading('miner-ports.json', { entries: Array.from({ length: LIST_ENTRIES_MAX + 1 }, () => 1) }),
    );
    assert.match(problem, /expected at most 10000 entries, found 10001/);
  });

  it('report every problem of every file at once, within reason', () => {
    const problems = problemsOf(() =>
      readRiskLists((file) => {
        if (file === 'host-paths.json') throw new Error('no such file');
        return {
          entries:
            file === 'miner-ports.json'
              ? Array.from({ length: 30 }, () => 'x')
              : file === 'miner-pools.json'
                ? [7]
                : [],
        };
      }),
    );
    assert.equal(problems.length, 21);
    assert.equal(problems[0], 'miner-pools.json entry 1: expected a domain in lower case, found 7');
    assert.equal(problems.at(-1), '12 more problems');
  });
});
