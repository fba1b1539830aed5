/**
 * The Kafka and the Redis of docker-compose.yml as real processes: with its environment, its command, its
 * options. Ports, addresses and folders alone are this machine's. The broker's settings are made by the very
 * program that its image runs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takesGroupsAndTransactions } from '../infrastructure/kafka-ready.ts';
import { kafkaProgram } from '../infrastructure/kafka-source.ts';
import { dropFolder, type Launch, ownFolder, Program } from '../infrastructure/programs.ts';
import { untilReady, withPorts } from '../infrastructure/ready.ts';
import { ask } from '../infrastructure/redis-node.ts';
import { redisProgram } from '../infrastructure/redis-source.ts';
import type { ComposeService } from './compose-file.ts';

export interface Composed {
  /** host:port */
  readonly address: string;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** With the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const SETUP_HEAP = '128m';
const BROKER_HEAP = '512m';

export function startComposedKafka({ environment = {} }: ComposeService): Promise<Composed> {
  return withPorts(2, async ([port = 0, controllerPort = 0]) => {
    const folder = await ownFolder();
    const address = `127.0.0.1:${String(port)}`;
    const here = (value: string): string =>
      value
        .replace(/kafka:9092|(?<=:\/\/):9092/, address)
        .replace('localhost:9093', `127.0.0.1:${String(controllerPort)}`)
        .replace('/var/lib/kafka/data', path.join(folder, 'data'));
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, here(value)]));
    await setUp(folder, env);
    const start = async (): Promise<Program> => {
      const launch = (await kafkaProgram())(folder, BROKER_HEAP, [
        'kafka.Kafka',
        path.join(folder, 'config', 'server.properties'),
      ]);
      const program = new Program(launch, path.join(folder, 'broker.log'));
      await untilReady('the Kafka of docker-compose.yml', [program], () =>
        takesGroupsAndTransactions([address], {}),
      );
      return program;
    };
    return composed(address, folder, await start(), start);
  });
}

/** What the image's start script does first: settings from the environment, and storage. */
async function setUp(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const folders = ['default', 'mounted', 'config'].map((name) => path.join(folder, name));
  await Promise.all(folders.map((name) => mkdir(name)));
  const [defaults = ''] = folders;
  await Promise.all(
    ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml'].map((name) =>
      writeFile(path.join(defaults, name), ''),
    ),
  );
  const options = ['--default-configs-dir', '--mounted-configs-dir', '--final-configs-dir'].flatMap(
    (option, i) => [option, folders[i] ?? ''],
  );
  const launch = (await kafkaProgram())(folder, SETUP_HEAP, [
    'kafka.docker.KafkaDockerWrapper',
    'setup',
    ...options,
  ]);
  const program = new Program(withEnvironment(launch, env), path.join(folder, 'setup.log'));
  if ((await program.ended) !== 0)
    throw new Error(
      `Kafka’s image would not take the environment of docker-compose.yml:\n${program.lastLines()}`,
    );
}

function withEnvironment(launch: Launch, env: Readonly<Record<string, string>>): Launch {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (launch.container === undefined)
    return { command: 'env', args: [...pairs, launch.command, ...launch.args] };
  const [verb = '', ...rest] = launch.args;
  return { ...launch, args: [verb, ...pairs.flatMap((pair) => ['--env', pair]), ...rest] };
}

export function startComposedRedis({ command = [] }: ComposeService): Promise<Composed> {
  return withPorts(1, async ([port = 0]) => {
    const folder = await ownFolder();
    const [, ...options] = command;
    const start = async (): Promise<Program> => {
      const launch = (await redisProgram())(folder, [
        ...options,
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--dir',
        folder,
      ]);
      const program = new Program(launch, path.join(folder, 'redis.log'));
      await untilReady(
        'the Redis of docker-compose.yml',
        [program],
        async () => (await ask(`redis://127.0.0.1:${String(port)}`, 'PING')) === 'PONG',
      );
      return program;
    };
    return composed(`127.0.0.1:${String(port)}`, folder, await start(), start);
  });
}

function composed(
  address: string,
  folder: string,
  started: Program,
  start: () => Promise<Program>,
): Composed {
  let program = started;
  return {
    address,
    pause: () => {
      program.signal('SIGSTOP');
    },
    resume: () => {
      program.signal('SIGCONT');
    },
    kill: () => program.kill(),
    restart: async () => {
      await program.kill();
      program = await start();
    },
    stop: async () => {
      await program.kill();
      await dropFolder(folder);
    },
  };
}
