/**
 * Jars from Maven Central, copied once into the user's cache folder. Invariant: a cached folder is complete.
 * It is filled under another name and renamed, so that an interrupted run leaves nothing half-done, and of
 * two runs that fill it at once one wins.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { dropFolder, ownFolder } from './programs.ts';
import { onPath, provided } from './provision.ts';
import { run, wordsOf } from './run.ts';

const JAVA_MIN = 17;
const DOWNLOAD_MS = 600_000;
const LINES_SHOWN = 10;
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';
// Quiet, without questions, and a wrong checksum is an error.
const OPTIONS = ['-q', '-B', '-C'];

/** group:artifact:version, and whether what it depends on comes along. */
export interface Jars {
  readonly artifacts: readonly string[];
  readonly transitive: boolean;
  /** What is downloaded, for who waits: a name and a size. */
  readonly what: string;
}

const cached = new Map<string, Promise<string>>();

/** A folder of jars; the name is the folder's. */
export function jars(name: string, { artifacts, transitive, what }: Jars): Promise<string> {
  return inCache(name, async (folder) => {
    const pom = path.join(folder, 'pom.xml');
    await writeFile(pom, project(artifacts, transitive));
    await maven(what, [
      '-f',
      pom,
      `${PLUGIN}:copy-dependencies`,
      `-DoutputDirectory=${folder}`,
      '-DincludeScope=runtime',
    ]);
  });
}

/** A folder of those files of a jar that match a pattern. */
export function filesOfJar(name: string, artifact: string, pattern: string, what: string): Promise<string> {
  return inCache(name, (folder) =>
    maven(what, [
      `${PLUGIN}:unpack`,
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
      `-Dmdep.unpack.includes=${pattern}`,
      `-DmarkersDirectory=${folder}`,
    ]),
  );
}

/**
 * What is missing for that folder's jars and cannot be installed here: Java, and Maven unless they are
 * cached.
 */
export async function missingFor(name: string): Promise<readonly string[]> {
  const java = await provided(hasJava, ['openjdk-17-jre-headless', 'openjdk-21-jre-headless']);
  const mvn = existsSync(cachedAs(name)) || (await provided(() => onPath('mvn'), ['maven']));
  return [...(java ? [] : [`Java ${String(JAVA_MIN)} or newer (java)`]), ...(mvn ? [] : ['Maven (mvn)'])];
}

async function hasJava(): Promise<boolean> {
  const { code, stderr } = await run('java', ['-version'], { timeoutMs: 30_000 });
  return code === 0 && Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) >= JAVA_MIN;
}

function inCache(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const known = cached.get(name);
  if (known !== undefined) return known;
  const folder = filled(name, fill);
  cached.set(name, folder);
  return folder;
}

function cachedAs(name: string): string {
  const home = process.env['XDG_CACHE_HOME'] ?? '';
  return path.join(home === '' ? path.join(homedir(), '.cache') : home, 'arrivals-test', name);
}

async function filled(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const target = cachedAs(name);
  if (existsSync(target)) return target;
  const parent = await ownFolder(path.dirname(target));
  try {
    const incomplete = path.join(parent, name);
    await mkdir(incomplete);
    await fill(incomplete);
    await rename(incomplete, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    await dropFolder(parent);
  }
  return target;
}

async function maven(what: string, args: readonly string[]): Promise<void> {
  const ran = await run('mvn', [...OPTIONS, ...args], {
    doing: `Downloading ${what}`,
    timeoutMs: DOWNLOAD_MS,
  });
  if (ran.code !== 0)
    throw new Error(
      `${what} could not be downloaded with Maven:\n${wordsOf(ran).split('\n').slice(0, LINES_SHOWN).join('\n')}`,
    );
}

function project(artifacts: readonly string[], transitive: boolean): string {
  const exclusions = transitive
    ? ''
    : '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  const dependencies = artifacts.map((artifact) => {
    const [group = '', name = '', version = ''] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>${exclusions}</dependency>`;
  });
  return `<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>${dependencies.join('\n')}</dependencies></project>
`;
}
