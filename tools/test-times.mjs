// How long spec files take, as it was measured: decides which begins first, and says how long a run will be.
//
// test/seconds.json names the files of two seconds and more; `npm test -- --write-times` writes it anew. A
// file that it does not name counts as half a second, so an old list makes a poorer order and estimate and
// changes nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './ready.mjs';

const FILE = path.join(root, 'test/seconds.json');
const OTHERS_SECONDS = 0.5;
const BUILT = path.join(root, 'test/dist');

/** Of a built spec file: "fault/spool". */
export function nameOf(file) {
  return path.relative(BUILT, file).replace(/\.spec\.js$/, '');
}

/** Seconds of each file, the longest first: what is long and begins last would leave the other job idle. */
export function timesOf(files) {
  const known = JSON.parse(readFileSync(FILE, 'utf8'));
  return new Map(
    files.map((file) => [file, known[nameOf(file)] ?? OTHERS_SECONDS]).sort(([, a], [, b]) => b - a),
  );
}

/** Takes the seconds of the files that ran; those of the others stay. */
export function writeTimes(measured) {
  const known = { ...JSON.parse(readFileSync(FILE, 'utf8')) };
  for (const [file, seconds] of measured) known[nameOf(file)] = Math.round(seconds);
  const long = Object.entries(known).filter(([, seconds]) => seconds >= 2);
  writeFileSync(
    FILE,
    `${JSON.stringify(Object.fromEntries(long.sort(([a], [b]) => a.localeCompare(b))), null, 2)}\n`,
  );
}
