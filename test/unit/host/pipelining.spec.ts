/**
 * Requests that come ahead of the answer to an earlier one: answered in their order, one at a time, and not
 * too many.
 */
import { json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { connected, deferred, get, withServer } from './http.ts';

const asking = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const LAST = 'Connection: close\r\n';

describe('requests ahead of answers', () => {
  it('are answered in their order, with bodies between them', async () => {
    const echo: Route = {
      method: 'POST',
      path: '/',
      handle: async ({ message }) => {
        let text = '';
        for await (const chunk of message) text += String(chunk);
        return json(text);
      },
    };
    await withServer(
      { routes: [echo, get('/{id}', ({ parameters }) => Promise.resolve(json(parameters['id'])))] },
      async ({ send }) => {
        const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody';
        const answers = await send(`${asking('/1')}${post}${asking('/2')}${post}${asking('/3', LAST)}`);
        assert.deepEqual(answers.match(/^"\w+"$/gm), ['"1"', '"body"', '"2"', '"body"', '"3"']);
      },
    );
  });

  it('wait: no two of a connection are handled at a time', async () => {
    const counts = { now: 0, most: 0 };
    const slow = get('/', async () => {
      counts.most = Math.max(counts.most, ++counts.now);
      await new Promise((resolve) => setImmediate(resolve));
      counts.now--;
      return json('done');
    });
    await withServer({ routes: [slow] }, async ({ send }) => {
      const answers = await send(`${asking('/').repeat(9)}${asking('/', LAST)}`);
      assert.equal(answers.match(/^HTTP\/1\.1 200 /gm)?.length, 10);
      assert.equal(counts.most, 1);
    });
  });

  it('that are too many end the connection after the running answer, and are not handled', async () => {
    const finish = deferred();
    let handled = 0;
    const slow = get('/', async () => {
      handled++;
      await finish.promise;
      return json('done');
    });
    await withServer({ routes: [slow] }, async ({ send, dropped }) => {
      const answers = send(asking('/').repeat(1000));
      await eventually('them to come', () => dropped.length > 0 || undefined);
      finish.resolve();
      assert.equal((await answers).match(/^HTTP\/1\.1 200 /gm)?.length, 1);
      assert.match(await answers, /\r\nConnection: close\r\n/);
      assert.deepEqual([handled, dropped], [1, ['pipelined']]);
    });
  });

  it('are skipped when who sent them has gone', async () => {
    const began = deferred();
    const finish = deferred();
    let handled = 0;
    const slow = get('/', async () => {
      handled++;
      began.resolve();
      await finish.promise;
      return json('done');
    });
    await withServer({ routes: [slow] }, async ({ port, server }) => {
      const socket = await connected(port);
      socket.write(asking('/').repeat(10));
      await began.promise;
      socket.destroy();
      finish.resolve();
      await eventually('the connection to be gone', () => server.connections().working === 0 || undefined);
      assert.ok(handled <= 2);
    });
  });
});
