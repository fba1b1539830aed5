/**
 * Whether a text is of mining: a pool, a miner, its options, a wallet.
 *
 * Invariant: linear in the text. A port alone proves nothing, as miners use 8080 too: it counts where a
 * miner's option names the pool. Results name an entry of the lists or an option, never the text, which may
 * hold secrets.
 */
import { hostOf } from './commands.ts';
import type { RiskLists } from '../lists.ts';
import { programOf } from './shell-line.ts';

/** Options that no other program has (xmrig's own documentation). */
const OPTIONS: ReadonlySet<string> = new Set([
  '--donate-level',
  '--randomx-1gb-pages',
  '--randomx-mode',
  '--randomx-no-numa',
  '--cpu-max-threads-hint',
  '--nicehash',
]);
const POOL_OPTIONS: ReadonlySet<string> = new Set(['-o', '--url', '--pool', '--server', '-P']);
/** Monero's main addresses and subaddresses: base58, 95 characters. */
const WALLET = /^[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}$/;
const WALLET_LENGTH = 95;

export function minerIn(text: string, lists: RiskLists): string | undefined {
  let before = '';
  for (const [word] of text.matchAll(/[^\s"'`;|&<>(){}=,[\]]+/g)) {
    const found = minerWord(word, before, lists);
    if (found !== undefined) return found;
    before = word;
  }
  return undefined;
}

function minerWord(
  word: string,
  before: string,
  { minerPools, minerBinaries, minerPorts }: RiskLists,
): string | undefined {
  if (/^stratum2?(?:\+[a-z]{2,6})?:\/\//i.test(word)) return 'a pool’s protocol, stratum';
  if (OPTIONS.has(word)) return `a miner’s option ${word}`;
  if (WALLET.test(word.slice(0, WALLET_LENGTH)) && !/^\w/.test(word.slice(WALLET_LENGTH)))
    return 'a Monero wallet';
  if (word.includes('.')) {
    const host = hostOf(word);
    const pool = minerPools.find((entry) => host === entry || host.endsWith(`.${entry}`));
    if (pool !== undefined) return `the pool ${pool}`;
  }
  const binary = minerName(programOf(word), minerBinaries);
  if (binary !== undefined) return `the miner ${binary}`;
  const port = POOL_OPTIONS.has(before) ? /^[\w.-]{1,253}:(\d{1,5})$/.exec(word)?.[1] : undefined;
  return port !== undefined && minerPorts.includes(Number(port))
    ? `a pool at the miners’ port ${port}`
    : undefined;
}

/** The miner that a name is: whole, or with a version or platform after it. */
export function minerName(name: string, minerBinaries: readonly string[]): string | undefined {
  return minerBinaries.find((entry) => name.startsWith(entry) && !/^[a-z0-9]/.test(name.slice(entry.length)));
}
