/** The HTTP server over real connections: routes, errors and what they carry, and whom it answers. */
import { ArrivalsError, type ErrorCode } from '@arrivals/core';
import { ERRORS } from '@arrivals/core/internal';
import { json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connected, deferred, get, type Reply, withServer } from '../http.ts';

const ROUTES: readonly Route[] = [
  get('/', () => Promise.resolve(json('root'))),
  get('/things/{id}', ({ parameters }) => Promise.resolve(json(parameters))),
  { method: 'POST', path: '/things/{id}', handle: () => Promise.resolve(json('posted', 201)) },
  {
    method: 'POST',
    path: '/v1/clusters/{cluster}/audit',
    handle: ({ parameters }) => Promise.resolve(json(parameters)),
  },
  get('/query', ({ query }) => Promise.resolve(json(Object.fromEntries(query)))),
];

const errorOf = ({ body }: Reply) =>
  (
    JSON.parse(body) as {
      readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
    }
  ).error;

describe('the HTTP server', () => {
  it('answers a route with JSON, its length, and word not to guess another type', async () => {
    await withServer({ routes: ROUTES }, async ({ ask, refused }) => {
      const { status, headers, body } = await ask('/');
      assert.deepEqual([status, body], [200, '"root"\n']);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['content-length'], '7');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.deepEqual(refused, []);
    });
  });

  it('counts the length in bytes', async () => {
    await withServer({ routes: [get('/', () => Promise.resolve(json('zoë 😀')))] }, async ({ ask }) => {
      assert.equal((await ask('/')).body, '"zoë 😀"\n');
    });
  });

  it('decodes the parameters of a path, and leaves what cannot be decoded', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      for (const [written, read] of [
        ['a', 'a'],
        ['a%20b', 'a b'],
        ['a+b', 'a+b'],
        ['a%2Fb', 'a/b'],
        ['zo%C3%AB', 'zoë'],
        ['%zz', '%zz'],
        ['%C3', '%C3'],
        ['%2e%2e%2f', '../'],
        ['__proto__', '__proto__'],
        ['{id}', '{id}'],
      ] as const) {
        assert.deepEqual(JSON.parse((await ask(`/things/${written}`)).body), { id: read });
      }
    });
  });

  it('decodes the query, which is no part of the path', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      assert.deepEqual(JSON.parse((await ask('/query?a=b%20c&d=%26&e')).body), { a: 'b c', d: '&', e: '' });
      assert.equal((await ask('/things/a?x=/y')).status, 200);
    });
  });

  it('answers HEAD where GET is, without a body', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      const { status, headers, body } = await ask('/', { method: 'HEAD' });
      assert.deepEqual([status, headers['content-length'], body], [200, '7', '']);
    });
  });

  it('tells a handler that the client has gone', async () => {
    const gone = deferred();
    const began = deferred();
    const handle: Route['handle'] = async (request) => {
      began.resolve();
      await once(request.patience, 'abort');
      gone.resolve();
      return json('late');
    };
    await withServer({ routes: [get('/', handle)] }, async ({ port }) => {
      const socket = await connected(port);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await began.promise;
      socket.destroy();
      await gone.promise;
    });
  });
});

describe('an error of the HTTP server', () => {
  for (const [code, { httpStatus, remedy, retryable }] of Object.entries(ERRORS) as [
    ErrorCode,
    (typeof ERRORS)[ErrorCode],
  ][]) {
    if (httpStatus === undefined) continue;
    it(`${code} is answered ${String(httpStatus)}${retryable ? ' with Retry-After' : ' without Retry-After'}`, async () => {
      const routes = [get('/', () => Promise.reject(new ArrivalsError(code, 'the particulars')))];
      await withServer({ routes }, async ({ ask, refused }) => {
        const reply = await ask('/');
        assert.equal(reply.status, httpStatus);
        assert.equal(reply.headers['content-type'], 'application/json');
        assert.equal(reply.headers['retry-after'], retryable ? '3' : undefined);
        assert.deepEqual(JSON.parse(reply.body), { error: { code, message: 'the particulars', remedy } });
        assert.deepEqual(
          refused.map((error) => error.code),
          [code],
        );
      });
    });
  }

  for (const [what, thrown] of [
    ['an Error', new TypeError('a fault')],
    ['a text', 'a fault'],
  ] as const) {
    it(`is internal when a handler throws ${what}`, async () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
      await withServer({ routes: [get('/', () => Promise.reject(thrown))] }, async ({ ask, refused }) => {
        const reply = await ask('/');
        assert.deepEqual([reply.status, errorOf(reply).code], [500, 'internal']);
        assert.match(errorOf(reply).message, /a fault/);
        assert.equal(refused[0]?.code, 'internal');
      });
    });
  }

  it('is route_unknown for every path that is not served', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      for (const target of [
        '/nothing',
        '/things',
        '/things/a/b',
        '/things/a/',
        '/v1/clusters/prod/audit/',
        '/v1/clusters/audit',
        '/V1/clusters/a/audit',
        '/query/',
      ]) {
        const reply = await ask(target);
        assert.deepEqual([reply.status, errorOf(reply).code], [404, 'route_unknown'], target);
      }
    });
  });

  for (const target of ['//', '///', 'http://[', '//:', 'http://:x']) {
    it(`is route_unknown for the request target ${target}, which is no fault of the server`, async () => {
      await withServer({ routes: ROUTES }, async ({ send }) => {
        assert.match(
          await send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
          /^HTTP\/1\.1 4\d\d /,
        );
      });
    });
  }

  it('repeats no secret of what was asked, and nothing that acts on its reader', async () => {
    await withServer({ routes: [] }, async ({ ask }) => {
      const hidden = encodeURIComponent('\u202e\u200b\u{e0041}\u009b2J');
      for (const path of [
        '/v1/token=Zq7hidden',
        '/x/https://u:Zq7hidden@a.example',
        `/v1/password%3DZq7hidden${hidden}`,
        `/v1/${hidden}`,
      ]) {
        const { status, body } = await ask(path);
        assert.equal(status, 404);
        assert.ok(!body.includes('Zq7hidden'), body);
        assert.doesNotMatch(body.trimEnd(), /[\p{Cc}\p{Cf}\u{e0000}-\u{e007f}]/u);
      }
    });
  });

  it('repeats no more than the beginning of a long path', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      assert.ok((await ask(`/${'x'.repeat(5000)}`)).body.length < 600);
    });
  });

  it('is method_not_allowed with the methods that are, where the path exists', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      for (const [target, method, allowed] of [
        ['/', 'POST', 'GET'],
        ['/v1/clusters/prod/audit', 'GET', 'POST'],
        ['/v1/clusters/prod/audit', 'HEAD', 'POST'],
        ['/things/a', 'DELETE', 'GET, POST'],
        ['/things/a', 'OPTIONS', 'GET, POST'],
      ] as const) {
        const reply = await ask(target, { method });
        assert.deepEqual([reply.status, reply.headers['allow']], [405, allowed], `${method} ${target}`);
        if (method !== 'HEAD') assert.equal(errorOf(reply).code, 'method_not_allowed');
      }
    });
  });

  it('ends the connection when a body was too large to be read', async () => {
    const routes: readonly Route[] = [
      { method: 'POST', path: '/', handle: () => Promise.reject(new ArrivalsError('body_too_large', 'x')) },
    ];
    await withServer({ routes }, async ({ send }) => {
      const reply = await send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc');
      assert.match(reply, /^HTTP\/1\.1 413 /);
      assert.match(reply, /\r\nConnection: close\r\n/i);
    });
  });

  it('is never a redirect', async () => {
    await withServer({ routes: ROUTES }, async ({ ask }) => {
      for (const target of ['/things/a/', '//things/a', '/query/', '/./query', '/a/../query', '/%2e/query']) {
        const { status, headers } = await ask(target);
        assert.ok(status < 300 || status >= 400, target);
        assert.equal(headers['location'], undefined);
      }
    });
  });
});

describe('the host that a request names', () => {
  const TAKEN = [
    '127.0.0.1',
    'localhost',
    'localhost:8080',
    '127.0.0.1:1',
    '127.8.9.10',
    '[::1]',
    '[::1]:8080',
    '[0:0:0:0:0:0:0:1]:80',
    'LOCALHOST:8080',
  ];
  const REFUSED = [
    'arrivals.example',
    'arrivals.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]',
    '[1::1]',
    'evil@localhost',
    '0.0.0.0',
  ];

  for (const host of TAKEN) {
    it(`may be ${host} on a server that listens on loopback`, async () => {
      await withServer({ routes: ROUTES }, async ({ ask }) => {
        assert.equal((await ask('/', { headers: { Host: host } })).status, 200);
      });
    });
  }

  for (const host of REFUSED) {
    it(`may not be ${host} there, so that no web page reads alerts through a browser`, async () => {
      await withServer({ routes: ROUTES }, async ({ ask, refused }) => {
        const reply = await ask('/', { headers: { Host: host } });
        assert.deepEqual([reply.status, errorOf(reply).code], [421, 'host_unexpected']);
        assert.equal(refused.length, 1);
      });
    });
  }

  it('may not be left out or empty there', async () => {
    await withServer({ routes: ROUTES }, async ({ send }) => {
      assert.match(await send('GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 421 /);
      assert.match(await send('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 421 /);
    });
  });

  it('may be any on a server that listens on all addresses', async () => {
    await withServer({ routes: ROUTES, host: '0.0.0.0' }, async ({ ask }) => {
      for (const host of ['arrivals.example', '10.0.0.1:8080', 'localhost'])
        assert.equal((await ask('/', { headers: { Host: host } })).status, 200);
    });
  });
});
