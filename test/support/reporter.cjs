/**
 * The spec reporter, which also says how far the run is and how long it will take, and leaves behind what
 * tools/test.mjs adds up: counts, failures, and the seconds of each spec file.
 *
 * Invariant: without TEST_RUN, as under mocha itself, it is the spec reporter and nothing else. When files
 * run side by side, mocha tells of a file when it has ended.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { performance } = require('node:perf_hooks');
const Mocha = require('mocha');

const { EVENT_HOOK_END, EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_TEST_END, EVENT_TEST_FAIL } =
  Mocha.Runner.constants;

const SAID_EVERY_MS = 30_000;
/** How much slower or faster than the machine that the seconds are from a machine is taken to be. */
const PACE_MIN = 0.5;
const PACE_MAX = 4;

module.exports = class ProgressReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    if (process.env.TEST_RUN === undefined) return;
    const { plan, result } = JSON.parse(process.env.TEST_RUN);
    const progress = new Progress(JSON.parse(readFileSync(plan, 'utf8')));
    const failures = [];
    runner.once(EVENT_RUN_BEGIN, () => progress.begin());
    runner.on(EVENT_TEST_FAIL, (test) => failures.push(test.fullTitle()));
    for (const event of [EVENT_TEST_END, EVENT_HOOK_END])
      runner.on(event, (runnable) => progress.took(runnable));
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures: failed } = runner.stats;
      writeFileSync(
        result,
        JSON.stringify({ passed: passes, failed, failures, seconds: [...progress.seconds] }),
      );
    });
  }
};

/** Of one round of several: those before it are over, those behind it are still to come. */
class Progress {
  constructor({ rounds, at }) {
    this.rounds = rounds;
    this.at = at;
    this.expected = new Map(rounds[at].seconds);
    /** Of the files that were told of. */
    this.seconds = new Map();
    this.filesBefore = rounds.slice(0, at).reduce((sum, round) => sum + round.seconds.length, 0);
    this.files = rounds.reduce((sum, round) => sum + round.seconds.length, 0);
    this.secondsBehind = rounds.slice(at + 1).reduce((sum, round) => sum + secondsOf(round), 0);
  }

  begin() {
    this.beganMs = performance.now();
    this.saidMs = this.beganMs;
    if (this.at === 0)
      console.log(
        `\n${this.files} files, about ${minutes(this.rounds.reduce((sum, round) => sum + secondsOf(round), 0))}`,
      );
  }

  took({ file, duration = 0 }) {
    if (file === undefined) return;
    const isNew = !this.seconds.has(file);
    this.seconds.set(file, (this.seconds.get(file) ?? 0) + duration / 1000);
    if (!isNew || performance.now() - this.saidMs < SAID_EVERY_MS) return;
    this.saidMs = performance.now();
    console.log(
      `\n${this.filesBefore + this.seconds.size} of ${this.files} files, about ${minutes(this.secondsLeft())} left\n`,
    );
  }

  secondsLeft() {
    const round = this.rounds[this.at];
    const all = secondsOf(round);
    const done =
      [...this.seconds.keys()].reduce((sum, file) => sum + (this.expected.get(file) ?? 0), 0) / round.jobs;
    const pace = Math.min(
      PACE_MAX,
      Math.max(PACE_MIN, (performance.now() - this.beganMs) / 1000 / Math.max(1, done)),
    );
    return (Math.max(0, all - done) + this.secondsBehind) * pace;
  }
}

function secondsOf({ jobs, seconds }) {
  return seconds.reduce((sum, [, each]) => sum + each, 0) / jobs;
}

function minutes(seconds) {
  return seconds < 60 ? 'a minute' : `${Math.round(seconds / 60)} min`;
}
