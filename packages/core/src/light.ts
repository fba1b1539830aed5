/**
 * What everything depends on: errors, JSON, times, text, names, and the constants of ports and records.
 *
 * Invariant: it loads few files, and none that reads or assesses an event or builds an alert. A command that
 * needs no more than this starts in a third of the time that the whole core takes to load.
 */
export { ALERT_BYTES_MAX } from './alert/bounds.ts';
export { alertDocument, alertJson } from './alert/json.ts';
export { MASK, maskEntry, maskText } from './text/mask.ts';
export { BODY_ITEMS_MAX } from './audit/event-list.ts';
export { JsonScanner, JsonSyntaxError } from './audit/json-scanner.ts';
export { DEAD_LETTER_REASONS } from './audit/validity.ts';
export { shellWord } from './text/shell.ts';
export { ArrivalsError, asArrivalsError, messageOf } from './base/arrivals-error.ts';
export { CLUSTER_NAME } from './creation/identity.ts';
export { asArray, asInteger, asObject, asText, asTexts, at, textAt } from './base/json.ts';
export { didYouMean } from './text/nearest-name.ts';
export { nameText, visible, visibleJson } from './text/printable.ts';
export { formatMicros, parseMicros } from './base/time.ts';
export { TOPIC_RECORD_BYTES_MAX, TOPICS } from './records/topics.ts';
