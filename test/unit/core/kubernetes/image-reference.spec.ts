/**
 * Splitting image references by the rules of github.com/distribution/reference, without its defaults.
 * The expectations are written from that grammar by hand.
 */
import { splitImage } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { alertOf, assertFitsJsonSchema, podCreated } from '../alert/creations.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;

type Parts = readonly [
  registry: string | null,
  repository: string,
  tag: string | null,
  digest: string | null,
];

const REFERENCES: Readonly<Record<string, Parts>> = {
  nginx: [null, 'nginx', null, null],
  'nginx:1.27': [null, 'nginx', '1.27', null],
  'library/nginx:1.27': [null, 'library/nginx', '1.27', null],
  'a/b/c/d': [null, 'a/b/c/d', null, null],
  'docker.io/library/nginx': ['docker.io', 'library/nginx', null, null],
  'registry.example/team/app:v1.2.3-rc.1_x': ['registry.example', 'team/app', 'v1.2.3-rc.1_x', null],
  'registry.example:5000/app': ['registry.example:5000', 'app', null, null],
  'registry.example:5000/app:1': ['registry.example:5000', 'app', '1', null],
  'registry:5000/app:1': ['registry:5000', 'app', '1', null],
  'localhost/app': ['localhost', 'app', null, null],
  'localhost:5000/app:1': ['localhost:5000', 'app', '1', null],
  'localhosts/app': [null, 'localhosts/app', null, null],
  '10.0.0.1/app:1': ['10.0.0.1', 'app', '1', null],
  '[2001:db8::1]:5000/app:1': ['[2001:db8::1]:5000', 'app', '1', null],
  '[2001:db8::1]/app': ['[2001:db8::1]', 'app', null, null],
  // Without a slash the first part is no registry, and what follows the colon is a tag.
  'localhost:5000': [null, 'localhost', '5000', null],
  'registry.example:5000': [null, 'registry.example', '5000', null],
  // A colon before the last slash begins no tag.
  'a/b:c/d': [null, 'a/b:c/d', null, null],
  // Upper case is not allowed in a repository, so a first part that has it is a registry.
  'Registry/app:1': ['Registry', 'app', '1', null],
  [`nginx@${SHA256}`]: [null, 'nginx', null, SHA256],
  [`nginx:1.27@${SHA256}`]: [null, 'nginx', '1.27', SHA256],
  [`registry.example:5000/team/app:1@${SHA256}`]: ['registry.example:5000', 'team/app', '1', SHA256],
  [`registry.example/team/app@sha512:${'0'.repeat(128)}`]: [
    'registry.example',
    'team/app',
    null,
    `sha512:${'0'.repeat(128)}`,
  ],
};

/** What no runtime takes, but the API server does: it asks only that the text is not empty. */
const ODD = [
  ':latest',
  'docker.io/',
  '/',
  ':',
  '@',
  `@${SHA256}`,
  'a@',
  'a:',
  'a@b@c',
  'a b',
  'https://registry.example/app:1',
  '//',
  'registry.example/:1',
  ':1@x',
  '..',
  '\n',
];

describe('splitting an image reference', () => {
  for (const [reference, [registry, repository, tag, digest]] of Object.entries(REFERENCES)) {
    it(`splits ${reference.replace(/[0-9a-f]{32,}/, '…')}`, () => {
      assert.deepEqual(splitImage(reference), { reference, registry, repository, tag, digest });
    });
  }

  for (const reference of ODD) {
    it(`takes ${JSON.stringify(reference.slice(0, 40))} without an empty part`, () => {
      const { registry, repository, tag, digest } = splitImage(reference);
      for (const part of [registry, repository, tag, digest]) assert.notEqual(part, '');
    });

    it(`alerts a pod with the image ${JSON.stringify(reference.slice(0, 40))}`, () => {
      const alert = alertOf(podCreated({ spec: { containers: [{ name: 'main', image: reference }] } }));
      assertFitsJsonSchema(alert);
      assert.equal(alert.object.containers?.[0]?.name, 'main');
    });
  }

  it('never throws and keeps the text as it was written', () => {
    const pieces = fc.constantFrom(
      'a',
      'B',
      '.',
      '/',
      ':',
      '@',
      '-',
      '_',
      '0',
      '[',
      ']',
      ' ',
      'localhost',
      'sha256',
      'é',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
        (reference) => {
          assert.equal(splitImage(reference).reference, reference);
        },
      ),
      { seed: 20260101, numRuns: 2000 },
    );
  });

  it('joins well-formed parts to the reference again', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,4})?$/);
    const registry = fc.option(
      fc.constantFrom('registry.example', 'localhost', 'registry:5000', '[2001:db8::1]:5000'),
      { nil: null },
    );
    const repository = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,10}$/), { nil: null });
    const digest = fc.option(fc.constant(SHA256), { nil: null });
    fc.assert(
      fc.property(registry, repository, tag, digest, (host, path, label, hash) => {
        // A first part with a dot would be a registry itself.
        fc.pre(host !== null || !(path.split('/')[0] ?? '').includes('.') || !path.includes('/'));
        const reference = `${host === null ? '' : `${host}/`}${path}${label === null ? '' : `:${label}`}${hash === null ? '' : `@${hash}`}`;
        assert.deepEqual(splitImage(reference), {
          reference,
          registry: host,
          repository: path,
          tag: label,
          digest: hash,
        });
      }),
      { seed: 20260102, numRuns: 500 },
    );
  });
});
