/**
 * The lists used by the risk signals, from files: those of this package, or those of a folder that replace
 * them.
 *
 * Invariant: read once, at start; all problems are reported together, and with one nothing starts. A file of
 * the folder replaces the list of the same name; one that replaces nothing is a misspelt name, and a problem.
 */
import { ArrivalsError, messageOf, readRiskLists, RISK_LISTS, type RiskLists } from '@arrivals/core';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN_FOLDER = fileURLToPath(new URL('../lists', import.meta.url));
const FILE_BYTES_MAX: number = 4 * 1024 * 1024;

/**
 * @param folder ARRIVALS_LISTS_DIR; empty for none
 * @throws ArrivalsError lists_invalid
 */
export function loadRiskLists(folder: string): RiskLists {
  const replaced = folder === '' ? new Set<string>() : replacementsIn(folder);
  return readRiskLists((file) => readJson(path.join(replaced.has(file) ? folder : OWN_FOLDER, file)));
}

function replacementsIn(folder: string): ReadonlySet<string> {
  const known = Object.values(RISK_LISTS).map(({ file }) => file);
  // A mounted ConfigMap keeps its versions in folders that begin with "..".
  const names = namesIn(folder).filter((name) => !name.startsWith('.'));
  const odd = names.filter((name) => !known.includes(name));
  if (odd.length > 0) {
    const found = odd.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 80)));
    throw new ArrivalsError(
      'lists_invalid',
      `${folder}: expected only files named ${known.join(', ')}, found ${found.join(', ')}`,
    );
  }
  return new Set(names);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new ArrivalsError('lists_invalid', `${folder}: cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function readJson(file: string): unknown {
  const { size } = statSync(file);
  if (size > FILE_BYTES_MAX)
    throw new RangeError(`expected at most ${String(FILE_BYTES_MAX)} bytes, found ${String(size)}`);
  return JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, '')) as unknown;
}
