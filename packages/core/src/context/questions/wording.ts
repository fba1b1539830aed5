/**
 * Pieces of the sentences that answer questions.
 *
 * Invariant: every name is bounded and in quotation marks where it is free text, so that no name reads as a sentence of ours, ends its quotes or begins
 * a line, and that a name of mixed scripts says so.
 */
import { maskImage } from '../../alert/mask.ts';
import { remembering } from '../../masking/memo.ts';
import { nameText } from '../../printable.ts';
import { formatMicros } from '../../time.ts';
import { type Act, bounded } from '../act.ts';
import { gitOpsOf } from '../gitops.ts';
import type { Missing, Told } from '../told.ts';

const NAME_BYTES_MAX = 120;

export const named: (text: string) => string = remembering((text) => {
  const line = nameText(maskImage(text))
    .replace(/[“”]/g, "'")
    .replace(/[\n\t]/g, ' ');
  return `“${bounded(line, NAME_BYTES_MAX)}”`;
});

/** "“anna”", "“admin” acting as “anna”", "“…” (Argo CD)". */
export function who(act: Act): string {
  const tool = gitOpsOf(act.username);
  const base = act.impersonatedUsername === undefined ? named(act.username) : `${named(act.username)} acting as ${named(act.impersonatedUsername)}`;
  return tool === null ? base : `${base} (${tool.tool})`;
}

export function whoWhen(act: Act): string {
  return `${who(act)} at ${formatMicros(act.done)}`;
}

const MISSING: Readonly<Record<Missing, string>> = {
  notSeen: 'not seen in the audit stream',
  notRecorded: 'not recorded at this audit level',
  none: 'nobody',
};

export function toldText(told: Told): string {
  if (!told.known) return MISSING[told.why];
  const others = told.candidates.filter(({ username }) => username !== told.act.username);
  return others.length === 0 ? whoWhen(told.act) : `${whoWhen(told.act)}, or ${others.map(who).join(' or ')}: their writes came too close together to tell`;
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
