/**
 * Real Redis servers for tests: one for all suites of the run, and servers of their own for what would
 * disturb others. Invariant: a server is handed out when it answers, and is gone after the run.
 */
import { GIVEN_READY_MS, untilReady, withPorts } from './ready.ts';
import { ask, RedisNode, type RedisOptions, type RedisServer } from './redis-node.ts';

/** As the README asks of a Redis: what it acknowledged is on disk within a second, and nothing is evicted. */
const DURABLE = { appendonly: 'yes', save: '""', 'maxmemory-policy': 'noeviction' };

let shared: Promise<RedisServer> | undefined;

/**
 * One plain server, started at the first call, shared by all suites of the run: each takes keys of its own.
 */
export function redis(): Promise<RedisServer> {
  return (shared ??= given() ?? startRedis());
}

/** A server of its own, for what would disturb others. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return withPorts(1, ([port = 0]) =>
    new RedisNode(port, { ...options, config: { ...DURABLE, ...options.config } }).start(),
  );
}

function given(): Promise<RedisServer> | undefined {
  const url = process.env['ARRIVALS_TEST_REDIS'] ?? '';
  if (url === '') return undefined;
  const refuse = (): never => {
    throw new Error('The Redis of ARRIVALS_TEST_REDIS is not the tests’ to stop.');
  };
  const server: RedisServer = {
    url,
    kill: refuse,
    pause: refuse,
    resume: refuse,
    restart: refuse,
    stop: () => Promise.resolve(),
  };
  const ready = untilReady(
    'the Redis of ARRIVALS_TEST_REDIS',
    [],
    async () => (await ask(url, 'PING')) === 'PONG',
    GIVEN_READY_MS,
  );
  return ready.then(() => server);
}
