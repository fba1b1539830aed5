// npm test: makes the checkout ready, builds the tests, runs them. `npm run test:unit` runs the unit tests
// alone.
//
// Kinds: unit (pure), contract (each port's suite on each adapter), integration (real infrastructure), e2e
// (the real process), fault (it is killed; with --full more often and for longer). What they need beside
// Node, test/support/infrastructure provides when it is first asked.
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ensureReady, node, root } from './ready.mjs';

const KINDS = ['unit', 'contract', 'integration', 'e2e', 'fault'];

// The faults last as long as they do in life, and are many.
const FULL = '--full';

const args = process.argv.slice(2);
const kinds = args.filter((arg) => KINDS.includes(arg));
const mochaArgs = args.filter((arg) => !KINDS.includes(arg) && arg !== FULL);

if (args.includes(FULL)) process.env['FAULTS'] = 'full';

await ensureReady();
// A test whose source is gone must not run on.
rmSync(path.join(root, 'test/dist'), { recursive: true, force: true });
rmSync(path.join(root, 'test/tsconfig.tsbuildinfo'), { force: true });
const built = await node([path.join(root, 'node_modules/typescript/bin/tsc'), '-b', root]);
if (built !== 0) process.exit(built);
const specs = (kinds.length === 0 ? KINDS : kinds).map((kind) =>
  path.join(root, 'test/dist', kind, '**/*.spec.js'),
);
process.exit(
  await node([path.join(root, 'node_modules/mocha/bin/mocha.js'), ...mochaArgs, ...specs], {
    stdio: 'inherit',
  }),
);
