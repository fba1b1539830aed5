// How fast the webhook slices an EventList, as a ratio to what everybody would do first: JSON.parse of the
// body and JSON.stringify of each event. Same bodies, same process, rounds in turn; the median ratio is the
// figure.
//
// npm run bench
import { invalidity, packBatches, sliceEventList } from '@arrivals/core';
import process from 'node:process';
import { eventLines } from './data.mjs';

const ROUNDS = 15;
const EVENTS = 400;

const lines = eventLines(2 * EVENTS);
const bodies = [0, 1].map((part) =>
  Buffer.from(
    `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${lines.slice(part * EVENTS, (part + 1) * EVENTS).join(',')}]}\n`,
  ),
);

const ways = {
  'slice (strict scan, facts, ranges)': (body) => sliceEventList(body).length,
  'slice, judge and pack into records': (body) => {
    const valid = [];
    for (const slice of sliceEventList(body)) {
      const bytes = body.subarray(slice.start, slice.end);
      if (invalidity(slice, bytes) === undefined) valid.push({ bytes, slice });
    }
    return packBatches('bench', 0, valid).batches.length;
  },
  'JSON.parse of the body': (body) => JSON.parse(body.toString('utf8')).items.length,
  'JSON.parse, JSON.stringify each event': (body) =>
    JSON.parse(body.toString('utf8')).items.map((item) => Buffer.from(JSON.stringify(item))).length,
};
const BASELINE = 'JSON.parse, JSON.stringify each event';

const seconds = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = -3; round < ROUNDS; round++) {
  for (const [name, way] of Object.entries(ways)) {
    const start = process.cpuUsage();
    for (let i = 0; i < 20; i++) for (const body of bodies) way(body);
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) seconds[name].push((user + system) / 1e6);
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const megabytes = (bodies.reduce((sum, body) => sum + body.length, 0) * 20) / 1e6;
console.log(
  `${bodies.length} bodies of ${EVENTS} events, ${(megabytes / 20 / bodies.length).toFixed(2)} MB each; CPU time, median of ${ROUNDS} rounds; ratio to "${BASELINE}"`,
);
for (const name of Object.keys(ways)) {
  const ratio = median(seconds[name].map((value, i) => seconds[BASELINE][i] / value));
  console.log(
    `${name.padEnd(40)} ${((bodies.length * EVENTS * 20) / median(seconds[name]) / 1000).toFixed(0).padStart(6)} k events/s  ${(megabytes / median(seconds[name])).toFixed(0).padStart(5)} MB/s  ${ratio.toFixed(2)} x`,
  );
}
