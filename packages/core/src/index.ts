/** What services and adapters use of the core: no I/O, no clock. What tests need beside it is in internal.ts. */
export { digestOf } from './base/digest.ts';
export { type ErrorCode } from './base/errors.ts';
export { ArrivalsError, asArrivalsError, messageOf } from './base/arrivals-error.ts';
export { asArray, asInteger, asObject, asText, asTexts, at, type JsonObject, textAt } from './base/json.ts';
export { formatMicros, type Micros, microsOfMillis, parseMicros } from './base/time.ts';
export { maskEntry, maskText } from './text/mask.ts';
export { MASK } from './text/masking/secret-value.ts';
export { didYouMean } from './text/nearest-name.ts';
export { nameText, visible, visibleJson } from './text/printable.ts';
export { shellWord } from './text/shell.ts';
export {
  type AuditBatch,
  eventsOf,
  type IndexEntry,
  packBatches,
  RECORD_BYTES_MAX,
  type ValidEvent,
} from './audit/audit-batch.ts';
export { BODY_ITEMS_MAX, type EventSlice, scanEvent, sliceEventList } from './audit/event-list.ts';
export { type AuditEvent, parseAuditEvent } from './audit/event.ts';
export { ItemMeter } from './audit/item-meter.ts';
export { JsonScanner, JsonSyntaxError } from './audit/json-scanner.ts';
export type { Part } from './audit/platforms/part.ts';
export { type Inflate, unwrap, Unwrapper } from './audit/platforms/unwrap.ts';
export { DEAD_LETTER_REASONS, type DeadLetterReason, type Invalid, invalidity } from './audit/validity.ts';
export { isJson } from './audit/wrappings/json-text.ts';
export type { Source } from './audit/wrappings/wrapping.ts';
export type { ContainerKind } from './kubernetes/pod-containers.ts';
export type { Grant, GrantBinding, GrantRole, GrantSubject } from './kubernetes/rbac-reason.ts';
export type { PodSecurityLevel, PodSecurityStandard } from './pod-security/control.ts';
export { podSecurityReason } from './pod-security/controls.ts';
export type { PodSecurity, ViolatedField } from './pod-security/evaluate.ts';
export { CLUSTER_NAME, type Identity, identityOf } from './creation/identity.ts';
export { type CreatedKind, type FilterReason, prefilter, select } from './creation/select.ts';
export type { Unknown, UnknownReason } from './creation/unknown.ts';
export {
  type Attempt,
  type Attempts,
  DECIDING,
  type Ends,
  ENDS_MAX,
  type FoundAttempt,
  type PartitionName,
  type PositionInRecord,
  WHOLE_RECORD,
} from './ports/attempts.ts';
export type {
  Bus,
  ConsumedBatch,
  OutgoingRecord,
  PartitionOffsets,
  ReadOptions,
  StoredRecord,
  SubscribeOptions,
  Subscription,
} from './ports/bus.ts';
export type { ClaimRequest, ClaimResult, ClaimStore } from './ports/claim-store.ts';
export type { State } from './ports/state.ts';
export {
  EVICTED_FACT,
  evictedAbout,
  OTHERS,
  quotaMax,
  quotaOf,
  SEEN_SHARE,
  SORT_SHARES,
} from './ports/fact-quotas.ts';
export {
  type Fact,
  FACT_BYTES_MAX,
  type FactKind,
  type FactStore,
  mergeRecalled,
  RECALL_BYTES_MAX,
  RECALL_DEPTH,
  RECALL_SUBJECTS_MAX,
  type Recalled,
  type RecalledFact,
  type RevisionRequest,
  type RevisionResult,
  REVISIONS_MAX,
  type Subject,
  SUBJECT_BYTES_MAX,
  type Watch,
  WATCHES_MAX,
} from './ports/fact-store.ts';
export type {
  ContextOptions,
  Delivery,
  KafkaOptions,
  RedisMode,
  RedisOptions,
  StateLossOptions,
  TopicsAtStart,
} from './ports/options.ts';
export { fairShare } from './ports/fair-share.ts';
export { type EventPosition, type RecordPosition, samePosition } from './ports/positions.ts';
export type { DependencyWarning } from './telemetry/bus-events.ts';
export {
  type EventRow,
  type LogLevel,
  type LogRow,
  type MetricRow,
  SECONDS_BUCKETS,
} from './telemetry/event-row.ts';
export {
  type Telemetry,
  TELEMETRY_EVENTS,
  type TelemetryEvent,
  type TelemetryFields,
  type TelemetryType,
} from './telemetry/events.ts';
export type { ConnectionDropReason, ReloadedFiles } from './telemetry/request-events.ts';
export type { RevisionMissed } from './telemetry/state-events.ts';
export { Ledger, type LedgerReport } from './telemetry/ledger.ts';
export {
  DEAD_LETTER_BYTES_MAX,
  type DeadLetter,
  deadLetter,
  type RequestPosition,
} from './records/dead-letter.ts';
export type { CountedEvents, PostedBatch } from './records/posted-batch.ts';
export { readRedrive, type Redrive, redriveClaimIdentity, redriveHeaders } from './records/redrive.ts';
export { TOPIC_RECORD_BYTES_MAX, type TopicNames, TOPICS, type TopicSpec } from './records/topics.ts';
export { carriesFacts, contextFactsOf } from './facts/extract.ts';
export { condensed } from './facts/fact.ts';
export {
  type AttributionState,
  attributionStateOf,
  contextSubjects,
  type CreationContext,
  creationContextOf,
  type CreationQuery,
  creationQueryOf,
} from './context/creation-context.ts';
export { type Answers, isLessKnown, newAnswers } from './context/pending.ts';
export type { NamedNamespaces } from './context/surroundings.ts';
export type { KnownFacts } from './context/workload-history.ts';
export { readRiskLists, RISK_LISTS, type RiskLists } from './risk/lists.ts';
export { techniqueName } from './risk/attack.ts';
export type { NotAssessed, RiskConfidence, RiskSeverity } from './risk/risk.ts';
export type {
  Actor,
  Alert,
  AlertFlag,
  AlertObject,
  Container,
  HostAccess,
  InvestigationStep,
  KeyValue,
  OwnerReference,
  Volume,
} from './alert/alert.ts';
export { ALERT_BYTES_MAX } from './alert/bounds.ts';
export { alertSteps, buildAlert, type Creation } from './alert/build.ts';
export { commandsOf, type StepLine } from './alert/commands/commands.ts';
export type { ActionGrant, AlertContext, Doer, ViaPod } from './alert/context.ts';
export { instructionOf, runbookOf } from './alert/investigation/runbook.ts';
export { alertDocument, alertJson } from './alert/json.ts';
export type { Steps } from './base/steps.ts';
export { UNKNOWN_CLUSTER } from './records/dead-letter.ts';
