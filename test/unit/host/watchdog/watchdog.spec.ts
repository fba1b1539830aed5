/**
 * A process whose event loop does not turn is ended, and says at what it was; one that was only stopped is
 * not.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../../../support/arrivals.ts';
import { eventually } from '../../../support/eventually.ts';

const WATCHDOG = pathToFileURL(path.join(REPOSITORY, 'packages/host/dist/watchdog/watchdog.js')).href;
const TIMEOUT_MS = 900;

describe('the watchdog', function () {
  this.timeout(30_000);
  let child: ChildProcess;
  let output: string;

  /** `then` runs when the process has said "ready". */
  const run = (timeoutMs: number, then: string): void => {
    const program = `
      const { startWatchdog } = await import(${JSON.stringify(WATCHDOG)});
      const watchdog = startWatchdog('processor', ${String(timeoutMs)});
      watchdog.doing('offset 5');
      watchdog.doing('offset 7, event 2');
      process.stdout.write('ready\\n');
      const turning = setInterval(() => undefined, 50);
      setTimeout(async () => { ${then} }, 200);`;
    output = '';
    child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  };
  const isReady = (): Promise<unknown> =>
    eventually('the process to be ready', () => output.includes('ready') || undefined);
  const ended = async (): Promise<readonly [number | null, NodeJS.Signals | null]> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return [child.exitCode, child.signalCode];
  };
  afterEach(() => child.kill('SIGKILL'));

  it('kills a process that turns for ever, and says what it was at', async () => {
    run(TIMEOUT_MS, 'for (;;);');
    assert.deepEqual(await ended(), [null, 'SIGKILL']);
    assert.match(
      output,
      /^arrivals: the processor hangs: its event loop has not turned for [\d.]+ s, at offset 7, event 2; it ends now$/m,
    );
  });

  it('leaves alone one that works in turns', async () => {
    const work =
      'for (let i = 0; i < 40; i++) { const end = Date.now() + 50; while (Date.now() < end); await new Promise(setImmediate); }';
    run(TIMEOUT_MS, `${work} clearInterval(turning);`);
    assert.deepEqual(await ended(), [0, null]);
    assert.doesNotMatch(output, /hangs/);
  });

  it('leaves alone one that was stopped for longer, as the machine sleeps', async () => {
    run(TIMEOUT_MS, 'setTimeout(() => clearInterval(turning), 1500)');
    await isReady();
    child.kill('SIGSTOP');
    const stoppedMs = performance.now();
    await eventually('time to pass', () => performance.now() - stoppedMs > 3 * TIMEOUT_MS || undefined);
    child.kill('SIGCONT');
    assert.deepEqual(await ended(), [0, null]);
    assert.doesNotMatch(output, /hangs/);
  });

  it('does not keep a process from ending', async () => {
    run(TIMEOUT_MS, 'clearInterval(turning)');
    assert.deepEqual(await ended(), [0, null]);
  });

  it('watches no more when it is stopped, nor where the setting is 0', async () => {
    for (const [timeoutMs, before] of [
      [TIMEOUT_MS, 'await watchdog.stop();'],
      [0, ''],
    ] as const) {
      run(
        timeoutMs,
        `${before} const end = Date.now() + ${String(2 * TIMEOUT_MS)}; while (Date.now() < end); clearInterval(turning);`,
      );
      assert.deepEqual(await ended(), [0, null]);
    }
  });
});
