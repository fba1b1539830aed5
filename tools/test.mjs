// npm test: makes the checkout ready, builds the tests, runs them. `npm run test:unit` runs the unit tests
// alone.
//
// Kinds: unit (pure), contract (each port's suite on each adapter), integration (real infrastructure), e2e
// (the real process), fault (it is killed; with --full more often and for longer). What they need beside
// Node, test/support/infrastructure provides when it is first asked.
//
// Two spec files run at a time, in two processes that live as long as the run; files that need the machine
// for themselves follow one by one. `--jobs 1` runs all of them one by one. All else that is given goes to
// mocha.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { ensureReady, node, root } from './ready.mjs';
import { nameOf, timesOf, writeTimes } from './test-times.mjs';

const KINDS = ['unit', 'contract', 'integration', 'e2e', 'fault'];
const JOBS_MAX = 2;
/** They load the machine, and hold an answer to a time meanwhile. */
const ALONE = ['e2e/bodies', 'fault/spool'];

// The faults last as long as they do in life, and are many.
const FULL = '--full';
/** Writes down how long each file took: see test-times.mjs. */
const WRITE_TIMES = '--write-times';

const args = process.argv.slice(2);
const jobs = jobsOf(args);
const parts = args.filter(isPart);
// What follows an option may be its value.
const stray = args.find((arg, i) => !arg.startsWith('-') && !isPart(arg) && !args[i - 1]?.startsWith('-'));
if (stray !== undefined) {
  console.error(`expected ${KINDS.join(', ')}, or one of their spec files as in fault/spool, found ${stray}`);
  process.exit(1);
}
const mochaArgs = args.filter((arg) => !isPart(arg) && arg !== FULL && arg !== WRITE_TIMES);

if (args.includes(FULL)) process.env['FAULTS'] = 'full';

await ensureReady();
// A test whose source is gone must not run on.
rmSync(path.join(root, 'test/dist'), { recursive: true, force: true });
rmSync(path.join(root, 'test/tsconfig.tsbuildinfo'), { force: true });
const built = await node([path.join(root, 'node_modules/typescript/bin/tsc'), '-b', root]);
if (built !== 0) process.exit(built);

const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-run-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const times = timesOf((parts.length === 0 ? KINDS : parts).flatMap(specsOf));
if (times.size === 0) {
  console.error(`no spec file is called ${parts.join(' or ')}`);
  process.exit(1);
}
const files = [...times.keys()];
const beside = jobs === 1 ? [] : files.filter((file) => !ALONE.includes(nameOf(file)));
const rounds = [
  { files: beside, jobs },
  { files: files.filter((file) => !beside.includes(file)), jobs: 1 },
].filter((round) => round.files.length > 0);
process.exitCode = summed(await inTurn(rounds));

function jobsOf(given) {
  const at = given.indexOf('--jobs');
  const wanted = at < 0 ? JOBS_MAX : Number(given.splice(at, 2)[1]);
  return Math.max(1, Math.min(wanted || 1, availableParallelism()));
}

/** "fault", "fault/scenarios", "fault/spool" */
function isPart(arg) {
  return KINDS.includes(arg.split('/')[0]);
}

function specsOf(part) {
  const built = path.join(root, 'test/dist');
  return readdirSync(built, { recursive: true })
    .filter((name) => name.endsWith('.spec.js'))
    .sort()
    .map((name) => path.join(built, name))
    .filter((file) => `${nameOf(file)}/`.startsWith(`${part}/`));
}

/** One round after the other; resolves with what each left behind, undefined where it could not tell. */
async function inTurn(rounds) {
  const results = [];
  for (const [i, round] of rounds.entries()) {
    const plan = {
      rounds: rounds.map((each) => ({
        jobs: each.jobs,
        seconds: each.files.map((file) => [file, times.get(file)]),
      })),
      at: i,
    };
    const result = path.join(folder, `result-${String(i)}.json`);
    process.env['TEST_RUN'] = JSON.stringify({ plan: writePlan(plan), result });
    const parallel = round.jobs > 1 ? ['--parallel', '--jobs', String(round.jobs)] : [];
    const code = await node(
      [path.join(root, 'node_modules/mocha/bin/mocha.js'), ...mochaArgs, ...parallel, ...round.files],
      { stdio: 'inherit' },
    );
    results.push({ code, ...readResult(result) });
  }
  return results;
}

function writePlan(plan) {
  const file = path.join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // It was killed, or could not load its files; it has said so.
    return { passed: 0, failed: 0, failures: [], seconds: [] };
  }
}

/** Says what came of all rounds together; the exit code. */
function summed(results) {
  const passed = results.reduce((sum, round) => sum + round.passed, 0);
  const failed = results.reduce((sum, round) => sum + round.failed, 0);
  const file = process.env['TEST_COUNTS_FILE'] ?? '';
  if (file !== '') writeFileSync(file, JSON.stringify({ passed, failed }));
  if (args.includes(WRITE_TIMES)) writeTimes(results.flatMap(({ seconds }) => seconds));
  if (results.length > 1)
    console.log(
      `${[`${passed} passed, ${failed} failed`, ...results.flatMap(({ failures }) => failures)].join('\n  ')}\n`,
    );
  return results.find(({ code }) => code !== 0)?.code ?? 0;
}
