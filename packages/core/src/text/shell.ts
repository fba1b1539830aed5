/**
 * Commands that a person pastes into a shell.
 *
 * Invariant: whatever a name holds, it stays one word and nothing in it is executed: an attacker chooses
 * names of objects and users. A word that begins with a dash comes after `--`. No control character or
 * direction mark reaches the terminal as itself, since Ctrl-C typed by a paste ends a quotation too. For sh
 * as of POSIX 2024, bash, zsh and ksh.
 */
import { Buffer } from 'node:buffer';

const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;
// eslint-disable-next-line no-control-regex -- control characters are what it is for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
// eslint-disable-next-line no-control-regex -- as above
const ESCAPED = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff'\\]/gu;

/** One word. A NUL, which no command line can hold, becomes U+FFFD. */
export function shellWord(text: string): string {
  const word = text.toWellFormed().replaceAll('\0', '\ufffd');
  // Some shells expand a leading tilde or equals sign.
  if (PLAIN.test(word) && !word.startsWith('=')) return word;
  if (!UNSEEN.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${word.replace(ESCAPED, bytesOf)}'`;
}

/** Octal: an escape ends after three digits, whatever follows. */
function bytesOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/**
 * A program with its options, each one word (`--namespace=x`), and its operands.
 * @param fixed what we write ourselves: the program and its subcommands
 */
export function shellCommand(
  fixed: string,
  options: readonly string[],
  operands: readonly string[] = [],
): string {
  const guard = operands.some((operand) => operand.startsWith('-')) ? ['--'] : [];
  return [fixed, ...options.map(shellWord), ...guard, ...operands.map(shellWord)].join(' ');
}
