/** Ports that were free a moment ago, for what must come back under the same address. */
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that systems give to outgoing connections: nobody takes one of these while its program is
// down.
const STEADY_FROM = 20_000;
const STEADY_TO = 32_000;

export async function freePort(): Promise<number> {
  const port = await listenable(0);
  if (port === undefined) throw new Error('there is no free port');
  return port;
}

/** Different ports, which stay free for a program that is killed and comes back. */
export async function steadyPorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = await listenable(STEADY_FROM + Math.floor(Math.random() * (STEADY_TO - STEADY_FROM)));
    if (port !== undefined) ports.add(port);
  }
  return [...ports];
}

async function listenable(wanted: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}
