/**
 * Programs in containers, where an engine of Docker answers. Linux alone: they share the host's network, so
 * that they have their addresses as without a container, and write into the test's own folder, as its user.
 */
import { randomUUID } from 'node:crypto';
import type { Launch } from './programs.ts';
import { onPath } from './provision.ts';
import { run, say, wordsOf } from './run.ts';

const INFO_MS = 10_000;
const PULL_MS = 600_000;

let answering: Promise<boolean> | undefined;

/** Whether containers of this image can be run here. */
export async function hasImage(image: string): Promise<boolean> {
  if (!(await (answering ??= answers()))) return false;
  if ((await run('docker', ['image', 'inspect', image], { timeoutMs: INFO_MS })).code === 0) return true;
  const pulled = await run('docker', ['pull', '--quiet', image], {
    doing: `Pulling ${image}`,
    timeoutMs: PULL_MS,
  });
  if (pulled.code !== 0) say(`docker pull ${image} failed: ${wordsOf(pulled).split('\n').at(-1) ?? ''}`);
  return pulled.code === 0;
}

/** A program of an image; of the host's files it sees the folder. */
export function inContainer(image: string, folder: string, program: string, args: readonly string[]): Launch {
  const container = `arrivals-test-${randomUUID()}`;
  const user = `${String(process.getuid?.() ?? 0)}:${String(process.getgid?.() ?? 0)}`;
  const place = [
    '--name',
    container,
    '--network',
    'host',
    '--user',
    user,
    '--volume',
    `${folder}:${folder}`,
    '--workdir',
    folder,
  ];
  return {
    command: 'docker',
    args: ['run', '--rm', ...place, '--entrypoint', program, image, ...args],
    container,
  };
}

async function answers(): Promise<boolean> {
  if (process.platform !== 'linux' || !onPath('docker')) return false;
  // The client alone has an exit code and output of its own: only a server has a version.
  const { code, stdout } = await run('docker', ['info', '--format', '{{.ServerVersion}}'], {
    timeoutMs: INFO_MS,
  });
  return code === 0 && /^\d/.test(stdout.toString());
}
