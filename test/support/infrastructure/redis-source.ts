/**
 * Where redis-server comes from: a container's image where Docker answers, else the machine's own, else the
 * distribution's package, else a binary that a jar on Maven Central carries. The last is Redis 6.2.
 */
import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import { hasImage, inContainer } from './docker.ts';
import { filesOfJar, missingFor } from './maven.ts';
import type { Launch } from './programs.ts';
import { onPath, provided } from './provision.ts';
import { say } from './run.ts';

const IMAGE = 'redis:7';
const COMMAND = 'redis-server';
const JAR = 'com.github.codemonstur:embedded-redis:1.4.3';
/** The names that the jar's binaries end with, for Node's names of systems. */
const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-amd64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-amd64',
  'darwin-arm64': 'darwin-arm64',
};

/** redis-server, ready to be started; it reads and writes in the folder. */
export type RedisProgram = (folder: string, args: readonly string[]) => Launch;

let found: Promise<RedisProgram> | undefined;

export function redisProgram(): Promise<RedisProgram> {
  return (found ??= find());
}

async function find(): Promise<RedisProgram> {
  if (await hasImage(IMAGE)) {
    say(`Redis: containers of ${IMAGE}`);
    return (folder, args) => inContainer(IMAGE, folder, COMMAND, args);
  }
  const command = (await provided(() => onPath(COMMAND), [COMMAND])) ? COMMAND : await binaryOfJar();
  return (_folder, args) => ({ command, args });
}

async function binaryOfJar(): Promise<string> {
  const system = BINARIES[`${process.platform}-${process.arch}`];
  const folderName = `embedded-redis-1.4.3-${system ?? ''}`;
  if (system === undefined || (await missingFor(folderName)).length > 0) {
    throw new Error(
      'The tests need a Redis: install redis-server, or start Docker, or set ARRIVALS_TEST_REDIS=redis://host:port to one that runs.',
    );
  }
  const folder = await filesOfJar(folderName, JAR, `redis-server-*-${system}`, 'Redis 6.2 (12 MB)');
  const name = (await readdir(folder)).find((file) => file.startsWith(COMMAND));
  if (name === undefined) throw new Error(`there is no redis-server in ${folder}: remove that folder`);
  const binary = path.join(folder, name);
  await chmod(binary, 0o755);
  return binary;
}
