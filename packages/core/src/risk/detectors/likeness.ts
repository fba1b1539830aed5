/**
 * Whether a name imitates a trusted one: characters that look alike, typos, a system name inside.
 *
 * Invariant: a trusted name itself imitates nothing, and an ordinary name is called an imitation only when it
 * is one step from a trusted one in each part: a false alarm on `cart-manager` costs more than a miss. Total
 * for any text.
 */

export interface TrustedNames {
  /** Of Kubernetes itself: every kind of likeness counts. */
  readonly system: readonly string[];
  /** Of well-known or own software: only close likeness counts. */
  readonly known: readonly string[];
}

export type Likeness =
  /** Another spelling that looks the same, such as kube-systern. */
  | { readonly how: 'CHARACTERS'; readonly to: string }
  /** One slip away in a part, such as kube-sytsem. */
  | { readonly how: 'TYPING'; readonly to: string }
  /** A system name with something before or after it. */
  | { readonly how: 'CONTAINS'; readonly to: string }
  /** Begins with `kube-`, which Kubernetes keeps for itself (kubernetes.io/docs, "Namespaces"). */
  | { readonly how: 'RESERVED'; readonly to: 'kube-' };

/** Longer ones are no DNS labels, and are cut. */
const NAME_MAX = 63;

export function likenessOf(given: string, trusted: TrustedNames): Likeness | undefined {
  const name = given.slice(0, NAME_MAX);
  const [system, known] = [prepared(trusted.system, 'system'), prepared(trusted.known, 'known')];
  if (system.names.has(name) || known.names.has(name)) return undefined;
  const parts = name.split('-');
  const twin = system.bySkeleton.get(skeleton(name, true)) ?? known.bySkeleton.get(skeleton(name, false));
  if (twin !== undefined) return { how: 'CHARACTERS', to: twin };
  // A common word alone is part of many names.
  for (const { name: to } of system.all)
    if (to.includes('-') && `-${name}-`.includes(`-${to}-`)) return { how: 'CONTAINS', to };
  for (const { name: to, parts: toParts } of system.all)
    if (isSlipOf(parts, toParts, SYSTEM_RULE)) return { how: 'TYPING', to };
  // argocd2 and istio-system-3 are second installations.
  const unnumbered = name.replace(/-?\d{1,3}$/, '');
  for (const { name: to, parts: toParts } of known.all)
    if (unnumbered !== to && isSlipOf(parts, toParts, KNOWN_RULE)) return { how: 'TYPING', to };
  return name.startsWith('kube-') ? { how: 'RESERVED', to: 'kube-' } : undefined;
}

interface Prepared {
  readonly all: readonly { readonly name: string; readonly parts: readonly string[] }[];
  readonly names: ReadonlySet<string>;
  readonly bySkeleton: ReadonlyMap<string, string>;
}

/** Lists stay the same for as long as a process runs. */
const PREPARED = {
  system: new WeakMap<readonly string[], Prepared>(),
  known: new WeakMap<readonly string[], Prepared>(),
};

function prepared(names: readonly string[], as: keyof TrustedNames): Prepared {
  const before = PREPARED[as].get(names);
  if (before !== undefined) return before;
  const made: Prepared = {
    all: names.map((name) => ({ name, parts: name.split('-') })),
    names: new Set(names),
    bySkeleton: new Map(names.map((name) => [skeleton(name, as === 'system'), name])),
  };
  PREPARED[as].set(names, made);
  return made;
}

/** What a name looks like at first sight. */
function skeleton(name: string, withoutHyphens: boolean): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(withoutHyphens ? /[^a-z0-9]/g : /[^a-z0-9-]/g, '');
  return plain
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replace(/[013457i]/g, (character) => LOOKS_LIKE[character] ?? character);
}

const LOOKS_LIKE: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'l',
  i: 'l',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
};

interface SlipRule {
  /** Parts that may differ, by one slip each. */
  readonly partsMax: number;
  /** A part shorter than this must be the same. */
  readonly partLengthMin: number;
  /** A shorter one must be the same but for two characters that changed places. */
  readonly editLengthMin: number;
  /** Typos seldom change the first character; other words do: battle-system is no cattle-system. */
  readonly sameFirst: boolean;
}

const SYSTEM_RULE: SlipRule = { partsMax: 2, partLengthMin: 4, editLengthMin: 4, sameFirst: false };
const KNOWN_RULE: SlipRule = { partsMax: 1, partLengthMin: 4, editLengthMin: 5, sameFirst: true };

function isSlipOf(parts: readonly string[], trustedParts: readonly string[], rule: SlipRule): boolean {
  if (parts.length !== trustedParts.length)
    return (
      rule === SYSTEM_RULE &&
      trustedParts.length > 1 &&
      slip(parts.join(''), trustedParts.join('')) !== undefined
    );
  let different = 0;
  for (const [i, to] of trustedParts.entries()) {
    const part = parts[i] ?? '';
    if (part === to) continue;
    const kind = slip(part, to);
    if (kind === undefined || to.length < (kind === 'SWAPPED' ? rule.partLengthMin : rule.editLengthMin))
      return false;
    if (rule.sameFirst && !part.startsWith(to.slice(0, 1))) return false;
    different++;
  }
  return different > 0 && different <= rule.partsMax;
}

/**
 * The one step between two different texts: two neighbours swapped, or one character added, left out or
 * replaced, which is a Damerau-Levenshtein distance of 1. Undefined when there is more between them.
 */
export function slip(a: string, b: string): 'SWAPPED' | 'EDITED' | undefined {
  if (a === b || Math.abs(a.length - b.length) > 1) return undefined;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const [left, privilege] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && privilege.length <= 1) return 'EDITED';
  return left.length === 2 && left === privilege.slice(1) + privilege.slice(0, 1) ? 'SWAPPED' : undefined;
}
