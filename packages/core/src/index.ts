/** The pure core: what an audit event is, what counts as a creation, identity, the alert, and the ports. No I/O, no clock. */
export * from './alert/alert.ts';
export { ALERT_BYTES_MAX } from './alert/bounds.ts';
export { buildAlert, type Creation } from './alert/build.ts';
export { parseRbacReason } from './alert/grant.ts';
export { splitImage } from './alert/image.ts';
export { MASK, maskAddress, maskEntry, maskImage, maskText, maskWords } from './alert/mask.ts';
export { runbookOf } from './alert/runbook.ts';
export * from './audit/audit-batch.ts';
export * from './audit/cut.ts';
export * from './audit/dry-run.ts';
export * from './audit/event-list.ts';
export { ItemMeter } from './audit/item-meter.ts';
export * from './audit/event.ts';
export { EVENT_FIELDS, type EventField, type FieldController, type FieldRow, isEvidence } from './audit/field-controllers.ts';
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
export { type Act, actOf, type CallingPod, type Deed, digestOf, readAct, type Right } from './context/act.ts';
export {
  ACTOR_DEEDS,
  type ActorDeed,
  type ActorEntry,
  actorSubjects,
  type FirstSeen,
  firstSeenOf,
  LEARNING_MICROS,
  type Seen,
  TIMELINE_MICROS,
  timelineOf,
  type TimelinePart,
} from './context/actor.ts';
export { type Author, authorOf, authorSubjects, type ChainEnd, type Through } from './context/author.ts';
export { boundSubjects, boundTo, type BoundTo, subjectsOfAccount } from './context/bound.ts';
export { condensed } from './context/fact.ts';
export type { NamedNamespaces } from './context/surroundings.ts';
export { contextSubjects, type CreationContext, creationContextOf, type Seeker, seekerOf, type Standpoint, standpointOf } from './context/creation-context.ts';
export { contextFactsOf, tellsContext } from './context/facts.ts';
export { actorSights, imageSights, type Sight } from './context/facts/seen.ts';
export { type Made, madeOf, type Owner } from './context/facts/workloads.ts';
export { distributionOf } from './context/distribution.ts';
export { displayOf, extrasOf } from './context/display.ts';
export { type Authorizer, type GrantAnswer, type GrantChange, grantMarks, grantOf, grantSubjects, type UnknownGrant } from './context/grant.ts';
export { gitOpsOf, type GitOps } from './context/gitops.ts';
export { type Answers, answersOf, grantedActs, knowsLess, newAnswers, type OpenSubject, openSubjectsOf } from './context/open.ts';
export { didBoth } from './context/person.ts';
export { questionsOf } from './context/questions.ts';
export { REQUESTERS, requesterOf } from './context/requesters.ts';
export type { Findings, Question, QuestionStatus } from './context/questions/question.ts';
export { shellCommand, shellWord } from './context/shell.ts';
export {
  type Criticality,
  type NamespaceAnswer,
  type Placed,
  type Standing,
  type Surroundings,
  surroundingsOf,
  surroundingSubjects,
} from './context/surroundings.ts';
export type { SeenWhat } from './context/subjects.ts';
export { templateDigest } from './context/template.ts';
export { type ChainLink, type Missing, type Told } from './context/told.ts';
export type { KnownFacts } from './context/written.ts';
export * from './dead-letter.ts';
export * from './errors.ts';
export { didYouMean, nearestName } from './nearest-name.ts';
export * from './identity.ts';
export * from './json.ts';
export * from './ledger.ts';
export * from './posted-batch.ts';
export type { PodSecurityCheck, PodSecurityControl, PodSecurityLevel, PodSecurityStandard } from './pod-security/control.ts';
export { POD_SECURITY_CONTROLS } from './pod-security/controls.ts';
export * from './pod-security/evaluate.ts';
export { type PodTemplate, podTemplateOf } from './pod-security/pod-template.ts';
export { VALUE_TEXT_MAX } from './pod-security/value-text.ts';
export { parsePodSecurityVersion, type PodSecurityVersion } from './pod-security/version.ts';
export * from './ports/attempts.ts';
export * from './ports/bus.ts';
export * from './ports/context-quotas.ts';
export * from './ports/context.ts';
export * from './ports/coordinates.ts';
export { fairShare, groupOfId } from './ports/fair-share.ts';
export * from './ports/state.ts';
export * from './ports/telemetry.ts';
export * from './printable.ts';
export * from './put-back.ts';
export { ATTACK_VERSION, type Technique, type TechniqueId } from './risk/attack.ts';
export { contains, isPublic, parseAddress, parseNetwork } from './risk/addresses.ts';
export { assessRisk, SIGNALS } from './risk/assess.ts';
export { fetchedCodeIn, reverseShellIn } from './risk/commands.ts';
export { type Excuse, type ExcuseId, EXCUSES } from './risk/excuses.ts';
export { type Facts, readFacts, type RiskInput } from './risk/facts.ts';
export { plainPath, reachOf } from './risk/host-paths.ts';
export { canonicalImage, endsWithRepository, isImageOrCopy } from './risk/image-names.ts';
export { type Likeness, likenessOf, slip } from './risk/likeness.ts';
export { type HostPathKind, LIST_ENTRIES_MAX, readRiskLists, RISK_LISTS, type RiskLists } from './risk/lists.ts';
export { minerIn } from './risk/miners.ts';
export * from './risk/risk.ts';
export { holdsShell, readCommandText } from './risk/shell-line.ts';
export type { SignalRow } from './risk/signal.ts';
export * from './select.ts';
export * from './time.ts';
export * from './topics.ts';
export * from './unconfirmed.ts';
