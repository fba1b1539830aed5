/**
 * The catalogue of all errors.
 *
 * Invariant: docs/errors.md lists exactly these codes with these texts (a test compares them). `retryable`:
 * the same call may succeed later although nobody changes anything.
 */

export interface ErrorEntry {
  /** What happened, without the particulars. */
  readonly meaning: string;
  readonly retryable: boolean;
  /** The HTTP status the webhook answers with, where a request can cause it. */
  readonly httpStatus?: number;
  /** What the operator or the sender does about it. */
  readonly remedy: string;
}

export type ErrorCode =
  | 'body_not_json'
  | 'body_not_gzip'
  | 'body_not_event_list'
  | 'body_too_large'
  | 'body_aborted'
  | 'content_type_unsupported'
  | 'cluster_name_invalid'
  | 'cluster_unknown'
  | 'sender_unknown'
  | 'sender_forbidden'
  | 'reader_not_local'
  | 'route_unknown'
  | 'method_not_allowed'
  | 'body_invalid'
  | 'request_malformed'
  | 'host_unexpected'
  | 'origin_unexpected'
  | 'query_invalid'
  | 'internal'
  | 'overloaded'
  | 'shutting_down'
  | 'bus_unavailable'
  | 'bus_full'
  | 'record_too_large'
  | 'spool_full'
  | 'spool_too_old'
  | 'spool_failed'
  | 'topic_unknown'
  | 'topics_differ'
  | 'offset_conflict'
  | 'state_unavailable'
  | 'record_undecodable'
  | 'store_locked'
  | 'store_format_unknown'
  | 'store_unusable'
  | 'store_damaged'
  | 'config_invalid'
  | 'lists_invalid'
  | 'listen_failed'
  | 'not_drained'
  | 'usage'
  | 'input_unreadable'
  | 'input_not_audit_log'
  | 'output_exists'
  | 'server_unreachable'
  | 'delivery_failed'
  | 'dead_letter_unknown'
  | 'dead_letter_ambiguous'
  | 'alert_id_invalid'
  | 'alert_unknown'
  | 'alert_ambiguous'
  | 'input_not_alert';

export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = {
  body_not_json: {
    meaning: 'The request body is not JSON.',
    retryable: false,
    httpStatus: 400,
    remedy: 'Send an audit.k8s.io EventList, as API servers do. The byte offset is where the JSON breaks.',
  },
  body_not_gzip: {
    meaning: 'The request body is not gzip, although its Content-Encoding is gzip.',
    retryable: false,
    httpStatus: 400,
    remedy: 'Compress the body, or leave the header out.',
  },
  body_not_event_list: {
    meaning:
      'The request body is JSON, but neither an audit.k8s.io EventList nor a log of a platform, shipper or store of a shape that is known.',
    retryable: false,
    httpStatus: 400,
    remedy:
      'Send {"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[…]}, or a log of a platform or shipper in one of the forms that `arrivals replay --help` lists; `arrivals replay --to` makes an EventList from any of them.',
  },
  body_too_large: {
    meaning: 'The request body is larger than the limit, or holds more items than one body may.',
    retryable: false,
    httpStatus: 413,
    remedy:
      'Use the batch size and truncation that `arrivals webhook-config` prints for the API server, or raise ARRIVALS_BODY_BYTES_MAX or ARRIVALS_BODY_ITEMS_MAX: what an API server sends and is refused here is lost.',
  },
  body_aborted: {
    meaning: 'The connection ended before the request body was complete.',
    retryable: true,
    httpStatus: 400,
    remedy: 'None: the API server sends the batch again.',
  },
  content_type_unsupported: {
    meaning:
      'The Content-Type is neither application/json nor one of JSON values one after the other, or the body is compressed otherwise than with gzip.',
    retryable: false,
    httpStatus: 415,
    remedy:
      'Send Content-Type: application/json or application/x-ndjson, and Content-Encoding: gzip or none.',
  },
  cluster_name_invalid: {
    meaning: 'The cluster name in the path does not fit the pattern.',
    retryable: false,
    httpStatus: 400,
    remedy: 'Use 1 to 63 of a-z, 0-9, "-" and ".", beginning and ending with a letter or digit.',
  },
  cluster_unknown: {
    meaning: 'The cluster in the path is not one of the configured ones.',
    retryable: false,
    httpStatus: 404,
    remedy: 'Add the name to ARRIVALS_CLUSTERS or to the clusters file and restart.',
  },
  sender_unknown: {
    meaning: 'The sender showed neither a client certificate nor a bearer token that is known here.',
    retryable: false,
    httpStatus: 401,
    remedy:
      'Give the API server’s webhook kubeconfig a certificate or a token that ARRIVALS_SENDERS_FILE names; `arrivals certs init` and `arrivals token` make them.',
  },
  sender_forbidden: {
    meaning: 'The sender is known, but not for the cluster in the path.',
    retryable: false,
    httpStatus: 403,
    remedy: 'Correct the URL in the sender’s kubeconfig, or add its cluster to ARRIVALS_SENDERS_FILE.',
  },
  reader_not_local: {
    meaning: 'Alerts and dead letters are served over HTTP to this machine alone.',
    retryable: false,
    httpStatus: 403,
    remedy: 'Send the request from the machine that Arrivals runs on, or subscribe to the alert topic.',
  },
  route_unknown: {
    meaning: 'Nothing is served at this path.',
    retryable: false,
    httpStatus: 404,
    remedy: 'The audit webhook is POST /v1/clusters/{cluster}/audit.',
  },
  method_not_allowed: {
    meaning: 'The path exists, but not for this HTTP method.',
    retryable: false,
    httpStatus: 405,
    remedy: 'See the Allow header of the answer.',
  },
  body_invalid: {
    meaning: 'The request body is JSON, but not of the form it must have.',
    retryable: false,
    httpStatus: 400,
    remedy: 'The message names what is expected.',
  },
  request_malformed: {
    meaning:
      'What came over the connection is no HTTP/1.1 request, names no host or several, has headers that are too large, or did not arrive in time.',
    retryable: false,
    httpStatus: 400,
    remedy:
      'Headers may have 16 KB; for times see ARRIVALS_HEADER_TIMEOUT_MS, ARRIVALS_BODY_STALL_MS and ARRIVALS_BODY_TIMEOUT_MS. An https client on an http port looks like this too.',
  },
  host_unexpected: {
    meaning: 'The Host header names none of the names of this server.',
    retryable: false,
    httpStatus: 421,
    remedy:
      'On loopback use 127.0.0.1 or localhost in the URL; off loopback a name of ARRIVALS_HOSTS, or an IP address. A web page that makes a browser send requests here under its own name is refused this way.',
  },
  origin_unexpected: {
    meaning: 'A browser made the request for a page of another origin.',
    retryable: false,
    httpStatus: 403,
    remedy:
      'Use curl, the command line or a page of the same origin. API servers and shippers send neither Origin nor Sec-Fetch-Site; a proxy in front must not add them.',
  },
  query_invalid: {
    meaning: 'A query parameter is not of the form it must have.',
    retryable: false,
    httpStatus: 400,
    remedy: 'The message names the parameter and what it takes.',
  },
  internal: {
    meaning: 'Something failed that should not have.',
    retryable: true,
    httpStatus: 500,
    remedy: 'A fault in Arrivals itself: please report it with the message.',
  },
  overloaded: {
    meaning: 'More request bodies are under way than memory allows, or more of one sender than it may have.',
    retryable: true,
    httpStatus: 503,
    remedy: 'The sender tries again. If it lasts, the bus is slow: see arrivals_webhook_seconds.',
  },
  shutting_down: {
    meaning: 'The process is ending and accepts nothing new.',
    retryable: true,
    httpStatus: 503,
    remedy: 'The sender tries again.',
  },
  bus_unavailable: {
    meaning: 'The bus does not answer, or did not accept what was sent.',
    retryable: true,
    httpStatus: 503,
    remedy:
      'The message has the answer and, where known, the remedy. The sender retries what was not acknowledged.',
  },
  bus_full: {
    meaning: 'A topic has reached its limit, and none of it has been processed yet.',
    retryable: true,
    httpStatus: 503,
    remedy: 'Check why the processor lags, or raise ARRIVALS_AUDIT_RETENTION_BYTES.',
  },
  record_too_large: {
    meaning: 'A record is larger than its topic accepts.',
    retryable: false,
    remedy:
      'The topic’s max.message.bytes is too small: see `arrivals topics check`. The processor sets the events aside; `arrivals dead-letters replay` redrives them.',
  },
  spool_full: {
    meaning: 'The bus is unavailable, and the spool is full.',
    retryable: true,
    httpStatus: 503,
    remedy: 'Bring Kafka back; nothing in the spool is dropped. ARRIVALS_SPOOL_BYTES_MAX bounds its size.',
  },
  spool_too_old: {
    meaning: 'The bus is unavailable, and the spool holds batches that are older than allowed.',
    retryable: true,
    httpStatus: 503,
    remedy:
      'Bring Kafka back; nothing in the spool is dropped. ARRIVALS_SPOOL_AGE_MAX_MS bounds the age of a batch, and ARRIVALS_CLAIM_TTL_MS must cover it.',
  },
  spool_failed: {
    meaning: 'The bus is unavailable, and the spool could not be written.',
    retryable: true,
    httpStatus: 503,
    remedy: 'The sender tries again. Check the disk of ARRIVALS_SPOOL_DIR: the message has its error.',
  },
  topic_unknown: {
    meaning: 'A topic that this bus does not have.',
    retryable: false,
    remedy: 'Topics are made at start-up; on Kafka `arrivals topics check` lists what is missing.',
  },
  topics_differ: {
    meaning: 'Topics are missing, or have settings that break a guarantee.',
    retryable: false,
    remedy:
      'The message names each topic and the difference. `arrivals topics apply` makes and changes them.',
  },
  offset_conflict: {
    meaning: 'A consumer tried to commit an offset before, or records after, those delivered to it.',
    retryable: false,
    remedy: 'A fault in Arrivals itself: please report it.',
  },
  state_unavailable: {
    meaning: 'The state store did not answer.',
    retryable: true,
    remedy: 'The processor waits and tries again; the message has the store’s answer.',
  },
  record_undecodable: {
    meaning: 'A record on the bus is not of its topic’s type.',
    retryable: false,
    remedy: 'Another program writes to the topic. The record is in the dead-letter topic.',
  },
  store_locked: {
    meaning: 'Another process owns the data directory or the spool.',
    retryable: false,
    remedy:
      'Stop that process, or give this one another ARRIVALS_DATA_DIR or ARRIVALS_SPOOL_DIR. Commands such as `arrivals alerts` talk to the running process instead. For one that was killed on another host see ARRIVALS_STORE_EXCLUSIVE.',
  },
  store_format_unknown: {
    meaning: 'The data directory or the spool was written by a version with another format.',
    retryable: false,
    remedy: 'Run the version that wrote it, or move the directory away to start empty.',
  },
  store_unusable: {
    meaning: 'The data directory or the spool cannot be opened or written.',
    retryable: false,
    remedy: 'Check that it is on a local disk, that its owner is right and that it is not full.',
  },
  store_damaged: {
    meaning:
      'The file of the data directory or the spool is not what was written: empty, cut off, or with pages that are zeroed, torn or another’s.',
    retryable: true,
    httpStatus: 503,
    remedy:
      'Nothing was changed. Stop the process, move the folder that the message names away and start again, or put a copy from a backup in its place. With a data directory go the alerts kept there, the claims of creations (some may be alerted again) and audit events that were not processed; with a spool the batches in it. Check the disk.',
  },
  config_invalid: {
    meaning: 'One or more settings cannot be used.',
    retryable: false,
    remedy: 'Each line names a setting, what was found and what it takes. `arrivals up --help` lists all.',
  },
  lists_invalid: {
    meaning: 'One or more of the lists for risk assessment cannot be used.',
    retryable: false,
    remedy:
      'Each line of the message names a file, what was expected and what was found. A file of ARRIVALS_LISTS_DIR replaces the list of its name, whole.',
  },
  listen_failed: {
    meaning: 'The address to listen on cannot be used.',
    retryable: false,
    remedy:
      'The port is taken, or the address is of another machine: set ARRIVALS_LISTEN_PORT or ARRIVALS_LISTEN_HOST.',
  },
  not_drained: {
    meaning: 'The process was stopped, and the work under way took longer than allowed.',
    retryable: false,
    remedy:
      'What was acknowledged is safe, and the rest is resumed at the next start. A broker that hangs does this; ARRIVALS_SHUTDOWN_TIMEOUT_MS bounds it.',
  },
  usage: {
    meaning: 'The command line cannot be understood.',
    retryable: false,
    remedy: '`arrivals --help` lists the commands, `arrivals COMMAND --help` the options of one.',
  },
  input_unreadable: {
    meaning: 'A file that was named cannot be read.',
    retryable: false,
    remedy: 'Check the path and the permissions; .gz files must be gzip.',
  },
  input_not_audit_log: {
    meaning: 'A given file is no audit log, or is packed in an unsupported way.',
    retryable: false,
    remedy: 'The message has what was found and, if possible, how to convert it. Nothing of it was sent.',
  },
  output_exists: {
    meaning: 'A file that would be written exists already.',
    retryable: false,
    remedy: 'Name another folder, or move the file away: nothing is overwritten.',
  },
  server_unreachable: {
    meaning: 'No running Arrivals answers at the URL.',
    retryable: true,
    remedy: 'Start it with `npm start`, or name the running one with --url (`arrivals replay`: --to).',
  },
  delivery_failed: {
    meaning: 'A batch was refused or not answered as often as an API server retries.',
    retryable: true,
    remedy:
      'The message has the receiver’s last answer. What was sent before is safe; send the file again when the cause is gone: no alert comes twice.',
  },
  dead_letter_unknown: {
    meaning: 'There is no dead letter of this ID.',
    retryable: false,
    remedy: 'See `arrivals dead-letters list`. An ID is PARTITION:OFFSET, or the SHA-256 or its beginning.',
  },
  dead_letter_ambiguous: {
    meaning: 'Several dead letters have this ID.',
    retryable: false,
    remedy: 'Give more of the SHA-256, or PARTITION:OFFSET: the message names them.',
  },
  alert_id_invalid: {
    meaning: 'What was given as the ID of an alert is none.',
    retryable: false,
    httpStatus: 400,
    remedy: 'Give the `alertId`, or at least its first 8 characters, as `arrivals alerts` shows them.',
  },
  alert_unknown: {
    meaning: 'There is no alert of this ID.',
    retryable: false,
    remedy:
      '`arrivals alerts` shows those that are kept: ARRIVALS_ALERT_RETENTION_MS is for how long. Name another Arrivals with --url, or Kafka with --kafka, where --since is how far to look back; explain one that is in a file from there: `arrivals explain FILE`.',
  },
  alert_ambiguous: {
    meaning: 'Several alerts have an ID that begins so.',
    retryable: false,
    remedy: 'Give more of the ID: the message names them.',
  },
  input_not_alert: {
    meaning: 'What was given is no alert.',
    retryable: false,
    remedy:
      'Give what `arrivals alerts --format json` prints, or a record of the topic of alerts. Of audit events `arrivals replay` makes alerts.',
  },
};
