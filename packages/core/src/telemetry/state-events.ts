/** Events of the state: claims, the context, and the revisions that come of it. */
import type { EventRows } from './event-row.ts';

export interface StateEvents {
  /**
   * Claims are gone that should be there: of `parts` sixteenths of the state. Creations may be alerted twice,
   * flagged. Never intentional.
   */
  readonly state_lost: { readonly of: 'redis'; readonly parts: number; readonly detail: string };
  /**
   * Alerts were published without asking the state, which has been away for too long; each is flagged.
   * `pendingClaims`: claims to be made when it is back.
   */
  readonly alerts_unchecked: {
    readonly events: number;
    readonly awayMs: number;
    readonly pendingClaims: number;
  };
  /** The state is back after alerts were unchecked, and has the claims of those that memory had room for. */
  readonly state_restored: { readonly claims: number; readonly awayMs: number };
  /**
   * Subjects, watched subjects and alerts with revisions were forgotten before their time, as there were too
   * many or no memory.
   */
  readonly context_forgotten: { readonly cluster: string; readonly subjects: number };
  /**
   * The context could not be asked for too long: facts are missing from it, and later alerts may know less.
   * Never intentional.
   */
  readonly context_skipped: { readonly facts: number };
  /** A later revision of an alert was published, as more had become known. */
  readonly alert_revised: { readonly cluster: string };
  /** More became known of an alert that has as many revisions as there may be. */
  readonly revisions_exhausted: { readonly cluster: string };
  /** More may have become known of an alert, and it is not revised. Not intended. */
  readonly revision_missed: {
    readonly cluster: string;
    readonly reason: Exclude<RevisionMissed, 'exhausted'>;
  };
}

/**
 * `exhausted`: it has as many revisions as there may be. `gone`: its event is no longer on the bus.
 * `tooMany`: more alerts were affected at once than one transaction takes. `forgotten`: the context knows
 * less of it by now than the alert says. `refused`: it could not be made, or the bus takes no record of its
 * size; the number is left out.
 */
export type RevisionMissed = 'exhausted' | 'gone' | 'tooMany' | 'forgotten' | 'refused';

export const STATE_EVENTS: EventRows<StateEvents> = {
  state_lost: {
    metrics: [
      {
        name: 'arrivals_state_losses_total',
        type: 'counter',
        help: 'Times that claims were found to be lost: creations may be alerted twice, flagged. Not intended.',
        labels: ['of'],
      },
    ],
    log: [{ level: 'error', message: 'claims were lost: creations may be alerted twice, flagged' }],
  },
  alerts_unchecked: {
    metrics: [
      {
        name: 'arrivals_alerts_unchecked_total',
        type: 'counter',
        help: 'Alerts that were published without asking the state, as it was away; each is flagged.',
        value: ({ events }) => events,
      },
    ],
    log: [{ level: 'warn', message: 'the state is away: alerts were published unchecked, flagged' }],
  },
  state_restored: { log: [{ level: 'info', message: 'the state is back' }] },
  context_forgotten: {
    metrics: [
      {
        name: 'arrivals_context_forgotten_total',
        type: 'counter',
        help: 'Subjects of the context that were forgotten before their time, for want of room: later alerts may know less. See ARRIVALS_CONTEXT_SUBJECTS_MAX; it also happens when nine tenths of Redis’ memory are used.',
        labels: ['cluster'],
        value: ({ subjects }) => subjects,
      },
    ],
    log: [{ level: 'debug', message: 'context was forgotten for want of room' }],
  },
  context_skipped: {
    metrics: [
      {
        name: 'arrivals_context_skipped_facts_total',
        type: 'counter',
        help: 'Facts that are missing from the context, as the state was away. Not intended: `arrivals rebuild` reads them again.',
        value: ({ facts }) => facts,
      },
    ],
    log: [{ level: 'warn', message: 'the state is away: facts are missing from the context' }],
  },
  alert_revised: {
    metrics: [
      {
        name: 'arrivals_alerts_revised_total',
        type: 'counter',
        help: 'Later revisions of alerts that were published.',
        labels: ['cluster'],
      },
    ],
  },
  revisions_exhausted: {
    metrics: [
      {
        name: 'arrivals_revisions_exhausted_total',
        type: 'counter',
        help: 'Times that more became known of an alert that has all its revisions.',
        labels: ['cluster'],
      },
    ],
    log: [{ level: 'debug', message: 'an alert has all its revisions' }],
  },
  revision_missed: {
    metrics: [
      {
        name: 'arrivals_revisions_missed_total',
        type: 'counter',
        help: 'Alerts of which more may have become known and that were not revised: their event is gone from the bus, too many were affected at once, the context knows less than they say, or the bus refused the record. Not intended.',
        labels: ['cluster', 'reason'],
      },
    ],
    log: [{ level: 'warn', message: 'more may have become known of an alert, which is not revised' }],
  },
};
