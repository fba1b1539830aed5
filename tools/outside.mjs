// npm run outside -- FOLDER (or OUTSIDE_DATA=FOLDER): Arrivals on data of somebody's that is no part of
// this repository.
//
// Every log in FOLDER (.json, .jsonl, .log, also with .gz) goes through `arrivals replay`; what became of its
// events is printed, a line a file, and must add up. What else lies there is held against it, by the file's
// path in FOLDER:
//   expected.json    {"files": {PATH: {"alert": [{"auditID"}]}}}: the creations in the log, as in test/fixtures/forms
//   expected.jsonl   a line a pod, {"uid", "verdict": "benign" | "attack"}: how well the score ranks the attacks is printed
//   a file of lines with "pod" and "oracle" {VERSION: {"baseline": {"allowed", "reasons"}, "restricted": …}} is no log: its
//   pods are judged by the Pod Security Standards, and must be as the oracle says. The API server makes an emptyDir of a
//   volume without a source before it admits a pod, which the library by itself does not: there both are right.
// It ends with 1 when anything differs. It changes nothing.
import { podSecurityVerdict } from '@arrivals/core';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { rankingOf } from './ranking.mjs';

const BIN = fileURLToPath(new URL('../services/arrivals/bin/arrivals.js', import.meta.url));
const LOG_BYTES_MAX = 1 << 30;
const VOLUMES = 'restricted volume types';

const folder = path.resolve(process.argv[2] ?? process.env['OUTSIDE_DATA'] ?? '');
if (process.argv[2] === undefined && process.env['OUTSIDE_DATA'] === undefined) {
  console.error('expected a folder: npm run outside -- FOLDER, or OUTSIDE_DATA=FOLDER');
  process.exit(64);
}
const work = mkdtempSync(path.join(tmpdir(), 'arrivals-outside-'));
const differences = [];

function textOf(file) {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Of every expected.json in the folder, by the log's path. */
function expectations(names) {
  const wanted = new Map();
  for (const name of names.filter((one) => path.basename(one) === 'expected.json')) {
    const { files } = JSON.parse(textOf(path.join(folder, name)));
    for (const [log, entry] of Object.entries(files ?? {}))
      wanted.set(path.join(path.dirname(name), log), entry);
  }
  return wanted;
}

function podLines(text) {
  const first = text.slice(0, text.indexOf('\n') === -1 ? undefined : text.indexOf('\n'));
  if (!/"pod"\s*:/.test(first) || !/"oracle"\s*:/.test(first)) return undefined;
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function hasVolumeWithoutSource({ spec: { volumes } }) {
  return (
    Array.isArray(volumes) && volumes.some((volume) => Object.keys(volume).every((key) => key === 'name'))
  );
}

function judgePods(name, rows) {
  let [judged, wrong] = [0, 0];
  for (const [i, { pod, oracle }] of rows.entries())
    for (const [version, verdicts] of Object.entries(oracle))
      for (const standard of ['baseline', 'restricted']) {
        const { allowed, violations } = podSecurityVerdict(pod, standard, version);
        const said = violations.map(({ reason }) => reason).sort();
        const spared = hasVolumeWithoutSource(pod) && !said.includes(VOLUMES) ? [VOLUMES] : [];
        const wanted = verdicts[standard].reasons.filter((reason) => !spared.includes(reason)).sort();
        judged += 1;
        if (said.join() === wanted.join() && allowed === (wanted.length === 0)) continue;
        wrong += 1;
        differences.push(
          `${name}:${i + 1} ${standard}:${version}: ${said.join(', ') || 'allowed'}, expected ${wanted.join(', ') || 'allowed'}`,
        );
      }
  console.log(`${name}: ${rows.length} pods, ${judged} verdicts, ${wrong} otherwise than expected`);
}

function replay(name) {
  const ledgerFile = path.join(work, 'ledger.json');
  rmSync(ledgerFile, { force: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [BIN, 'replay', '--ledger', ledgerFile, path.join(folder, name)],
    {
      encoding: 'utf8',
      maxBuffer: LOG_BYTES_MAX,
    },
  );
  if (!existsSync(ledgerFile)) {
    differences.push(`${name}: replay ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
    return [];
  }
  const { accepted, alerted, filtered, duplicate, deadLettered, inFlight, balanced } = JSON.parse(
    readFileSync(ledgerFile, 'utf8'),
  );
  if (!balanced || inFlight !== 0) differences.push(`${name}: the ledger does not add up`);
  const counts = (of) => Object.entries(of).map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none'; // prettier-ignore
  console.log(
    `${name}: ${accepted} events, ${alerted} alerts, ${duplicate} duplicates; filtered: ${counts(filtered)}; set aside: ${counts(deadLettered)}`,
  );
  return stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}

function compare(name, alerts, { alert, gke_creations: ofGke = [] }) {
  const first = alerts.filter(({ revision }) => revision === 1);
  const wanted = alert.length + ofGke.filter(({ success }) => success).length;
  if (first.length !== wanted) differences.push(`${name}: ${first.length} alerts, expected ${wanted}`);
  const said = new Set(first.map(({ provenance }) => provenance.auditId));
  for (const { auditID } of alert)
    if (auditID !== null && !said.has(auditID)) differences.push(`${name}: no alert of ${auditID}`);
}

const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
const wanted = expectations(names);
const verdicts = new Map();
for (const name of names.filter((one) => /expected\.jsonl$/.test(one)))
  for (const line of textOf(path.join(folder, name)).trimEnd().split('\n')) {
    const { uid, verdict } = JSON.parse(line) ?? {};
    if (uid !== undefined) verdicts.set(uid, verdict);
  }
const ranked = [];
for (const name of names.filter(
  (one) => /\.(?:jsonl?|log)(?:\.gz)?$/.test(one) && !/expected/.test(path.basename(one)),
)) {
  const pods = /\.jsonl(?:\.gz)?$/.test(name) ? podLines(textOf(path.join(folder, name))) : undefined;
  if (pods !== undefined) judgePods(name, pods);
  else {
    const alerts = replay(name);
    const expected = wanted.get(name) ?? wanted.get(name.replace(/\.gz$/, ''));
    if (expected !== undefined) compare(name, alerts, expected);
    for (const { object, revision, risk } of alerts)
      if (revision === 1 && verdicts.has(object.uid))
        ranked.push({ verdict: verdicts.get(object.uid), score: risk.score, severity: risk.severity });
  }
}
if (ranked.length > 0) console.log(rankingOf(ranked));
rmSync(work, { recursive: true, force: true });
for (const difference of differences) console.error(difference);
console.log(`${differences.length} differences`);
process.exit(differences.length === 0 ? 0 : 1);
