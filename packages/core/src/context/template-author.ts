/**
 * Who wrote the template that a pod was made from: chosen among the writes of its workload.
 *
 * Invariant: a revision's author is the last who can have changed the template before the revision became current, and after the one before it did:
 * where nobody is seen in between, nobody is named. Bodies decide where there are any; else the field manager, and what the revision itself shows.
 * Where several writes come so close together that neither tells them apart, all are named.
 */
import { isBookkeeping } from './controllers.ts';
import { templateHint } from './managers.ts';
import type { Revision, Write } from './written.ts';

export interface Choice {
  readonly write: Write;
  /** All between whom the events do not decide, the chosen one too. */
  readonly candidates: readonly Write[];
}

/** Controllers answer a change within milliseconds (median 2.4, measured): writes further apart than this are told apart by what they led to. */
const RACE_MICROS = 300_000;
/** A revision that was first seen as it was updated may have been current for long: its author must then stand close by. */
const RECENT_MICROS = 60_000_000;

/**
 * @param revisions all of the workload, in order
 * @param writes of the workload's incarnation, in order
 */
export function revisionAuthor(revision: Revision, revisions: readonly Revision[], writes: readonly Write[]): Choice | undefined {
  const before = revisions.findLast((other) => other.received < revision.received);
  const restarted = revision.restartedAt !== undefined && revision.restartedAt !== before?.restartedAt;
  const window = writes.filter((write) => (write.kind === 'created' || write.kind === 'changed') && isBefore(write, revision) && isAfter(write, before));
  // What came before the revision before was made, though it ended after, most likely made that one.
  const later = ableToChange(
    window.filter(({ act }) => act.received >= (before?.received ?? 0)),
    restarted,
  );
  const able = later.length > 0 ? later : ableToChange(window, restarted);
  // Whoever left another template than the revision's was not the last.
  const other = able.findLastIndex(({ template }) => template !== undefined && revision.template !== undefined && template !== revision.template);
  const left = able.slice(other + 1);
  const showing = left.findIndex(({ template }) => template !== undefined && template === revision.template);
  if (showing >= 0) return chosen(left.slice(0, showing + 1), showing);
  const last = left.length - 1;
  const recent = !revision.made && before === undefined ? revision.received - RECENT_MICROS : 0;
  if (last < 0 || (left[last]?.act.received ?? 0) < recent) return undefined;
  const close = (left[last]?.act.received ?? 0) - RACE_MICROS;
  const sure = left.findLastIndex(({ act }) => act.received >= close && isSure(act.fieldManager, restarted));
  return chosen(left, sure >= 0 ? sure : last);
}

/** For what makes its pods from the template it has at that moment: a bare ReplicaSet, a ReplicationController, a CronJob. */
export function presentAuthor(writes: readonly Write[]): Choice | undefined {
  const able = ableToChange(writes.filter(({ kind }) => kind === 'created' || kind === 'changed'));
  let index = able.length - 1;
  const last = able[index];
  if (last === undefined) return undefined;
  if (last.template === undefined) {
    const known = able.findLastIndex(({ template }) => template !== undefined);
    return { write: last, candidates: able.slice(known + 1) };
  }
  while (index > 0 && able[index - 1]?.template === last.template) index--;
  // Writes without bodies right before may have brought what is then seen.
  const first = able.findLastIndex(({ template }, i) => i < index && template !== undefined) + 1;
  const write = able[index] ?? last;
  return { write, candidates: write.kind === 'created' ? [write] : able.slice(first, index + 1) };
}

function chosen(able: readonly Write[], index: number): Choice | undefined {
  const write = able[index];
  if (write === undefined) return undefined;
  const sure = isSure(write.act.fieldManager, true);
  const close = able.filter((other) => Math.abs(other.act.received - write.act.received) <= RACE_MICROS && (!sure || isSure(other.act.fieldManager, true)));
  return { write, candidates: write.version !== undefined && close.every(({ version }) => version !== undefined) ? [write] : close };
}

function isBefore({ act, version }: Write, revision: Revision): boolean {
  return version !== undefined && revision.version !== undefined ? version < revision.version : act.received < revision.received;
}

function isAfter({ act }: Write, before: Revision | undefined): boolean {
  return before === undefined || act.done >= before.received;
}

/** Without what leaves the template alone. Controllers write for themselves; such a write counts only where nobody else wrote. */
export function ableToChange(writes: readonly Write[], restarted = true): readonly Write[] {
  const people = writes.filter(({ act, resource }) => !isBookkeeping(act.username, resource));
  return (people.length > 0 ? people : writes).filter(({ act }) => mayChange(act.fieldManager, restarted));
}

function mayChange(fieldManager: string | undefined, restarted: boolean): boolean {
  const hint = templateHint(fieldManager);
  return hint === 'changes' || hint === 'mayChange' || (hint === 'restartsOrPauses' && restarted);
}

function isSure(fieldManager: string | undefined, restarted: boolean): boolean {
  const hint = templateHint(fieldManager);
  return hint === 'changes' || (hint === 'restartsOrPauses' && restarted);
}
