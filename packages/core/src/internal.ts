/** What tests and tools use of the core beside index.ts; services may not (the import rules forbid it). */
export { ERRORS } from './base/errors.ts';
export { maskImage, maskWords, maskName } from './text/mask.ts';
export { nearestName } from './text/nearest-name.ts';
export { printable } from './text/printable.ts';
export { shellCommand } from './text/shell.ts';
export type { Packing } from './audit/audit-batch.ts';
export { isDryRun } from './audit/dry-run.ts';
export { AUDIT_API_VERSIONS, type EventFacts } from './audit/event-list.ts';
export { extraOf, factsOf, isTruncated, readAuditEvent } from './audit/event.ts';
export { EVENT_FIELDS, type EventField, isEvidence } from './audit/field-controllers.ts';
export { CUT_ANNOTATION, PLATFORM_ANNOTATION, withoutForeignMarkers } from './audit/markers.ts';
export { JsonView } from './audit/platforms/json-view.ts';
export { platformOf } from './audit/platforms/platform.ts';
export { parametersOf } from './audit/query.ts';
export { cutEvent, cutParts } from './audit/truncate.ts';
export { type ForeignForm, isStage, STAGES } from './audit/validity.ts';
export { splitImage } from './kubernetes/image-reference.ts';
export { parseRbacReason } from './kubernetes/rbac-reason.ts';
export { templateDigest } from './kubernetes/workload-template.ts';
export type { PodSecurityCheck, PodSecurityControl } from './pod-security/control.ts';
export { POD_SECURITY_CONTROLS } from './pod-security/controls.ts';
export { evaluatePodSecurity, podSecurityVerdict, VIOLATED_FIELDS_MAX } from './pod-security/evaluate.ts';
export { podTemplateOf } from './pod-security/pod-template.ts';
export { VALUE_TEXT_MAX } from './pod-security/value-text.ts';
export { parsePodSecurityVersion, type PodSecurityVersion } from './pod-security/version.ts';
export { alertIdOf, answeredMetadata, answeredObject } from './creation/identity.ts';
export type { Selection } from './creation/select.ts';
export {
  isConfirmed,
  isRefusedMirror,
  mayFollowCreation,
  mayFollowPanic,
  mayHaveCreated,
  mayMirror,
} from './creation/unconfirmed.ts';
export type { DeadLetterCause } from './records/dead-letter.ts';
export { type Action, actionOf, readAction } from './facts/action.ts';
export { displayOf, extrasOf } from './facts/display.ts';
export { actorObservations, imageObservations } from './facts/extract/first-seen.ts';
export { type CreatedObject, createdObjectOf } from './facts/extract/workloads.ts';
export { gitOpsOf } from './facts/gitops.ts';
export { didBoth } from './facts/person.ts';
export { requesterOf, REQUESTERS } from './facts/requesters.ts';
export {
  type AccountBinding,
  accountBindings,
  accountBindingSubjects,
  subjectsOfAccount,
} from './context/account-rights.ts';
export {
  ACTOR_OPERATIONS,
  actorSubjects,
  type FirstSeen,
  firstSeenOf,
  timelineOf,
} from './context/actor-history.ts';
export type { Attribution } from './context/attribution.ts';
export { type Author, authorOf, authorSubjects } from './context/author.ts';
export { distributionOf } from './context/distribution.ts';
export { type GrantAnswer, type GrantChange, grantMarks, grantOf, grantSubjects } from './context/grant.ts';
export { answersOf, grantedActions, pendingSubjectsOf } from './context/pending.ts';
export { type Surroundings, surroundingsOf, surroundingSubjects } from './context/surroundings.ts';
export { assessRisk, SIGNALS } from './risk/assess.ts';
export { ATTACK_VERSION } from './risk/attack.ts';
export { contains, isPublic, parseAddress, parseNetwork } from './risk/detectors/addresses.ts';
export { fetchedCodeIn, reverseShellIn } from './risk/detectors/commands.ts';
export { plainPath, reachOf } from './risk/detectors/host-paths.ts';
export { canonicalImage, endsWithRepository, isImageOrCopy } from './risk/detectors/image-names.ts';
export { type Likeness, likenessOf, slip } from './risk/detectors/likeness.ts';
export { minerIn } from './risk/detectors/miners.ts';
export { holdsShell, readCommandText } from './risk/detectors/shell-line.ts';
export { EXCUSES } from './risk/excuses.ts';
export { type Facts, readFacts } from './risk/facts.ts';
export type { HostPathKind } from './risk/detectors/host-paths.ts';
export { LIST_ENTRIES_MAX } from './risk/lists.ts';
export type { Risk, RiskSignal, SignalId } from './risk/risk.ts';
export type { AlertKind } from './alert/alert.ts';
export type { Question } from './alert/investigation/question.ts';
export { questionsOf } from './alert/investigation/questions.ts';
export { atOnce } from './base/steps.ts';
