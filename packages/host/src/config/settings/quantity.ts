/**
 * Numbers as people write them: 30d, 12h, 500ms, 1GiB, 64MB. A plain number stays in the setting's own unit.
 *
 * Invariant: what comes out is a whole number of the unit, or nothing: nothing is rounded or guessed. It
 * knows no bounds: who asks checks them.
 */

export type Unit = 'ms' | 'bytes';

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * KB are thousands, KiB and Ki of 1024. A bare K, M or G means one to Kubernetes and the other to Java: it is
 * refused.
 */
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** For messages, by unit. */
export const QUANTITY_WORDS: Readonly<Record<Unit, string>> = {
  ms: 'or a duration such as 500ms, 90s, 15m, 12h or 30d',
  bytes: 'or a size such as 64MiB, 1GiB or 500MB',
};

const PLAIN = /^-?\d{1,16}$/;
const WITH_UNIT = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{1,3})$/i;

/** Undefined for what is no such number. `unit` undefined: plain numbers alone. */
export function parseQuantity(text: string, unit: Unit | undefined): number | undefined {
  if (PLAIN.test(text)) return Number(text);
  const [, number = '', name = ''] = WITH_UNIT.exec(text) ?? [];
  if (unit === undefined || name === '') return undefined;
  const factor = unit === 'ms' ? MS[name] : BYTES[name.toLowerCase()];
  if (factor === undefined) return undefined;
  const value = exactProduct(number, factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** 1.5 times 1000 in whole numbers, as 1.1 * 1000 would not be one. NaN where a part is left. */
function exactProduct(decimal: string, factor: number): number {
  const [whole = '', part = ''] = decimal.split('.');
  const scaled = BigInt(whole + part) * BigInt(factor);
  const scale = 10n ** BigInt(part.length);
  return scaled % scale === 0n ? Number(scaled / scale) : Number.NaN;
}
