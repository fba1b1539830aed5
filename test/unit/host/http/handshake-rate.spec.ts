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
  /** What is to be done after a step's time. */
  let due: (() => void)[];
  /** Of both sides. */
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    begun = [];
    nowMs = 0;
    due = [];
    rate = new HandshakeRate(
      (socket) => begun.push(socket),
      () => nowMs,
      (_ms, then) => due.push(then),
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

  /** So many steps of the pace, or as many as there are. */
  const step = (count = 1): void => {
    for (let i = 0; i < count; i++) due.shift()?.();
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

  it('of strangers begin one by one when more than a few come, also where the thread was late', async () => {
    await flood('a', 13);
    assert.equal(begun.length, 10);
    step();
    assert.equal(begun.length, 11);
    nowMs = 10_000;
    step();
    assert.equal(begun.length, 12);
  });

  it('begin at once again after a while without any', async () => {
    await flood('a', 12);
    step(3);
    nowMs = 1000;
    await flood('a', 10);
    assert.equal(begun.length, 22);
  });

  it('of another network do not wait for all those of one', async () => {
    await flood('a', 30);
    const other = await arrived('b');
    assert.ok(!begun.includes(other));
    step(2);
    assert.ok(begun.includes(other));
  });

  it('begin at once where a known sender came from, whoever else waits', async () => {
    await flood('a', 30);
    rate.know('b');
    assert.ok(begun.includes(await arrived('b')));
    assert.equal(begun.length, 11);
  });

  it('of a network that becomes known no longer wait for those of strangers', async () => {
    await flood('a', 30);
    for (const network of ['b', 'c', 'd']) await arrived(network);
    const waiting = await arrived('e');
    rate.know('e');
    step();
    assert.ok(begun.includes(waiting));
  });

  it('of a known network are paced as well, and keep no other known one waiting, nor strangers', async () => {
    rate.know('a');
    rate.know('b');
    await flood('a', 5);
    assert.equal(begun.length, 1);
    await flood('c', 11);
    const stranger = await arrived('d');
    const known = await arrived('b');
    step(4);
    assert.ok(begun.includes(known));
    assert.ok(begun.includes(stranger));
  });

  it('do not begin on what has ended while it waited', async () => {
    await flood('a', 30);
    const gone = await arrived('b');
    gone.destroy();
    await once(gone, 'close');
    step(30);
    assert.equal(begun.length, 30);
    assert.ok(!begun.includes(gone));
  });
});
