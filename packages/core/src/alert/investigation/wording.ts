/**
 * Pieces of the sentences that answer questions.
 *
 * Invariant: every name is bounded and in quotation marks where it is free text, so that no name reads as a
 * sentence of ours, ends its quotes or begins a line, and that a name of mixed scripts says so.
 */
import { maskImage } from '../../text/mask.ts';
import { remembering } from '../../text/masking/memo.ts';
import { nameText } from '../../text/printable.ts';
import { formatMicros } from '../../base/time.ts';
import { type Action } from '../../facts/action.ts';
import { distributionOf } from '../../context/distribution.ts';
import { gitOpsOf } from '../../facts/gitops.ts';
import { isProgram, isSamePerson } from '../../facts/person.ts';
import type { OnBehalfOf } from '../../facts/requesters.ts';
import type { UnknownBecause, Attribution } from '../../context/attribution.ts';
import { bounded } from '../../text/bounded.ts';

const NAME_BYTES_MAX = 120;

export const named: (text: string) => string = remembering((text) => {
  const line = nameText(maskImage(text))
    .replace(/[“”]/g, "'")
    .replace(/[\n\t]/g, ' ');
  return `“${bounded(line, NAME_BYTES_MAX)}”`;
});

export type Doer = Pick<
  Action,
  'username' | 'impersonatedUsername' | 'isUnnamed' | 'display' | 'onBehalfOf' | 'address' | 'userAgent'
>;

/**
 * "“anna”", "“u-7hq2v” (“h.meyer”)", "“anna” through “system:serviceaccount:…”", "“admin” acting as “anna”",
 * "“…” (Argo CD) for the Application “shop”". A program acts for people, so these come first; who takes on
 * another identity himself is the one who acts.
 */
export function who(doer: Doer): string {
  const { username, impersonatedUsername, isUnnamed, display, onBehalfOf } = doer;
  const shown = (name: string, of: string): string =>
    `${named(name)}${display?.from.startsWith(`${of}.`) === true ? ` (${named(display.name)})` : ''}`;
  const tool = gitOpsOf(username);
  const distribution = distributionOf(doer);
  const part =
    tool?.tool ?? (distribution === undefined ? undefined : `the deploy controller of ${distribution}`);
  const account = `${shown(username, 'user')}${part === undefined ? '' : ` (${part})`}`;
  const wanted = onBehalfOf === undefined ? '' : ` for ${wantedBy(onBehalfOf)}`;
  if (isUnnamed) return `${account} acting as somebody unnamed${wanted}`;
  if (impersonatedUsername === undefined) return `${account}${wanted}`;
  const person = shown(impersonatedUsername, 'impersonatedUser');
  if (tool !== null) return wanted === '' ? `${account} for ${person}` : `${account}${wanted} as ${person}`;
  return `${isProgram(username) ? `${person} through ${account}` : `${account} acting as ${person}`}${wanted}`;
}

function wantedBy({ what, name }: OnBehalfOf): string {
  return what === 'requester' ? named(name) : `the ${what} ${named(name)}`;
}

export function whoWhen(action: Action): string {
  return `${who(action)} at ${formatMicros(action.done)}`;
}

const MISSING: Readonly<Record<UnknownBecause, string>> = {
  notSeen: 'not seen in the audit stream',
  forgotten: 'not known any more, as more were made or changed under its name than are kept',
  notRecorded: 'not recorded at this audit level',
  none: 'nobody',
};

export function attributionText(attribution: Attribution): string {
  if (!attribution.known) return MISSING[attribution.why];
  const others = attribution.candidates.filter((candidate) => !isSamePerson(candidate, attribution.action));
  return others.length === 0
    ? whoWhen(attribution.action)
    : `${whoWhen(attribution.action)}, or ${others.map(who).join(' or ')}: their writes came too close together to tell`;
}

/** "40 s", "5 min", "3 h", "12 days". */
export function span(seconds: number): string {
  if (seconds < 120) return `${String(seconds)} s`;
  if (seconds < 7_200) return `${String(Math.round(seconds / 60))} min`;
  if (seconds < 172_800) return `${String(Math.round(seconds / 3_600))} h`;
  return `${String(Math.round(seconds / 86_400))} days`;
}

/** "a", "a and b", "a, b and 3 more". */
export function listed(texts: readonly string[], max = 5): string {
  const shown = texts.slice(0, max);
  const more = texts.length - shown.length;
  const words = more > 0 ? [...shown, `${String(more)} more`] : shown;
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}
