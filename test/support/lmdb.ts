/** Looks into an embedded store, or changes it, as nothing but LMDB sees it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs `code` in a process of its own: `root` is the store in the folder. */
export function withLmdb(folder: string, code: string): void {
  const script = `
    import { open } from 'lmdb';
    const root = open({ path: process.argv[1], encoding: 'binary', maxDbs: 16 });
    ${code}
    await root.close();`;
  const adapters = path.dirname(fileURLToPath(import.meta.resolve('@arrivals/adapters/embedded')));
  execFileSync(process.execPath, ['--input-type=module', '-e', script, path.join(folder, 'store')], {
    cwd: adapters,
  });
}
