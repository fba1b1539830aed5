/** Events of the webhook: what was sent to it, its connections, its spool, the files it trusts. */
import type { Source } from '../audit/wrappings/wrapping.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { EventRows } from './event-row.ts';

export interface RequestEvents {
  /** A POST was made durable and answered with 200. */
  readonly batch_accepted: {
    readonly cluster: string;
    readonly requestId: string;
    readonly events: number;
    readonly bytes: number;
    readonly records: number;
    readonly cutEvents: number;
    readonly seconds: number;
  };
  /**
   * Entries of other logs that a platform delivers together with its audit log; no audit events, and so not
   * in the account. Intended.
   */
  readonly entries_ignored: {
    readonly cluster: string;
    readonly platform: Source;
    readonly entries: number;
  };
  /**
   * A request was refused, and the answer says why. `from` is the sender, or the peer's address. Intentional
   * unless the code is retryable.
   */
  readonly request_refused: {
    readonly code: ErrorCode;
    readonly detail: string;
    readonly from?: string;
  };
  /** A connection was ended that its client had not. `from` as above. Intentional. */
  readonly connection_dropped: { readonly reason: ConnectionDropReason; readonly from: string };
  /**
   * Files that say whom to trust had changed, and are used from now on, or cannot be used (`detail` says why)
   * and change nothing.
   */
  readonly files_reloaded: {
    readonly of: ReloadedFiles;
    readonly outcome: 'used' | 'unusable';
    readonly detail: string;
  };
  /** The bus did not take a batch in time: it is durable in the spool, its sender was answered with 200. */
  readonly batch_spooled: {
    readonly cluster: string;
    readonly events: number;
    readonly bytes: number;
  };
  /**
   * Batches of the spool are on the bus and gone from the spool. `overdue` of them were older than they may
   * become: copies of their events may be alerted twice.
   */
  readonly batches_drained: {
    readonly batches: number;
    readonly events: number;
    readonly bytes: number;
    readonly overdue: number;
  };
}

/**
 * What a client did not do in time: `handshake_timeout`, `header_timeout`, `body_stalled`, `body_timeout`,
 * `answer_unread`, `idle`, and `half_closed` (its side stays open after ours was closed).
 * `handshake_failed`: what came is no TLS of ours. `malformed`: no HTTP. `pipelined`: more requests ahead of
 * their answers than are kept. `full`, `peer_full`, `sender_full`: there are as many connections as there may
 * be, in all, of the address, of the sender. `trust_changed`: its certificate was judged by CAs or revocation
 * lists that have been replaced.
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

export const REQUEST_EVENTS: EventRows<RequestEvents> = {
  batch_accepted: {
    metrics: [
      {
        name: 'arrivals_webhook_bytes_total',
        type: 'counter',
        help: 'Bytes of accepted request bodies.',
        labels: ['cluster'],
        value: ({ bytes }) => bytes,
      },
      {
        name: 'arrivals_events_cut_total',
        type: 'counter',
        help: 'Events that were too large for a record and lost parts of their bodies.',
        labels: ['cluster'],
        value: ({ cutEvents }) => cutEvents,
      },
      {
        name: 'arrivals_webhook_seconds',
        type: 'histogram',
        help: 'Time from the request’s head to its durable answer.',
        labels: ['cluster'],
        value: ({ seconds }) => seconds,
      },
    ],
    log: [{ level: 'debug', message: 'batch accepted' }],
  },
  entries_ignored: {
    metrics: [
      {
        name: 'arrivals_log_entries_ignored_total',
        type: 'counter',
        help: 'Entries of other logs that a platform delivered together with its audit log. Intended.',
        labels: ['cluster', 'platform'],
        value: ({ entries }) => entries,
      },
    ],
  },
  request_refused: {
    metrics: [
      {
        name: 'arrivals_requests_refused_total',
        type: 'counter',
        help: 'Requests that were refused, by error code.',
        labels: ['code'],
      },
    ],
    log: [
      {
        level: 'warn',
        message: 'request refused',
        limitedBy: ({ from = '', code }) => ({ from, what: code }),
      },
    ],
  },
  connection_dropped: {
    metrics: [
      {
        name: 'arrivals_connections_dropped_total',
        type: 'counter',
        help: 'Connections that were ended, by reason: the client took too long, or gave way to others. Intended.',
        labels: ['reason'],
      },
    ],
    log: [
      {
        level: 'warn',
        message: 'connection ended',
        limitedBy: ({ from, reason }) => ({ from, what: reason }),
      },
    ],
  },
  files_reloaded: {
    metrics: [
      {
        name: 'arrivals_files_reloaded_total',
        type: 'counter',
        help: 'Times that the senders file or the TLS files had changed, by whether they could be used.',
        labels: ['of', 'outcome'],
      },
      {
        name: 'arrivals_files_unusable',
        type: 'gauge',
        help: '1 while the senders file or the TLS files cannot be used and what was read before is used on. Not intended: the log says why.',
        labels: ['of'],
        value: ({ outcome }) => (outcome === 'used' ? 0 : 1),
      },
    ],
    log: [
      {
        level: 'info',
        message: 'files have changed and are used from now on',
        when: ({ outcome }) => outcome === 'used',
      },
      {
        level: 'error',
        message: 'files have changed and cannot be used: what was read before is used on',
      },
    ],
  },
  batch_spooled: {
    metrics: [
      {
        name: 'arrivals_spool_batches_spooled_total',
        type: 'counter',
        help: 'Batches that the bus did not take in time and that went to the spool.',
        labels: ['cluster'],
      },
    ],
    log: [{ level: 'debug', message: 'batch spooled' }],
  },
  batches_drained: {
    metrics: [
      {
        name: 'arrivals_spool_batches_drained_total',
        type: 'counter',
        help: 'Batches of the spool that are on the bus now.',
        value: ({ batches }) => batches,
      },
      {
        name: 'arrivals_spool_batches_overdue_total',
        type: 'counter',
        help: 'Batches that were older than ARRIVALS_SPOOL_AGE_MAX_MS when they came to the bus: copies of their events may be alerted a second time.',
        value: ({ overdue }) => overdue,
      },
    ],
    log: [
      {
        level: 'warn',
        message: 'batches of the spool are on the bus, some older than they may become',
        when: ({ overdue }) => overdue > 0,
      },
      { level: 'info', message: 'batches of the spool are on the bus' },
    ],
  },
};
