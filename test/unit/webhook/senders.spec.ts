/**
 * The webhook's route and who may send: in which order it decides, what it tells whom, and that it reads no
 * body before.
 */
import { Ledger, TOPICS } from '@arrivals/core';
import { auditRoute, type Delivery, type WebhookOptions } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connected, received, type Running, withServer } from '../host/http.ts';

const PROD = 'token-of-prod';
const BOTH = 'token-of-prod-and-staging';
const digestOf = (token: string) => createHash('sha256').update(token, 'latin1').digest('hex');
const SENDERS = new Map([
  [`token-sha256:${digestOf(PROD)}`, new Set(['prod'])],
  [`token-sha256:${digestOf(BOTH)}`, new Set(['prod', 'staging'])],
  [`token-sha256:${digestOf('t\u00f6ken')}`, new Set(['prod'])],
]);
// As bytes: with a text Node would write the headers in its encoding.
const LIST = Buffer.from('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[]}');
const NEVER: Delivery = {
  deliver: ({ records }) =>
    records.length === 0 ? Promise.resolve() : Promise.reject(new Error('nothing was to be published')),
};

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly text: string;
}

function withWebhook(
  test: (running: Running) => Promise<void>,
  options: Partial<WebhookOptions> = {},
): Promise<void> {
  const route = auditRoute({
    delivery: NEVER,
    telemetry: new Ledger(),
    clusters: new Set(['default', 'prod', 'staging']),
    senders: SENDERS,
    topics: TOPICS,
    limits: { bodyBytesMax: 100_000, bodiesBytesMax: 150_000 },
    now: Date.now,
    ...options,
  });
  return withServer({ routes: [route] }, test);
}

async function post(port: number, cluster: string, authorization?: string, body = LIST): Promise<Answer> {
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(authorization === undefined ? {} : { authorization }),
  };
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: `/v1/clusters/${cluster}/audit`,
    method: 'POST',
    headers,
    agent: false,
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.on('error', () => undefined);
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  const { error } = JSON.parse(text) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  return { status: incoming.statusCode ?? 0, code: error?.code, message: error?.message ?? '', text };
}

describe('the webhook, where senders are known', () => {
  for (const [what, authorization] of [
    ['its token', `Bearer ${PROD}`],
    ['the scheme in another case', `bEARER ${PROD}`],
    ['a token of several clusters', `Bearer ${BOTH}`],
    ['space between', `Bearer   ${PROD}`],
    ['a token beyond ASCII', 'Bearer t\u00f6ken'],
  ] as const) {
    it(`takes a batch with ${what}`, async () => {
      await withWebhook(async ({ port, refused }) => {
        assert.equal((await post(port, 'prod', authorization)).status, 200);
        assert.deepEqual(refused, []);
      });
    });
  }

  for (const [what, authorization, told] of [
    ['no Authorization', undefined, 'no certificate and no token'],
    ['an unknown token', 'Bearer unknown', `token of SHA-256 ${digestOf('unknown').slice(0, 8)}…`],
    ['a token’s beginning', `Bearer ${PROD.slice(0, -1)}`, 'token '],
    ['a token’s digest', `Bearer ${digestOf(PROD)}`, 'token '],
    ['a token’s line', `Bearer token-sha256:${digestOf(PROD)}`, 'token '],
    ['an empty token', 'Bearer ', 'no bearer token'],
    ['two tokens', `Bearer ${PROD} ${PROD}`, 'no bearer token'],
    ['the token without a scheme', PROD, 'no bearer token'],
    ['another scheme', `Basic ${PROD}`, 'no bearer token'],
  ] as const) {
    it(`refuses ${what} with 401, the same for a cluster that exists and one that does not`, async () => {
      await withWebhook(async ({ port, refused }) => {
        const answers = [];
        for (const cluster of ['prod', 'nowhere']) {
          const { status, code, message, text } = await post(port, cluster, authorization);
          assert.deepEqual([status, code], [401, 'sender_unknown']);
          assert.ok(message.startsWith(`cluster "${cluster}": `) && message.includes(told), message);
          answers.push(text.replace(cluster, ''));
        }
        assert.equal(answers[0], answers[1]);
        assert.deepEqual(
          refused.map((error) => error.code),
          ['sender_unknown', 'sender_unknown'],
        );
      });
    });
  }

  it('refuses a known sender with 403 for other clusters, the same whether they exist or not', async () => {
    await withWebhook(async ({ port, refused }) => {
      const answers = [];
      for (const cluster of ['staging', 'default', 'nowhere']) {
        const { status, code, message, text } = await post(port, cluster, `Bearer ${PROD}`);
        assert.deepEqual([status, code], [403, 'sender_forbidden']);
        assert.ok(
          message.includes(`"${cluster}"`) &&
            message.includes(`token of SHA-256 ${digestOf(PROD).slice(0, 8)}…`),
          message,
        );
        answers.push(text.replace(cluster, ''));
      }
      assert.equal(new Set(answers).size, 1);
      assert.equal(refused.length, 3);
    });
  });

  it('refuses a name that is none before it asks who sends', async () => {
    await withWebhook(async ({ port }) => {
      for (const authorization of [undefined, `Bearer ${PROD}`])
        assert.equal((await post(port, 'No%20Name', authorization)).code, 'cluster_name_invalid');
    });
  });

  it('says no token in what it answers and logs', async () => {
    await withWebhook(async ({ port, refused }) => {
      const secret = 'a-token-that-nobody-shall-read';
      for (const authorization of [
        `Bearer ${secret}`,
        secret,
        `Basic ${secret}`,
        `Bearer ${secret} ${secret}`,
      ])
        assert.ok(!(await post(port, 'prod', authorization)).text.includes(secret));
      assert.ok(
        !refused
          .map((error) => error.message)
          .join()
          .includes(secret),
      );
    });
  });

  it('answers before any of the body has come, and ends the connection', async () => {
    await withWebhook(async ({ port }) => {
      const socket = await connected(port);
      socket.write(
        'POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n',
      );
      const answer = await received(socket);
      assert.match(answer, /^HTTP\/1\.1 401 /);
      assert.match(answer, /^Connection: close\r$/m);
      assert.match(answer, /"code":"sender_unknown"/);
    });
  });

  it('holds no memory for a body it refuses, and is seen to refuse by who sends a large one', async () => {
    await withWebhook(async ({ port }) => {
      const large = Buffer.alloc(20_000_000, ' ');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post(port, 'prod', 'Bearer unknown', large)),
      );
      for (const { status } of answers) assert.equal(status, 401);
      assert.equal((await post(port, 'prod', `Bearer ${PROD}`)).status, 200);
    });
  });

  it('counts one refusal of who reads it and stops in the middle of the body', async () => {
    await withWebhook(async ({ port, refused }) => {
      const socket = await connected(port);
      socket.write(
        'POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\nabc',
      );
      await once(socket, 'data');
      socket.end();
      await once(socket, 'close');
      assert.deepEqual(
        refused.map((error) => error.code),
        ['sender_unknown'],
      );
    });
  });

  it('closes on who never stops sending', async () => {
    await withWebhook(async ({ port }) => {
      const socket = await connected(port);
      socket.on('error', () => undefined).resume();
      socket.write(
        'POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const drip = setInterval(() => socket.write('1\r\nx\r\n'), 50);
      await once(socket, 'close');
      clearInterval(drip);
    });
  });
});

describe('the webhook, where senders are not asked', () => {
  it('takes a batch from whoever sends it, for configured clusters alone', async () => {
    await withWebhook(
      async ({ port }) => {
        for (const authorization of [undefined, 'Bearer unknown']) {
          assert.equal((await post(port, 'prod', authorization)).status, 200);
          assert.equal((await post(port, 'nowhere', authorization)).code, 'cluster_unknown');
        }
      },
      { senders: null },
    );
  });
});

describe('a body that is refused while it comes', () => {
  const chunked = (count: number, size: number) =>
    `POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`${size.toString(16)}\r\n${' '.repeat(size)}\r\n`.repeat(count)}`;

  for (const [what, senders, head, status] of [
    ['that is too large', null, 'Transfer-Encoding: chunked', 413],
    ['of who may not send', SENDERS, 'Transfer-Encoding: chunked', 401],
    ['of who may not send, of a known length', SENDERS, 'Content-Length: 20000016', 401],
  ] as const) {
    it(`${what} is answered ${String(status)} also to who reads only when all is sent`, async () => {
      await withWebhook(
        async ({ port }) => {
          const socket = (await connected(port)).pause();
          socket.write(
            `POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n`,
          );
          if (!socket.write(`1312d00\r\n${' '.repeat(20_000_000)}`)) await once(socket, 'drain');
          socket.write('\r\n0\r\n\r\n');
          assert.match(await received(socket), new RegExp(`^HTTP/1.1 ${String(status)} `));
        },
        { senders },
      );
    });
  }

  it('is answered 413 when it is too large, although it goes on', async () => {
    await withWebhook(
      async ({ send }) => {
        const answer = await send(chunked(11, 10_000));
        assert.match(answer, /^HTTP\/1\.1 413 /);
        assert.match(answer, /^Connection: close\r$/m);
      },
      { senders: null },
    );
  });

  it('is answered 503 with Retry-After when memory is short, on a connection that goes on', async () => {
    await withWebhook(
      async ({ send }) => {
        const answer = await send(
          `${chunked(11, 10_000)}0\r\n\r\nPOST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${String(LIST.length)}\r\n\r\n${LIST.toString()}`,
        );
        assert.match(answer, /^HTTP\/1\.1 503 [^]*Retry-After: 3\r\n[^]*HTTP\/1\.1 200 /);
      },
      { senders: null, limits: { bodyBytesMax: 1_000_000, bodiesBytesMax: 100_000 } },
    );
  });
});
