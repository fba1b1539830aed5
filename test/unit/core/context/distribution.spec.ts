/** A distribution's deploy controller, which writes as an administrator: known on its own machine alone. */
import { distributionOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

const DEPLOYER = {
  username: 'system:admin',
  impersonatedUsername: undefined,
  isUnnamed: false,
  address: '127.0.0.1',
  userAgent: 'deploy@server-2/v1.33.0+k3s1 (linux/arm64) k3s/0a1b2c3',
};

describe('the deploy controller of a distribution', () => {
  it('is known by user, machine and client together', () => {
    assert.equal(distributionOf(DEPLOYER), 'K3s');
    assert.equal(
      distributionOf({
        ...DEPLOYER,
        address: '::1',
        userAgent: 'deploy@cp-1/v1.34.1+rke2r1 (linux/amd64) rke2/93248f9',
      }),
      'RKE2',
    );
  });

  for (const [what, changes] of [
    ['another user', { username: 'dave' }],
    ['one who took the name on', { username: 'dave', impersonatedUsername: 'system:admin' }],
    ['the user, as somebody else', { impersonatedUsername: 'anna' }],
    ['a call from elsewhere', { address: '10.0.0.7' }],
    ['a call of which the address is not known', { address: undefined }],
    ['a person’s client', { userAgent: 'kubectl/v1.33.0 (linux/arm64) kubernetes/0a1b2c3' }],
    ['a client of a like name', { userAgent: 'deploy@server-2 k3s' }],
  ] as const)
    it(`is not ${what}`, () => {
      assert.equal(distributionOf({ ...DEPLOYER, ...changes }), undefined);
    });
});
