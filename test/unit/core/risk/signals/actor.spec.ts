/** Signals of who made it: where each is raised, and the nearest that does not raise it. */
import { parseNetwork } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { namespaceCreated, type Json } from '../../alert/creations.ts';
import { as, CONTROLLER, describeSignals, NODE, pod } from '../risks.ts';

const from = (...sourceIPs: readonly string[]): Json => ({ sourceIPs });

describeSignals({
  'anonymous-actor': {
    raised: [
      ['the user system:anonymous', pod({}, as('system:anonymous', 'system:unauthenticated'))],
      ['the group system:unauthenticated alone', pod({}, as('front-proxy', 'system:unauthenticated'))],
      ['a namespace', namespaceCreated({ event: as('system:anonymous') })],
    ],
    not: [
      ['a user called anonymous', pod({}, as('anonymous'))],
      [
        'somebody who impersonates it',
        pod({}, { impersonatedUser: { username: 'system:anonymous', groups: ['system:unauthenticated'] } }),
      ],
    ],
  },
  'system-principal-public': {
    raised: [
      ['a node', pod({}, { ...NODE, ...from('1.1.1.1') })],
      [
        'a service account',
        namespaceCreated({ event: { ...as('system:serviceaccount:ci:bot'), ...from('2606:4700::1') } }),
      ],
      ['an IPv4 address inside IPv6', pod({}, { ...NODE, ...from('::ffff:1.1.1.1') })],
      ['a private address that is only claimed', pod({}, { ...NODE, ...from('10.0.0.7', '1.1.1.1') })],
      ['an account of the provider', pod({}, { ...as('eks:addon-manager'), ...from('1.1.1.1') })],
    ],
    not: [
      ['a private address', pod({}, { ...NODE, ...from('10.0.0.7') })],
      ['a public address that is only claimed', pod({}, { ...NODE, ...from('1.1.1.1', '10.0.0.7') })],
      ['a person', pod({}, from('1.1.1.1'))],
      ['nobody, which is a signal of its own', pod({}, { ...as('system:anonymous'), ...from('1.1.1.1') })],
      [
        'an address of one’s own',
        pod({}, { ...NODE, ...from('1.1.1.1') }),
        { ownNetworks: [parseNetwork('1.1.1.0/24') ?? assert.fail()] },
      ],
      ['what is no address', pod({}, { ...NODE, ...from('1.1.1.1.1') })],
    ],
  },
  'privileged-impersonation': {
    raised: [
      [
        'the group system:masters',
        pod({}, { impersonatedUser: { username: 'bob', groups: ['system:masters'] } }),
      ],
      ['a controller', namespaceCreated({ event: { impersonatedUser: CONTROLLER.user } })],
      ['the administrator', pod({}, { impersonatedUser: { username: 'system:admin', groups: [] } })],
      ['a node', pod({}, { impersonatedUser: { username: 'system:node:n-1', groups: [] } })],
    ],
    not: [
      ['nobody', pod({}, { impersonatedUser: { username: 'system:anonymous', groups: [] } })],
      [
        'another person',
        pod({}, { impersonatedUser: { username: 'bob', groups: ['system:authenticated'] } }),
      ],
      [
        'somebody’s service account',
        pod({}, { impersonatedUser: { username: 'system:serviceaccount:shop:web', groups: [] } }),
      ],
      ['being of system:masters oneself', pod({}, as('admin', 'system:masters'))],
    ],
  },
  'workload-token': {
    raised: [
      [
        'a token that names its pod',
        pod(
          {},
          {
            user: {
              username: 'system:serviceaccount:shop:web',
              extra: { 'authentication.kubernetes.io/pod-name': ['web-1'] },
            },
          },
        ),
      ],
    ],
    not: [
      [
        'a token that names no pod',
        pod(
          {},
          {
            user: {
              username: 'system:serviceaccount:shop:web',
              extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
            },
          },
        ),
      ],
    ],
  },
});
