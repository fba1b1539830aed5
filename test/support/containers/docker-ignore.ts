/**
 * Which files of a folder a .dockerignore lets through to COPY: Docker's rules, of which the last that
 * matches decides. A rule that matches a folder matches all in it. Classes of characters ([a-z]) are not
 * known here.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

interface Rule {
  readonly text: string;
  readonly matches: RegExp;
  readonly keeps: boolean;
}

export class DockerIgnore {
  readonly #rules: readonly Rule[];

  constructor(text: string) {
    const lines = text.split('\n').map((line) => line.trim());
    this.#rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map(ruleOf);
  }

  static async read(folder: string): Promise<DockerIgnore> {
    return new DockerIgnore(await readFile(path.join(folder, '.dockerignore'), 'utf8'));
  }

  /** @param name a path below the folder, with slashes */
  keepsOut(name: string): boolean {
    const parts = name.split('/');
    const paths = parts.map((_part, i) => parts.slice(0, i + 1).join('/'));
    return this.#rules.reduce(
      (out, { matches, keeps }) => (paths.some((parent) => matches.test(parent)) ? !keeps : out),
      false,
    );
  }

  /** The names of all files that are let through. */
  async filesIn(folder: string, below = ''): Promise<readonly string[]> {
    const entries = await readdir(path.join(folder, below), { withFileTypes: true });
    const files = entries.map(async (entry) => {
      const name = path.posix.join(below, entry.name);
      if (entry.isDirectory()) return this.#mayHold(name) ? this.filesIn(folder, name) : [];
      return this.keepsOut(name) ? [] : [name];
    });
    return (await Promise.all(files)).flat();
  }

  #mayHold(folder: string): boolean {
    return (
      !this.keepsOut(folder) || this.#rules.some(({ keeps, text }) => keeps && text.startsWith(`${folder}/`))
    );
  }
}

function ruleOf(line: string): Rule {
  const keeps = line.startsWith('!');
  const text = line.replace(/^!/, '').replace(/^\/|\/$/g, '');
  if (text.includes('['))
    throw new Error(`.dockerignore: ${line}: the tests do not know classes of characters`);
  const pattern = text
    .replace(/[.+^${}()|\]\\]/g, '\\$&')
    .replace(
      /\*\*\/|\*\*|\*|\?/g,
      (wild) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[wild] ?? wild,
    );
  return { text, matches: new RegExp(`^${pattern}$`), keeps };
}
