/** What a head has to be: framed as everybody reads it, and from no page of another origin. */
import { json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { get, withServer } from '../http.ts';

const takes: Route = {
  method: 'POST',
  path: '/',
  handle: async ({ message }) => {
    let length = 0;
    for await (const chunk of message) length += (chunk as Buffer).length;
    return json(length);
  },
};
const ROUTES: readonly Route[] = [takes, get('/', () => Promise.resolve(json('root')))];

const post = (headers: string): string =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;

describe('the origin of a request', () => {
  const REFUSED: readonly (readonly [what: string, headers: Readonly<Record<string, string>>])[] = [
    ['a page elsewhere', { Origin: 'https://evil.example' }],
    ['a page on another port of this machine', { Origin: 'http://localhost:3000', Host: 'localhost:8080' }],
    ['a page without an origin, as of a sandboxed frame', { Origin: 'null' }],
    ['an image or script that a page elsewhere names', { 'Sec-Fetch-Site': 'cross-site' }],
    ['one that a page on another port names', { 'Sec-Fetch-Site': 'same-site' }],
    [
      'an origin that only begins as the host does',
      { Origin: 'http://localhost:8080.evil.example', Host: 'localhost:8080' },
    ],
  ];
  for (const [what, headers] of REFUSED)
    it(`is refused when it is ${what}`, async () => {
      await withServer({ routes: ROUTES }, async ({ ask, refused }) => {
        for (const method of ['GET', 'POST']) {
          const { status, body } = await ask('/', { method, headers });
          assert.equal(status, 403);
          assert.match(body, /"code":"origin_unexpected"/);
        }
        assert.equal(refused.length, 2);
      });
    });

  const TAKEN: readonly (readonly [what: string, headers: Readonly<Record<string, string>>])[] = [
    ['none, as of an API server', {}],
    [
      'a page of the server itself',
      { Origin: 'http://localhost:8080', Host: 'LOCALHOST:8080', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['an address that somebody typed', { 'Sec-Fetch-Site': 'none' }],
  ];
  for (const [what, headers] of TAKEN)
    it(`is taken when it is ${what}`, async () => {
      await withServer({ routes: ROUTES }, async ({ ask }) => {
        assert.equal((await ask('/', { headers })).status, 200);
      });
    });
});

describe('the framing of a request', () => {
  it('is refused when a coding other than chunked would be left on the body', async () => {
    await withServer({ routes: ROUTES }, async ({ send }) => {
      const answer = await send(`${post('Transfer-Encoding: gzip, chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 [^]*"code":"request_malformed"[^]*gzip, chunked/);
    });
  });

  it('is taken when it is chunked, however that is written', async () => {
    await withServer({ routes: ROUTES }, async ({ send }) => {
      assert.match(
        await send(`${post('transfer-encoding:\tChunked\r\n')}3;x=y\r\nabc\r\n0\r\n\r\n`),
        /^HTTP\/1\.1 200 [^]*\r\n3\n$/,
      );
    });
  });

  it('has every header looked at, however many there are', async () => {
    await withServer({ routes: ROUTES }, async ({ send, refused }) => {
      const many = 'a:\r\n'.repeat(3000);
      assert.match(
        await send(
          `GET / HTTP/1.1\r\nHost: localhost\r\n${many}Host: evil.example\r\nConnection: close\r\n\r\n`,
        ),
        /^HTTP\/1\.1 400 /,
      );
      assert.match(refused[0]?.message ?? '', /exactly one Host header, found 2/);
    });
  });
});
