/**
 * One redis-server: its folder, its configuration, its process, and its coming back with the same data and
 * port. Sentinels are such servers too. What several of them make together is redis-cluster.ts's and
 * redis-sentinel.ts's.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import path from 'node:path';
import { dropFolder, ownFolder, Program } from './programs.ts';
import { untilReady } from './ready.ts';
import { redisProgram } from './redis-source.ts';

export interface RedisServer {
  /** redis:// or, with TLS, rediss://, with the password if there is one. */
  readonly url: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** The same data and port, after a kill if it runs. Resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  readonly password?: string;
  /**
   * PEM files; the server is at 127.0.0.1. Clients need no certificate, unless config has tls-auth-clients.
   */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** Of redis.conf, stronger than what is set here. */
  readonly config?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 3000;

export class RedisNode implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly #options: RedisOptions;
  readonly #args: readonly string[];
  #folder = '';
  #running: Program | undefined;

  constructor(port: number, options: RedisOptions = {}, args: readonly string[] = []) {
    const { password, tls } = options;
    this.port = port;
    this.url = `${tls === undefined ? 'redis' : 'rediss'}://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${String(port)}`;
    this.#options = options;
    this.#args = args;
  }

  /** Resolves when it answers. */
  async start(): Promise<this> {
    this.#folder = await ownFolder();
    try {
      await writeFile(this.#configuration, await this.#settings());
      await this.#run();
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  pause(): void {
    this.#running?.signal('SIGSTOP');
  }

  resume(): void {
    this.#running?.signal('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.#run();
  }

  async stop(): Promise<void> {
    await this.kill();
    await dropFolder(this.#folder);
  }

  /** The answer to one command, over a connection of its own. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const isEncrypted = this.#options.tls !== undefined;
    return ask(this.url, command, args, isEncrypted);
  }

  get #configuration(): string {
    return path.join(this.#folder, 'redis.conf');
  }

  async #run(): Promise<void> {
    const launch = (await redisProgram())(this.#folder, [this.#configuration, ...this.#args]);
    this.#running = new Program(launch, path.join(this.#folder, 'redis.log'));
    try {
      await untilReady('redis-server', [this.#running], async () => (await this.ask('PING')) === 'PONG');
    } catch (error) {
      if (this.#options.tls === undefined || !/tls-\S+ .*\n.*bad directive/i.test(String(error))) throw error;
      throw new Error(
        'This redis-server was built without TLS: the tests need one of version 6 or newer that has it.',
        { cause: error },
      );
    }
  }

  async #settings(): Promise<string> {
    const { password, tls, config } = this.#options;
    const settings = {
      bind: '127.0.0.1',
      port: String(this.port),
      dir: this.#folder,
      ...(password !== undefined && { requirepass: JSON.stringify(password) }),
      ...(tls && (await this.#encrypted(tls))),
      ...config,
    };
    return Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join('');
  }

  /** The files are copied: it sees its own folder alone. */
  async #encrypted(tls: NonNullable<RedisOptions['tls']>): Promise<Record<string, string>> {
    const [cert, key, ca] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) =>
      path.join(this.#folder, name),
    ) as [string, string, string];
    await Promise.all([copyFile(tls.certFile, cert), copyFile(tls.keyFile, key), copyFile(tls.caFile, ca)]);
    return {
      port: '0',
      'tls-port': String(this.port),
      'tls-cert-file': cert,
      'tls-key-file': key,
      'tls-ca-cert-file': ca,
      'tls-auth-clients': 'no',
    };
  }
}

/** Asks once: no second connection, no second try. */
export async function ask(
  url: string,
  command: string,
  args: readonly (string | number)[] = [],
  isEncrypted = false,
): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
    // Whether the certificate is right is not what is asked here.
    ...(isEncrypted && { tls: { rejectUnauthorized: false } }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
