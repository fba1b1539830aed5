/**
 * Outside text as one word of a shell's command line, for people to paste.
 *
 * Invariant: whatever the text, a POSIX shell reads one word and runs nothing of it, and what stands there can be shown on a
 * terminal as it is. A text of printable characters is read as itself. Others need $'…' (bash, zsh, ksh, POSIX 2024); a shell
 * without it reads another word. Does not keep a word from being taken for an option: callers put something before it.
 */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;
/** As terminal-text.ts has it: what could move the cursor or turn the direction of reading. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  return UNSAFE.test(text) ? escaped(text) : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Byte by byte, so that no quote and no backslash is left for a shell that does not know this form. An argument cannot hold a NUL. */
function escaped(text: string): string {
  const bytes = Buffer.from(text.toWellFormed().replaceAll('\0', '\ufffd'));
  return `$'${Array.from(bytes, (byte) => (isWordByte(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')}'`;
}

/** Only what is no hexadecimal digit: after \x41 a shell could take the next one for part of it. */
function isWordByte(byte: number): boolean {
  return /[g-zG-Z._-]/.test(String.fromCharCode(byte));
}
