/**
 * A Dockerfile's instructions, and what they make, without Docker: COPY copies what .dockerignore lets
 * through, RUN runs in the build's folder. So it fails where the image would not build.
 *
 * Not the same: the base image is this machine with its Node; nobody changes user; an absolute path means
 * something in COPY and ENTRYPOINT alone, hence a RUN that names one is refused. An instruction that is not
 * known here is an error.
 */
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { run, wordsOf } from '../infrastructure/run.ts';
import { DockerIgnore } from './docker-ignore.ts';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Image {
  /** What the base image's tag is. */
  readonly base: string;
  /** The folder that stands for / */
  readonly root: string;
  readonly workdir: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

interface Stage extends Image {
  readonly name: string;
}

const RUN_MS = 300_000;

export function instructionsOf(dockerfile: string): readonly Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !/^\s*#/.test(line));
  const joined = lines.join('\n').replaceAll('\\\n', ' ').split('\n');
  return joined
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', text: line.replace(/^\S+\s+/, '').trim() }));
}

/** The last stage, of all that were made in a folder. */
export async function build(dockerfile: string, context: string, into: string): Promise<Image> {
  const args: Record<string, string> = {};
  const earlier: Stage[] = [];
  let stage: Stage | undefined;
  for (const { name, text } of instructionsOf(await readFile(dockerfile, 'utf8'))) {
    if (name === 'FROM') {
      if (stage !== undefined) earlier.push(stage);
      stage = await begin(text, args, into, earlier.length);
    } else if (stage !== undefined) {
      stage = { ...stage, ...(await apply(name, text, stage, earlier, context)) };
    } else if (name === 'ARG') {
      Object.assign(args, pairsIn(text));
    } else {
      throw new Error(`Dockerfile: ${name} before FROM`);
    }
  }
  if (stage === undefined) throw new Error('Dockerfile: there is no FROM');
  return stage;
}

async function begin(
  text: string,
  args: Readonly<Record<string, string>>,
  into: string,
  index: number,
): Promise<Stage> {
  const [base = '', name = String(index)] = text.split(/ AS /i);
  const root = path.join(into, name);
  await mkdir(root, { recursive: true });
  const tag = base.replace(/\$\{(\w+)\}/g, (_all, key: string) => args[key] ?? '');
  return { name, base: tag, root, workdir: '/', user: 'root', env: {}, entrypoint: [] };
}

function pairsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

async function apply(
  name: string,
  text: string,
  stage: Stage,
  earlier: readonly Stage[],
  context: string,
): Promise<Partial<Stage>> {
  switch (name) {
    case 'WORKDIR': {
      const workdir = path.posix.resolve(stage.workdir, text);
      await mkdir(inRoot(stage, workdir), { recursive: true });
      return { workdir };
    }
    case 'COPY':
      await copy(text, stage, earlier, context);
      return {};
    case 'RUN':
      await runIn(stage, text);
      return {};
    case 'ENV':
      return { env: { ...stage.env, ...pairsIn(text) } };
    case 'USER':
      return { user: text };
    case 'ENTRYPOINT':
      return { entrypoint: JSON.parse(text) as readonly string[] };
    case 'CMD':
    case 'EXPOSE':
    case 'LABEL':
      return {};
    default:
      throw new Error(`Dockerfile: the tests do not know ${name}`);
  }
}

/** Where a path of the image is on this machine. */
export function inRoot({ root, workdir }: Pick<Image, 'root' | 'workdir'>, name: string): string {
  return path.join(root, path.posix.resolve(workdir, name));
}

async function copy(text: string, stage: Stage, earlier: readonly Stage[], context: string): Promise<void> {
  const words = text.split(/\s+/);
  const flags = words.filter((word) => word.startsWith('--'));
  const [source = '', target = '', ...more] = words.filter((word) => !word.startsWith('--'));
  if (target === '' || more.length > 0 || source.includes('*'))
    throw new Error(`Dockerfile: COPY ${text}: the tests know one source and one target`);
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  const to = inRoot(stage, target);
  if (from === undefined) {
    if (source !== '.') throw new Error(`Dockerfile: COPY ${text}: the tests know "." of the context`);
    const names = await (await DockerIgnore.read(context)).filesIn(context);
    await Promise.all(
      names.map((name) => cp(path.join(context, name), path.join(to, name), { verbatimSymlinks: true })),
    );
    return;
  }
  const origin = earlier.find(({ name }) => name === from);
  if (origin === undefined) throw new Error(`Dockerfile: COPY ${text}: there is no stage ${from}`);
  const what = inRoot(origin, source);
  const isFileIntoFolder = target.endsWith('/') && !(await stat(what)).isDirectory();
  await cp(what, isFileIntoFolder ? path.join(to, path.basename(what)) : to, {
    recursive: true,
    verbatimSymlinks: true,
  });
}

async function runIn(stage: Stage, text: string): Promise<void> {
  const script = text.replace(/--mount=\S+\s+/g, '');
  if (/(^|[\s=])\//.test(script))
    throw new Error(`Dockerfile: RUN ${text}: it names an absolute path, which is this machine’s`);
  // What npm tells the scripts that it runs, such as these tests, is not meant for an npm in another folder.
  const unset = Object.keys(process.env).filter((name) =>
    /^(npm_config_local_prefix|npm_package_.*|npm_lifecycle_.*|init_cwd)$/i.test(name),
  );
  const ran = await run(
    'env',
    [...unset.flatMap((name) => ['-u', name]), 'sh', '-ec', `cd "$0"\n${script}`, inRoot(stage, '.')],
    {
      doing: 'Building the image’s files',
      timeoutMs: RUN_MS,
      env: { ...stage.env, npm_config_prefer_offline: 'true' },
    },
  );
  if (ran.code !== 0)
    throw new Error(`Dockerfile: RUN ${text} ended with ${String(ran.code)}: ${wordsOf(ran)}`);
}
