/** This installation's version and folder. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's top folder: dist/ lies three levels below it. */
export const INSTALLATION: string = fileURLToPath(new URL('../../..', import.meta.url));

export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  }
).version;
