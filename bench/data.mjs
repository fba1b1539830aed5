// What the benchmarks read: captures of our own, or a folder of somebody's logs, named by BENCH_DATA (`npm
// run bench -- FOLDER` sets it). In a folder every file that ends in .json, .jsonl, .log or these with .gz is
// read, in whichever form Arrivals knows.
import { invalidity, scanEvent, unwrap } from '@arrivals/core';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const BATCH_EVENTS = 400;
const fixtures = fileURLToPath(new URL('../test/fixtures/audit/', import.meta.url));

export const OUTSIDE = process.env['BENCH_DATA'] ?? '';

const inflate = (gzip) => {
  try {
    return gunzipSync(gzip);
  } catch {
    return { why: 'expected gzip' };
  }
};

function textOf(file) {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The texts of the events of one value: a list's items, what a platform wrapped, or the value itself. */
function eventsOf(value, text) {
  if (typeof value?.body === 'string') return eventsOf(JSON.parse(value.body), value.body);
  if (Array.isArray(value?.items)) return value.items.map((item) => JSON.stringify(item));
  const parts = unwrap(Buffer.from(text), inflate);
  return parts === undefined
    ? [text]
    : parts.flatMap((part) => (part.kind === 'event' ? [part.bytes.toString('utf8')] : []));
}

function valuesOf(text) {
  try {
    return [[JSON.parse(text), text]];
  } catch {
    return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [[JSON.parse(line), line]]));
  }
}

function isWhole(text) {
  const bytes = Buffer.from(text);
  return invalidity(scanEvent(bytes), bytes) === undefined;
}

/** Every event of the folder's logs, as text. Expectations that lie beside them are no logs. */
function outsideEvents() {
  const names = readdirSync(OUTSIDE, { recursive: true, encoding: 'utf8' }).sort();
  const logs = names.filter((name) => /\.(?:jsonl?|log)(?:\.gz)?$/.test(name) && !/expected/.test(name));
  const events = logs.flatMap((name) =>
    valuesOf(textOf(path.join(OUTSIDE, name))).flatMap(([value, text]) => eventsOf(value, text)),
  );
  const whole = events.filter(isWhole);
  if (whole.length === 0)
    throw new Error(`BENCH_DATA: expected audit events in ${OUTSIDE}, found none in ${logs.length} files`);
  return whole;
}

/** Events as text, at least so many: those there are, again and again. */
export function eventLines(least) {
  const all =
    OUTSIDE === ''
      ? textOf(path.join(fixtures, 'control-plane.jsonl')).trimEnd().split('\n')
      : outsideEvents();
  return Array.from({ length: Math.max(least, all.length) }, (_, i) => all[i % all.length]);
}

/** Events in the posts in which they came, or in batches as an API server makes them. */
export function posts() {
  if (OUTSIDE === '') {
    const lines = textOf(path.join(fixtures, 'context-our-policy.jsonl.gz')).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(JSON.parse(line).body).items);
  }
  const events = outsideEvents()
    .map((text) => JSON.parse(text))
    .filter(({ user }) => typeof user?.username === 'string');
  const batches = Math.ceil(events.length / BATCH_EVENTS);
  return Array.from({ length: batches }, (_, i) => events.slice(i * BATCH_EVENTS, (i + 1) * BATCH_EVENTS));
}
