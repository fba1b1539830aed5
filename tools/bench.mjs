// npm run bench [-- FOLDER]: every benchmark, one after the other. FOLDER holds logs of somebody's
// (bench/data.mjs): those that read captures read them instead.
import process from 'node:process';
import { node, root } from './ready.mjs';
import path from 'node:path';

const [folder] = process.argv.slice(2);
if (folder !== undefined) process.env['BENCH_DATA'] = path.resolve(folder);
for (const name of ['slicer', 'redis-claims', 'context', 'enrichment', 'storm']) {
  const code = await node([path.join(root, 'bench', `${name}.mjs`)], { stdio: 'inherit' });
  if (code !== 0) process.exit(code);
}
