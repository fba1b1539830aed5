/**
 * A program that opens connections and behaves on them as no client should: it never finishes what it begins,
 * and reads nothing. Arguments: kind, port, how many. Says "open" when all were tried; leaves when its input
 * ends.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const HOST = '127.0.0.1';
/** Of another machine, as far as an address tells: senders are known by theirs. */
const FROM = '127.0.0.2';
/** Of a sender that is known, and has become hostile. */
export const TOKEN = 'the-token-of-one-that-was-taken-over';
const POST = `POST /v1/clusters/prod/audit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100000\r\n\r\n{`;
const DRIP_MS = 1000;
/** At a time, so that the listener's backlog does not decide. */
const AT_ONCE = 100;
const PATIENCE_MS = 5000;

export const KINDS = ['silent', 'half-hello', 'half-closed', 'slow-head', 'slow-body', 'unread'] as const;
export type Kind = (typeof KINDS)[number];

/** `begins` is written once, `drips` every second. */
const HABITS: Readonly<
  Record<
    Kind,
    {
      readonly tls: boolean;
      readonly begins?: string | Buffer;
      readonly drips?: string;
      readonly ends?: true;
    }
  >
> = {
  silent: { tls: false },
  'half-hello': { tls: false, begins: Buffer.from('16030100f5010000f10303' + '11'.repeat(32), 'hex') },
  'half-closed': { tls: false, begins: Buffer.from('16030100f50100', 'hex'), ends: true },
  'slow-head': { tls: true, begins: 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ', drips: 'a' },
  'slow-body': { tls: true, begins: POST, drips: ' ' },
  unread: { tls: true, begins: 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50) },
};

async function open(kind: Kind, port: number): Promise<Socket> {
  const { tls, begins, drips, ends } = HABITS[kind];
  const socket = tls
    ? connectTls({ socket: connect({ host: HOST, port, localAddress: FROM }), rejectUnauthorized: false })
    : connect({ host: HOST, port, localAddress: FROM, allowHalfOpen: true });
  socket.on('error', () => undefined);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await Promise.race([
    once(socket, tls ? 'secureConnect' : 'connect', { signal }),
    once(socket, 'close', { signal }),
  ]).catch(() => undefined);
  socket.pause();
  if (begins !== undefined) socket.write(begins);
  if (ends) socket.end();
  if (drips !== undefined) {
    const drip = setInterval(() => {
      if (socket.destroyed) clearInterval(drip);
      else socket.write(drips);
    }, DRIP_MS);
  }
  return socket;
}

const [kind, port, count] = process.argv.slice(2);
if (kind !== undefined && process.argv[1] === import.meta.filename) {
  process.stdin.resume().once('end', () => process.exit());
  const held: Socket[] = [];
  for (let i = 0; i < Number(count); i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, Number(count) - i) }, () =>
      open(kind as Kind, Number(port)),
    );
    held.push(...(await Promise.all(some)));
  }
  process.stdout.write(`open ${String(held.length)}\n`);
}
