/**
 * Scripts for Redis, of the files in packages/adapters/lua: each has a header that says what it takes and
 * answers.
 *
 * Invariant: the constants that a script shares with TypeScript stand in TypeScript alone; they come before
 * the script's text as locals. The files are read when an adapter is loaded, from the package, so that there
 * is no build step for them.
 */
import { readFileSync } from 'node:fs';

/** A number, a list of texts, or numbers by name. */
export type LuaConstant = number | readonly string[] | Readonly<Record<string, number>>;

const FOLDER = new URL('../../lua/', import.meta.url);

/** `files`: without their ending, in the order in which one rests on another. */
export function luaScript(
  files: readonly string[],
  constants: Readonly<Record<string, LuaConstant>>,
): string {
  const locals = Object.entries(constants).map(([name, value]) => `local ${name} = ${literal(value)}\n`);
  const texts = files.map((name) => readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8'));
  return [...locals, ...texts].join('');
}

function literal(value: LuaConstant): string {
  if (typeof value === 'number') return String(value);
  const items = Array.isArray(value)
    ? value.map(quoted)
    : Object.entries(value).map(([name, number]) => `[${quoted(name)}] = ${String(number)}`);
  return `{ ${items.join(', ')} }`;
}

/** Names of ours, in which nothing has to be escaped. */
function quoted(text: string): string {
  if (!/^[\w/-]*$/.test(text)) throw new RangeError(`expected a name, found ${JSON.stringify(text)}`);
  return `'${text}'`;
}
