/** How `arrivals alerts` shows what was unusual about an alert, asked of a server that has such alerts. */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arrivals, fixture } from '../support/arrivals.ts';

describe('arrivals alerts --format table', () => {
  it('marks an alert that has flags at the end of its line, and no other', async () => {
    const alert = JSON.parse(readFileSync(fixture('avro', 'alert.3.fastavro.json'), 'utf8')) as Alert;
    const all = [
      { ...alert, flags: [] },
      { ...alert, flags: ['notDeduplicated', 'notEnriched'] },
    ];
    const server = createServer((request, response) => {
      response.end(JSON.stringify({ alerts: request.url?.includes('from=2') === true ? [] : all, next: 2 }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      const { stdout } = await arrivals(['alerts', '--format', 'table', '--last', '2', '--url', url]);
      const [, plain, marked] = stdout.split('\n');
      assert.ok(plain !== undefined && plain.includes(alert.cluster) && !plain.includes('['), stdout);
      assert.equal(marked, `${plain} [notDeduplicated, notEnriched]`);
    } finally {
      server.close();
    }
  });
});
