/**
 * The questions of an investigation with their answers, as the alert has them.
 *
 * Invariant: every question of the runbook is there, under its id; without the context they stand unanswered.
 */
import type { CreationContext } from '../../context/creation-context.ts';
import { questionsOf } from './questions.ts';
import type { Actor, AlertKind, AlertObject, Step } from '../alert.ts';
import { printable } from '../../text/printable.ts';
import { MASK } from '../../text/mask.ts';
import type { Shortener } from '../bounds.ts';
import { type Instruction, runbookOf } from './runbook.ts';

export interface Investigated {
  readonly kind: AlertKind;
  readonly object: AlertObject;
  readonly actor: Actor;
  readonly context: CreationContext | null;
}

export function investigationOf(
  { kind, object, actor, context }: Investigated,
  shortener: Shortener,
): readonly Step[] {
  if (context === null) return runbookOf(kind).investigation.map(unanswered);
  const { author, grants, timeline, firstSeen, accountBindings, surroundings } = context;
  const identifiedAs = identityForRbacOf(actor, shortener);
  const findings = {
    kind,
    object,
    actor,
    identifiedAs,
    author,
    timeline,
    firstSeen,
    accountBindings,
    surroundings,
    grants: grants.map(({ answer }) => answer),
  };
  return questionsOf(findings).map(({ id, question, status, answer, fields, howToLook }) => ({
    id,
    text: question,
    fields,
    status,
    answer: shortener.text(`investigation.${id}`, answer),
    // A command that is cut might do something else.
    howToLook:
      howToLook === null || howToLook.length > shortener.bounds.textMax ? null : printable(howToLook),
  }));
}

const GROUPS_MAX = 12;

/**
 * Without his groups he would have fewer rights than he had; without a name of the ones cut, none is better.
 */
function identityForRbacOf(
  { username, groups, impersonatedUsername, impersonatedGroups }: Actor,
  { cuts }: Shortener,
): readonly string[] | null {
  const [name, its] =
    impersonatedUsername === null ? [username, groups] : [impersonatedUsername, impersonatedGroups];
  const isWhole = !cuts.some(({ path }) => /^actor\.(?:username|groups|impersonated)/.test(path));
  const words = [name ?? '', ...its];
  if (
    !isWhole ||
    name === null ||
    its.length > GROUPS_MAX ||
    words.some((word) => word === '' || word.includes(MASK))
  )
    return null;
  return [`--as=${name}`, ...its.map((group) => `--as-group=${group}`)];
}

export function unanswered(instruction: Instruction): Step {
  return { ...instruction, status: null, answer: null, howToLook: null };
}
