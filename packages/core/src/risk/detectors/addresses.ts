/**
 * Whether an address is one of the public internet, and whether it is in a network.
 *
 * Invariant: total: what is no address is undefined, and IPv4 inside IPv6 counts as IPv4. Ranges that are not
 * globally reachable come from the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its
 * updates).
 */

/** The value, most significant bit first, and the number of bits of the address family. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Network {
  readonly address: Address;
  /** How many of the first bits count. */
  readonly prefix: number;
}

/** An address as Go's net.IP prints it, and as people write it; IPv4-mapped IPv6 reads as IPv4. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { bits: 32, value: v4 };
  const v6 = parseV6(text.replace(/%[\w.-]{1,32}$/, ''));
  if (v6 === undefined) return undefined;
  return v6 >> 32n === 0xffffn ? { bits: 32, value: v6 & 0xffff_ffffn } : { bits: 128, value: v6 };
}

/** "10.0.0.0/8", or an address, which is a network of one. */
export function parseNetwork(text: string): Network | undefined {
  const [head = '', tail, ...rest] = text.split('/');
  const address = parseAddress(head);
  if (address === undefined || rest.length > 0) return undefined;
  if (tail === undefined) return { address, prefix: address.bits };
  return /^\d{1,3}$/.test(tail) && Number(tail) <= address.bits
    ? { address, prefix: Number(tail) }
    : undefined;
}

export function contains({ address, prefix }: Network, { bits, value }: Address): boolean {
  const rest = BigInt(address.bits - prefix);
  return bits === address.bits && value >> rest === address.value >> rest;
}

export function isPublic(address: Address): boolean {
  if (address.bits === 32) return !NOT_GLOBAL_V4.some((network) => contains(network, address));
  const inner = innerV4(address.value);
  if (inner !== undefined) return isPublic({ bits: 32, value: inner });
  return contains(GLOBAL_UNICAST, address) && !NOT_GLOBAL_V6.some((network) => contains(network, address));
}

/** Of NAT64 (RFC 6052) and 6to4 (RFC 3056), which carry an IPv4 address. */
function innerV4(value: bigint): bigint | undefined {
  if (value >> 32n === 0x64_ff9b_0000_0000_0000_0000n) return value & 0xffff_ffffn;
  return value >> 112n === 0x2002n ? (value >> 80n) & 0xffff_ffffn : undefined;
}

const GLOBAL_UNICAST = network('2000::/3');
const NOT_GLOBAL_V6 = ['2001::/23', '2001:db8::/32', '3fff::/20'].map(network);
const NOT_GLOBAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(network);

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new RangeError(`no network: ${text}`);
  return parsed;
}

function parseV4(text: string): bigint | undefined {
  const octets = text.split('.');
  // A leading zero means octal to some readers: such text is no address.
  if (
    octets.length !== 4 ||
    !octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
  )
    return undefined;
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45) return undefined;
  const [head, tail] = halves.map((half, i) => parseGroups(half, i === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const gap = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? gap !== 0 : gap < 1) return undefined;
  return [...head, ...Array<bigint>(gap).fill(0n), ...(tail ?? [])].reduce(
    (value, group) => (value << 16n) | group,
    0n,
  );
}

/** Groups of 16 bits; an IPv4 address at the very end counts as two. */
function parseGroups(text: string, isLast: boolean): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = isLast && i === parts.length - 1 ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >> 16n, v4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
