/**
 * The pure core: what an audit event is, what counts as a creation, identity, the alert, and the ports. No
 * I/O, no clock.
 */
export * from './alert/alert.ts';
export { ALERT_BYTES_MAX } from './alert/bounds.ts';
export { buildAlert, type Creation } from './alert/build.ts';
export { parseRbacReason } from './kubernetes/rbac-reason.ts';
export { splitImage } from './kubernetes/image-reference.ts';
export { MASK, maskAddress, maskEntry, maskImage, maskName, maskText, maskWords } from './text/mask.ts';
export { runbookOf } from './alert/investigation/runbook.ts';
export * from './audit/audit-batch.ts';
export * from './audit/truncate.ts';
export * from './audit/dry-run.ts';
export * from './audit/event-list.ts';
export { ItemMeter } from './audit/item-meter.ts';
export * from './audit/event.ts';
export {
  EVENT_FIELDS,
  type EventField,
  type FieldController,
  type FieldRow,
  isEvidence,
} from './audit/field-controllers.ts';
export * from './audit/json-scanner.ts';
export { CUT_ANNOTATION, PLATFORM_ANNOTATION, withoutForeignMarkers } from './audit/markers.ts';
export * from './audit/query.ts';
export { JsonView } from './audit/platforms/json-view.ts';
export type { Part } from './audit/platforms/part.ts';
export { type Platform, platformOf } from './audit/platforms/platform.ts';
export { type Inflate, unwrap, Unwrapper } from './audit/platforms/unwrap.ts';
export { loggedLine } from './audit/wrappings/line.ts';
export { isJson } from './audit/wrappings/json-text.ts';
export { type Source } from './audit/wrappings/wrapping.ts';
export * from './audit/validity.ts';
export {
  type Action,
  actionOf,
  type CallingPod,
  type Operation,
  digestOf,
  readAction,
  type Authorization,
} from './facts/action.ts';
export {
  ACTOR_OPERATIONS,
  type ActorOperation,
  type ActorEntry,
  actorSubjects,
  type FirstSeen,
  firstSeenOf,
  LEARNING_MICROS,
  type Seen,
  TIMELINE_MICROS,
  timelineOf,
  type TimelinePart,
} from './context/actor-history.ts';
export { type Author, authorOf, authorSubjects, type ChainEnd, type Through } from './context/author.ts';
export {
  accountBindingSubjects,
  accountBindings,
  type AccountBinding,
  subjectsOfAccount,
} from './context/account-rights.ts';
export { condensed } from './facts/fact.ts';
export type { NamedNamespaces } from './context/surroundings.ts';
export {
  contextSubjects,
  type CreationContext,
  creationContextOf,
  type CreationQuery,
  creationQueryOf,
  type AttributionState,
  attributionStateOf,
} from './context/creation-context.ts';
export { contextFactsOf, carriesFacts } from './facts/extract.ts';
export { actorObservations, imageObservations, type Observation } from './facts/extract/first-seen.ts';
export { type CreatedObject, createdObjectOf, type Owner } from './facts/extract/workloads.ts';
export { distributionOf } from './context/distribution.ts';
export { displayOf, extrasOf } from './facts/display.ts';
export {
  type Authorizer,
  type GrantAnswer,
  type GrantChange,
  grantMarks,
  grantOf,
  grantSubjects,
  type UnknownGrant,
} from './context/grant.ts';
export { gitOpsOf, type GitOps } from './context/gitops.ts';
export {
  type Answers,
  answersOf,
  grantedActions,
  isLessKnown,
  newAnswers,
  type PendingSubject,
  pendingSubjectsOf,
} from './context/pending.ts';
export { didBoth } from './context/person.ts';
export { questionsOf } from './alert/investigation/questions.ts';
export { REQUESTERS, requesterOf } from './facts/requesters.ts';
export type { Findings, Question, QuestionStatus } from './alert/investigation/question.ts';
export { shellCommand, shellWord } from './text/shell.ts';
export {
  type Criticality,
  type NamespaceAnswer,
  type PodPlacement,
  type NamespaceObject,
  type Surroundings,
  surroundingsOf,
  surroundingSubjects,
} from './context/surroundings.ts';
export type { SeenWhat } from './facts/subjects.ts';
export { templateDigest } from './kubernetes/workload-template.ts';
export { type ChainLink, type UnknownBecause, type Attribution } from './context/attribution.ts';
export type { KnownFacts } from './context/workload-history.ts';
export * from './records/dead-letter.ts';
export * from './base/errors.ts';
export { didYouMean, nearestName } from './text/nearest-name.ts';
export * from './creation/identity.ts';
export * from './base/json.ts';
export * from './telemetry/ledger.ts';
export * from './records/posted-batch.ts';
export type {
  PodSecurityCheck,
  PodSecurityControl,
  PodSecurityLevel,
  PodSecurityStandard,
} from './pod-security/control.ts';
export { POD_SECURITY_CONTROLS } from './pod-security/controls.ts';
export * from './pod-security/evaluate.ts';
export { type PodTemplate, podTemplateOf } from './pod-security/pod-template.ts';
export { VALUE_TEXT_MAX } from './pod-security/value-text.ts';
export { parsePodSecurityVersion, type PodSecurityVersion } from './pod-security/version.ts';
export * from './ports/attempts.ts';
export * from './ports/bus.ts';
export * from './ports/fact-quotas.ts';
export * from './ports/fact-store.ts';
export * from './ports/positions.ts';
export { fairShare, groupOfId } from './ports/fair-share.ts';
export * from './ports/claim-store.ts';
export * from './telemetry/events.ts';
export * from './text/printable.ts';
export * from './records/redrive.ts';
export { ATTACK_VERSION, type Technique, type TechniqueId } from './risk/attack.ts';
export { contains, isPublic, parseAddress, parseNetwork } from './risk/detectors/addresses.ts';
export { assessRisk, SIGNALS } from './risk/assess.ts';
export { fetchedCodeIn, reverseShellIn } from './risk/detectors/commands.ts';
export { type Excuse, type ExcuseId, EXCUSES } from './risk/excuses.ts';
export { type Facts, readFacts, type RiskInput } from './risk/facts.ts';
export { plainPath, reachOf } from './risk/detectors/host-paths.ts';
export { canonicalImage, endsWithRepository, isImageOrCopy } from './risk/detectors/image-names.ts';
export { type Likeness, likenessOf, slip } from './risk/detectors/likeness.ts';
export {
  type HostPathKind,
  LIST_ENTRIES_MAX,
  readRiskLists,
  RISK_LISTS,
  type RiskLists,
} from './risk/lists.ts';
export { minerIn } from './risk/detectors/miners.ts';
export * from './risk/risk.ts';
export { holdsShell, readCommandText } from './risk/detectors/shell-line.ts';
export type { SignalRow } from './risk/signals/signal.ts';
export * from './creation/select.ts';
export * from './base/time.ts';
export * from './records/topics.ts';
export * from './creation/unconfirmed.ts';
