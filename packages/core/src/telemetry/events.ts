/**
 * What the services tell of themselves, as typed events: every drop, retry and refusal is one of these.
 *
 * Invariant: every field that becomes a metric label comes from a closed set (cluster names are configured
 * ones); outside text only ever goes to the log. Counting and logging are done by who receives the events,
 * not by who sends them.
 */
import type { Source } from '../audit/wrappings/wrapping.ts';
import type { DeadLetterReason } from '../audit/validity.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { CreatedKind, FilterReason } from '../creation/select.ts';

export type TelemetryEvent =
  /** A POST was made durable and answered with 200. */
  | {
      readonly type: 'batch_accepted';
      readonly cluster: string;
      readonly requestId: string;
      readonly events: number;
      readonly bytes: number;
      readonly records: number;
      readonly cutEvents: number;
      readonly seconds: number;
    }
  /**
   * Entries of other logs that a platform delivers together with its audit log; no audit events, and so not
   * in the account. Intended.
   */
  | {
      readonly type: 'entries_ignored';
      readonly cluster: string;
      readonly platform: Source;
      readonly entries: number;
    }
  /** Dead letters were deleted on somebody's word. Intended. */
  | {
      readonly type: 'dead_letters_dropped';
      readonly letters: readonly { readonly id: string; readonly sha256: string | null }[];
      readonly by: string;
    }
  /**
   * A request was refused; the sender was told. `from` is the sender, or the peer's address. Intentional
   * unless the code is retryable.
   */
  | {
      readonly type: 'request_refused';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly from?: string;
    }
  /** A connection was ended that its client had not. `from` as above. Intentional. */
  | { readonly type: 'connection_dropped'; readonly reason: ConnectionDropReason; readonly from: string }
  /**
   * Files that say whom to trust had changed, and are used from now on, or cannot be used (`detail` says why)
   * and change nothing.
   */
  | {
      readonly type: 'files_reloaded';
      readonly of: ReloadedFiles;
      readonly outcome: 'used' | 'unusable';
      readonly detail: string;
    }
  /**
   * Events entered this process's part of the path: the webhook took them, or found them in its spool when it
   * started, the processor found them on the bus, or they were put back.
   */
  | {
      readonly type: 'events_entered';
      readonly cluster: string;
      readonly events: number;
      readonly from: 'webhook' | 'spool' | 'bus' | 'dead-letters';
    }
  /** Events left it, each with its outcome; sent when that outcome is durable. */
  | { readonly type: 'events_left'; readonly cluster: string; readonly events: number }
  /** Events are durable on the bus, and another process decides what becomes of them. */
  | { readonly type: 'events_passed_on'; readonly cluster: string; readonly events: number }
  /** Events that had entered from the bus are left there, as another process has their partition now. */
  | { readonly type: 'events_given_back'; readonly cluster: string; readonly events: number }
  | {
      readonly type: 'events_dead_lettered';
      readonly cluster: string;
      readonly reason: DeadLetterReason;
      readonly events: number;
    }
  | {
      readonly type: 'events_filtered';
      readonly cluster: string;
      readonly reason: FilterReason;
      readonly events: number;
    }
  | { readonly type: 'event_duplicate'; readonly cluster: string }
  | { readonly type: 'alert_published'; readonly cluster: string; readonly kind: CreatedKind }
  /** The processor committed a batch of records. One log line a batch. */
  | {
      readonly type: 'records_processed';
      readonly records: number;
      readonly events: number;
      readonly alerts: number;
      readonly duplicates: number;
      readonly deadLetters: number;
      readonly seconds: number;
    }
  /** The bus did not take a batch in time: it is durable in the spool, its sender was answered with 200. */
  | {
      readonly type: 'batch_spooled';
      readonly cluster: string;
      readonly events: number;
      readonly bytes: number;
    }
  /**
   * Batches of the spool are on the bus and gone from the spool. `overdue` of them were older than they may
   * become: their copies may be told twice.
   */
  | {
      readonly type: 'batches_drained';
      readonly batches: number;
      readonly events: number;
      readonly bytes: number;
      readonly overdue: number;
    }
  /** A step failed and is tried again. */
  | {
      readonly type: 'step_retried';
      readonly step: 'process' | 'drain';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly waitMs: number;
    }
  /**
   * A step fails however often it is tried: what makes it fail is told apart from the rest, and set aside.
   */
  | {
      readonly type: 'step_isolated';
      readonly step: 'process';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly records: number;
    }
  /**
   * A process before this one ended, or hung, in the middle of these records: they are processed event by
   * event. Never intentional.
   */
  | {
      readonly type: 'attempt_ended';
      readonly topic: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
      readonly detail: string;
    }
  /** What is processed could not be noted before: an event that ends the process now is not told apart. */
  | { readonly type: 'attempts_unnoted'; readonly detail: string }
  /** An event took longer than its share of time, to be read or to become an alert. */
  | {
      readonly type: 'event_slow';
      readonly step: 'read' | 'build';
      readonly place: string;
      readonly ms: number;
    }
  /** A record that was put back does not tell which dead letter it was: it counts as a new one. */
  | { readonly type: 'put_back_unreadable'; readonly cluster: string; readonly detail: string }
  /**
   * Claims are gone that should be there: of `parts` sixteenths of the state. Creations may be told twice,
   * flagged. Never intentional.
   */
  | { readonly type: 'state_lost'; readonly of: 'redis'; readonly parts: number; readonly detail: string }
  /**
   * Things of the context (subjects, subjects waited for, alerts with revisions) were forgotten before their
   * time, as there were too many or no memory.
   */
  | { readonly type: 'context_forgotten'; readonly cluster: string; readonly subjects: number }
  /**
   * The context could not be asked for too long: facts are missing from it, and later alerts may know less.
   * Never intentional.
   */
  | { readonly type: 'context_skipped'; readonly facts: number }
  /** An alert was told anew, as more had become known. */
  | { readonly type: 'alert_revised'; readonly cluster: string }
  /** More became known of an alert that has as many revisions as there may be. */
  | { readonly type: 'revisions_exhausted'; readonly cluster: string }
  /** More may have become known of an alert, and it is not told anew. Not intended. */
  | {
      readonly type: 'revision_missed';
      readonly cluster: string;
      readonly reason: Exclude<RevisionMissed, 'exhausted'>;
    }
  /**
   * Alerts were published without asking the state, which has been away for too long; each is flagged.
   * `owed`: claims to be made when it is back.
   */
  | {
      readonly type: 'alerts_passed';
      readonly events: number;
      readonly awayMs: number;
      readonly pendingClaims: number;
    }
  /** The state is back after alerts were passed, and has the claims of those that could be kept in mind. */
  | { readonly type: 'state_restored'; readonly claims: number; readonly awayMs: number }
  /** Records were deleted from a topic before the group had read them: events are lost. Never intentional. */
  | {
      readonly type: 'records_lost';
      readonly topic: string;
      readonly partition: number;
      readonly fromOffset: number;
      readonly records: number;
    }
  /** The bus acknowledged part of what it was given, and the rest was sent again. */
  | { readonly type: 'publish_completed'; readonly missing: number; readonly attempt: number }
  /** The group of consumers shares its partitions anew; this member now has `partitions` of them. */
  | {
      readonly type: 'partitions_assigned';
      readonly group: string;
      readonly topic: string;
      readonly partitions: readonly number[];
    }
  /**
   * Bus or state works, but not as safely as it should, or only after trying again. `what` is a closed set.
   */
  | {
      readonly type: 'dependency_warning';
      readonly of: 'kafka' | 'redis' | 'store';
      readonly what: DependencyWarning;
      readonly detail: string;
    };

/**
 * `exhausted`: it has as many revisions as there may be. `gone`: its event stands on the bus no more.
 * `tooMany`: more alerts were woken at once than one transaction takes. `forgotten`: the context knows less
 * of it by now than the alert has told. `refused`: it could not be made, or the bus takes no record of its
 * size; the number is left out.
 */
export type RevisionMissed = 'exhausted' | 'gone' | 'tooMany' | 'forgotten' | 'refused';

/**
 * What a client did not do in time: `handshake_timeout`, `header_timeout`, `body_stalled`, `body_timeout`,
 * `answer_unread`, `idle`, and `half_closed` (it was told that the connection ends, and did not close its
 * side). `handshake_failed`: what came is no TLS of ours. `malformed`: no HTTP. `pipelined`: more requests
 * ahead of their answers than are kept. `full`, `peer_full`, `sender_full`: there are as many connections as
 * there may be, in all, of the address, of the sender. `trust_changed`: its certificate was judged by CAs or
 * revocation lists that have been replaced.
 */
export type ConnectionDropReason =
  | 'handshake_timeout'
  | 'handshake_failed'
  | 'header_timeout'
  | 'body_stalled'
  | 'body_timeout'
  | 'answer_unread'
  | 'idle'
  | 'half_closed'
  | 'malformed'
  | 'pipelined'
  | 'full'
  | 'peer_full'
  | 'sender_full'
  | 'trust_changed';

/** `tls`: the server's certificate and key, the client CAs and the revocation lists. */
export type ReloadedFiles = 'senders' | 'tls';

export type DependencyWarning =
  /** The connection failed or was lost; it is tried again. */
  | 'unreachable'
  | 'reconnected'
  /** Redis may evict or lose claims: then creations are told twice. */
  | 'may_evict'
  | 'not_persistent'
  /** It does not let us ask how it is set up. */
  | 'settings_hidden'
  /**
   * Redis held claims that this version cannot read, and they were made anew: their creations may be told
   * twice.
   */
  | 'claim_unreadable'
  /**
   * Records came together in a form that cannot be read: damaged, or compressed in a way that is not known. A
   * consumer gets their bytes.
   */
  | 'batch_unreadable'
  /**
   * Something in the embedded store is not what was written; told once for each record. Nothing new is taken
   * in from then on.
   */
  | 'damaged'
  /** A topic is not set up as it should be; see `arrivals topics check`. */
  | 'topic_differs';

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
