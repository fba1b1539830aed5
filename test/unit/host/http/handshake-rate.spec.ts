/** Whose handshake begins when. */
import { HandshakeRate } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../../../support/eventually.ts';

describe('handshakes', () => {
  let server: Server;
  let begun: Socket[];
  let nowMs: number;
  let rate: HandshakeRate;
  /** Of both sides. */
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    begun = [];
    nowMs = 0;
    rate = new HandshakeRate(
      (socket) => begun.push(socket),
      () => nowMs,
    );
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  /** The server's side of a connection that has sent something. */
  const arrived = async (network: string, text = 'hello'): Promise<Socket> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    if (text !== '') client.write(text);
    const [socket] = await accepted;
    sockets.push(client, socket);
    rate.add(socket, network);
    if (text !== '') await eventually('its bytes', () => socket.readableLength > 0 || undefined);
    return socket;
  };
  const flood = async (network: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await arrived(network);
  };

  it('begin at once where few come', async () => {
    const socket = await arrived('a');
    await eventually('a handshake', () => begun.includes(socket) || undefined);
  });

  it('do not begin before the first byte has come', async () => {
    const silent = await arrived('a', '');
    const other = await arrived('a');
    await eventually('a handshake', () => begun.includes(other) || undefined);
    assert.ok(!begun.includes(silent));
  });

  it('of strangers begin at a bounded rate', async () => {
    await flood('a', 30);
    assert.equal(begun.length, 20);
    nowMs = 10;
    await eventually('two more', () => begun.length === 22 || undefined);
  });

  it('of another network do not wait for all those of one', async () => {
    await flood('a', 30);
    const other = await arrived('b');
    assert.ok(!begun.includes(other));
    nowMs = 10;
    await eventually('its turn', () => begun.includes(other) || undefined);
  });

  it('begin at once where a known sender came from, also of those who wait already', async () => {
    await flood('a', 30);
    const waiting = await arrived('b');
    assert.ok(!begun.includes(waiting));
    rate.know('b');
    assert.ok(begun.includes(waiting));
    const later = await arrived('b');
    await eventually('a handshake', () => begun.includes(later) || undefined);
  });

  it('do not begin on what has ended while it waited', async () => {
    await flood('a', 30);
    const gone = await arrived('b');
    gone.destroy();
    await once(gone, 'close');
    nowMs = 1000;
    await eventually('all others', () => begun.length === 30 || undefined);
    assert.ok(!begun.includes(gone));
  });
});
