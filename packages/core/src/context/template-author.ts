/**
 * Who wrote the template that a pod was made from: chosen among the writes of its workload.
 *
 * Invariant: a revision's author is the last who can have changed the template before the revision became
 * current, and after the one before it did: where nobody is seen in between, nobody is named. Bodies decide
 * where there are any; else time. A field manager, which the client chooses, decides only between writes that
 * come so close together that time does not; the write nearest before a revision is named in any case.
 */
import { isBookkeeping } from '../kubernetes/controllers.ts';
import { templateHint } from '../kubernetes/field-managers.ts';
import type { Revision, Write } from './workload-history.ts';

export interface Choice {
  readonly write: Write;
  /** All between whom the events do not decide, the chosen one too. */
  readonly candidates: readonly Write[];
}

/**
 * Controllers answer a change within milliseconds (median 2.4, measured): writes further apart than this are
 * distinguished by what they led to.
 */
const RACE_MICROS = 300_000;
/**
 * A revision that was first seen as it was updated may have been current for long: its author must then be
 * close in time.
 */
const RECENT_MICROS = 60_000_000;

/**
 * @param revisions all of the workload, in order
 * @param writes of the workload's incarnation, in order
 * @param missingUntil writes up to then may have been evicted; undefined where none was
 */
export function revisionAuthor(
  revision: Revision,
  revisions: readonly Revision[],
  writes: readonly Write[],
  missingUntil?: number,
): Choice | undefined {
  const before = revisions.findLast((other) => other.received < revision.received);
  const window = writes.filter(
    (write) =>
      (write.kind === 'created' || write.kind === 'changed') &&
      isBefore(write, revision) &&
      isAfter(write, before),
  );
  // What came before the revision before was made, though it ended after, most likely made that one.
  const later = written(window.filter(({ action }) => action.received >= (before?.received ?? 0)));
  const able = later.length > 0 ? later : written(window);
  // Who left another template than the revision's was not the last.
  const other = able.findLastIndex(
    ({ template }) =>
      template !== undefined && revision.template !== undefined && template !== revision.template,
  );
  const left = able.slice(other + 1);
  const showing = left.findIndex(({ template }) => template !== undefined && template === revision.template);
  if (showing >= 0) return chosen(left.slice(0, showing + 1), showing);
  const last = left.at(-1);
  const recent = !revision.isFirst && before === undefined ? revision.received - RECENT_MICROS : 0;
  if (last === undefined || last.action.received < recent) return undefined;
  const isFar = revision.received - last.action.received > RACE_MICROS;
  if (isFar && missingUntil !== undefined && missingUntil > last.action.received) return undefined;
  return nearest(left, revision.restartedAt !== undefined && revision.restartedAt !== before?.restartedAt);
}

/**
 * Without bodies the write nearest before the revision made it, whatever its field manager: controllers
 * answer within milliseconds. Field managers decide only between writes that race, and add those further back
 * where the nearest claims to have left the template alone.
 */
function nearest(left: readonly Write[], restarted: boolean): Choice | undefined {
  const last = left.length - 1;
  const write = left[last];
  if (write === undefined) return undefined;
  const close = write.action.received - RACE_MICROS;
  const racing = (test: (write: Write) => boolean): number =>
    left.findLastIndex((other) => other.action.received >= close && test(other));
  const sure = racing(({ action }) => isSure(action.fieldManager, restarted));
  const able = sure >= 0 ? sure : racing(({ action }) => mayChange(action.fieldManager, restarted));
  if (able === last) return chosen(left, last);
  if (able >= 0) return withCandidates(left, able, [write]);
  const further = left
    .slice(left.findLastIndex(({ action }) => mayChange(action.fieldManager, restarted)))
    .filter(({ action }) => mayChange(action.fieldManager, restarted));
  return withCandidates(left, last, further);
}

function withCandidates(left: readonly Write[], index: number, others: readonly Write[]): Choice | undefined {
  const choice = chosen(left, index);
  return choice === undefined
    ? undefined
    : {
        ...choice,
        candidates: left.filter((write) => choice.candidates.includes(write) || others.includes(write)),
      };
}

/**
 * For what makes its pods from the template it has at that moment: a bare ReplicaSet, a
 * ReplicationController, a CronJob.
 * @param template that of what was made of it, where that shows it
 */
export function presentAuthor(writes: readonly Write[], template?: string): Choice | undefined {
  const all = written(writes.filter(({ kind }) => kind === 'created' || kind === 'changed'));
  // What was made of it has the template that somebody left before: later writers have left it so.
  const showing = template === undefined ? -1 : all.findLastIndex((write) => write.template === template);
  const able = showing === -1 ? all : all.slice(0, showing + 1);
  let index = able.length - 1;
  const last = able[index];
  if (last === undefined) return undefined;
  if (last.template === undefined) {
    const since = able.slice(able.findLastIndex(({ template: known }) => known !== undefined) + 1);
    return {
      write: last,
      candidates: since.filter((write) => write === last || mayChange(write.action.fieldManager, true)),
    };
  }
  while (index > 0 && able[index - 1]?.template === last.template) index--;
  // Writes without bodies right before may have brought what is then seen.
  const first = able.findLastIndex(({ template: known }, i) => i < index && known !== undefined) + 1;
  const write = able[index] ?? last;
  const before = able.slice(first, index).filter(({ action }) => mayChange(action.fieldManager, true));
  return { write, candidates: write.kind === 'created' ? [write] : [...before, write] };
}

function chosen(able: readonly Write[], index: number): Choice | undefined {
  const write = able[index];
  if (write === undefined) return undefined;
  const sure = isSure(write.action.fieldManager, true);
  const close = able.filter(
    (other) =>
      Math.abs(other.action.received - write.action.received) <= RACE_MICROS &&
      (!sure || isSure(other.action.fieldManager, true)),
  );
  return {
    write,
    candidates:
      write.version !== undefined && close.every(({ version }) => version !== undefined) ? [write] : close,
  };
}

function isBefore({ action, version }: Write, revision: Revision): boolean {
  return version !== undefined && revision.version !== undefined
    ? version < revision.version
    : action.received < revision.received;
}

function isAfter({ action }: Write, before: Revision | undefined): boolean {
  return before === undefined || action.done >= before.received;
}

/** Controllers write for themselves; such a write counts only where nobody else wrote. */
export function written(writes: readonly Write[]): readonly Write[] {
  const people = writes.filter(({ action, resource }) => !isBookkeeping(action.username, resource));
  return people.length > 0 ? people : writes;
}

function mayChange(fieldManager: string | undefined, restarted: boolean): boolean {
  const hint = templateHint(fieldManager);
  return hint === 'changes' || hint === 'mayChange' || (hint === 'restartsOrPauses' && restarted);
}

function isSure(fieldManager: string | undefined, restarted: boolean): boolean {
  const hint = templateHint(fieldManager);
  return hint === 'changes' || (hint === 'restartsOrPauses' && restarted);
}
