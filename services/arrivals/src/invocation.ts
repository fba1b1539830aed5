/**
 * The command of this installation as printed in texts, callable from any folder.
 *
 * Invariant: it works where it is pasted, in any folder. `npx arrivals` would not: outside the checkout npm
 * asks its registry for a package of that name, which is not ours.
 */
import { shellWord } from '@arrivals/core/light';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { INSTALLATION } from './version.ts';

const BIN: string = path.join(INSTALLATION, 'services/arrivals/bin/arrivals.js');

type Environment = Readonly<Record<string, string | undefined>>;

/** "arrivals" where the shell finds ours under that name, otherwise a path. */
export function invocation(env: Environment): string {
  if (isOnPath(env)) return 'arrivals';
  const linked = path.join(INSTALLATION, 'node_modules/.bin/arrivals');
  return shellWord(existsSync(linked) ? linked : BIN);
}

/** Inside npm scripts the PATH begins with folders of the checkout, which no other shell has. */
function isOnPath({ PATH = '' }: Environment): boolean {
  const folders = PATH.split(path.delimiter).filter(
    (folder) => path.isAbsolute(folder) && !folder.startsWith(INSTALLATION),
  );
  const found = folders.map((folder) => path.join(folder, 'arrivals')).find((file) => existsSync(file));
  return found !== undefined && realOf(found) === realOf(BIN);
}

function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** Makes the commands between backquotes and those of examples in a text ready to paste. */
export function pasteable(text: string, env: Environment): string {
  const command = invocation(env);
  return text
    .replaceAll('`arrivals ', () => `\`${command} `)
    .replaceAll('`npm start`', () => `\`npm --prefix ${shellWord(INSTALLATION.replace(/\/$/, ''))} start\``)
    .replace(/^Examples?:[^]*?(?:\n\n|\n?$)/gm, (examples) =>
      examples.replaceAll(
        /(^|[\s(;])arrivals (?=[a-z])/g,
        (_found, before: string) => `${before}${command} `,
      ),
    );
}
