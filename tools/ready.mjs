// Makes a checkout runnable: installs dependencies and builds what is missing or stale. Needs Node and npm
// alone.
//
// What was installed and built is remembered in stamps inside node_modules, so that deleting that folder
// begins anew: a digest of the lock file, and one of every source that goes into the build. Beside each stand
// the sizes and times of these files: as long as they are the same nothing is read, as every command asks.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const NODE_MIN = [20, 19];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SOURCES = ['packages', 'services', 'schemas', 'tsconfig.base.json', 'package-lock.json'];

/** Set by who starts a service whose log is JSON: then these lines are too. */
let json = false;

export async function ensureReady({ asJson = false } = {}) {
  json = asJson;
  checkNode();
  await unlessStamped('installed', ['package-lock.json', '.npmrc'], 'Installing dependencies …', () =>
    npm(['ci', '--no-progress', '--loglevel=error']),
  );
  // Without its output a build is not done, whatever the stamp says.
  if (!existsSync(path.join(root, 'services/arrivals/dist/index.js')))
    rmSync(stampOf('built'), { force: true });
  await unlessStamped('built', SOURCES, 'Building …', () =>
    node([path.join(root, 'node_modules/typescript/bin/tsc'), '-b', path.join(root, 'services/arrivals')]),
  );
}

export function node(args, options = {}) {
  return run(process.execPath, args, options);
}

function npm(args) {
  // Inside an npm script npm says where it is; elsewhere it is on the PATH.
  const cli = process.env['npm_execpath'];
  return cli?.endsWith('.js') ? node([cli, ...args]) : run('npm', args);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(`Arrivals needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`);
}

function stampOf(name) {
  return path.join(root, 'node_modules', `.arrivals-${name}`);
}

async function unlessStamped(name, names, message, work) {
  const stamp = stampOf(name);
  const [stampedDigest, stampedTimes] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split('\n') : [];
  const files = names.flatMap((each) => filesOf(path.join(root, each)));
  const times = digest(files, ({ size, mtimeMs }) => `${size} ${mtimeMs}`);
  if (stampedTimes === times) return;
  const wanted = digest(files, ({ name: file }) => readFileSync(file));
  if (stampedDigest !== wanted) {
    say('info', message);
    const code = await work();
    if (code !== 0) fail(`${message.replace(' …', '')} failed (exit code ${code}); the reason stands above.`);
  }
  try {
    writeStamp(stamp, `${wanted}\n${times}`);
  } catch (error) {
    // Where nothing may be written, what is there is read at every start.
    if (stampedDigest !== wanted) throw error;
  }
}

/** Under another name first: commands that start meanwhile find it whole. */
function writeStamp(stamp, text) {
  const written = `${stamp}.${process.pid}`;
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(written, text);
  renameSync(written, stamp);
}

function digest(files, whatOf) {
  const hash = createHash('sha256').update(process.versions.modules).update(process.platform);
  for (const file of files)
    hash.update(path.relative(root, file.name)).update('\0').update(whatOf(file)).update('\0');
  return hash.digest('hex');
}

function filesOf(name) {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [{ name, size: stat.size, mtimeMs: stat.mtimeMs }];
  return readdirSync(name)
    .filter((entry) => entry !== 'dist' && entry !== 'node_modules' && !entry.endsWith('.tsbuildinfo'))
    .sort()
    .flatMap((entry) => filesOf(path.join(name, entry)));
}

/** Resolves with the exit code; what the command says goes to stderr, as stdout is for results. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const out = json ? 'pipe' : process.stderr;
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', out, out], ...options });
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => line !== '' && say('info', line));
    // Who interrupts this, means the command: it ends what it started, and this waits for that.
    const relay = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, relay);
    child.on('error', (error) => fail(`${command} cannot be started: ${error.message}`));
    child.on('close', (code) => {
      for (const signal of SIGNALS) process.off(signal, relay);
      resolve(code ?? 1);
    });
  });
}

/**
 * Whether a service's log on stderr is JSON; as packages/host/src/telemetry/log-format.ts has it, which is
 * not built yet.
 */
export function logIsJson() {
  const format = process.env['ARRIVALS_LOG_FORMAT'];
  return format === 'json' || (format !== 'text' && !process.stderr.isTTY);
}

function say(level, message) {
  process.stderr.write(
    json ? `${JSON.stringify({ level, message, timestamp: new Date().toISOString() })}\n` : `${message}\n`,
  );
}

function fail(message) {
  say('error', message);
  process.exit(1);
}
