/**
 * The risk of a creation, from its event and its context.
 *
 * Invariant: pure and total for whatever select() calls a creation. Points add up and stop at 100; the
 * discount for a known pipeline reduces only signals that are not hard. What was not seen is in `notAssessed`
 * and lowers the confidence, never the score; that a pod's spec was not seen is a signal of its own.
 */
import { ACTOR_SIGNALS, KNOWN_PIPELINE } from './signals/actor.ts';
import { CONTEXT_SIGNALS } from './signals/context.ts';
import { ATTACK_VERSION, technique } from './attack.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { type Facts, readFacts, type RiskInput } from './facts.ts';
import { HOST_ACCESS_SIGNALS, WHOLE_NODE } from './signals/host-access.ts';
import { NAMING_SIGNALS } from './signals/naming.ts';
import { PRIVILEGE_SIGNALS } from './signals/privilege.ts';
import type { NotAssessed, Risk, RiskConfidence, RiskSeverity, RiskSignal, SignalId } from './risk.ts';
import type { SignalRow } from './signals/signal.ts';
import type { Aspect, Unseen } from './unseen.ts';
import { UNSEEN_SPEC_SIGNALS } from './signals/unseen-spec.ts';
import { listed } from '../text/wording.ts';
import { WORKLOAD_SIGNALS } from './signals/workload.ts';

/** The table of signals. */
export const SIGNALS: readonly SignalRow[] = [
  ...ACTOR_SIGNALS,
  ...WORKLOAD_SIGNALS,
  ...HOST_ACCESS_SIGNALS,
  WHOLE_NODE,
  ...PRIVILEGE_SIGNALS,
  ...NAMING_SIGNALS,
  ...UNSEEN_SPEC_SIGNALS,
  ...CONTEXT_SIGNALS,
];

const SCORE_MAX = 100;
/** Fields that a signal names; the text has the number of the rest. */
const FIELDS_MAX = 8;

export function assessRisk(input: RiskInput): Risk {
  return atOnce(riskSteps(input));
}

/** The same, with a step for what is read and one for each signal. */
export function* riskSteps(input: RiskInput): Steps<Risk> {
  const facts = readFacts(input);
  yield;
  const rows = SIGNALS.filter(({ kinds }) => kinds.includes(facts.created));
  const first: Raised[] = [];
  for (const row of rows.filter(({ from }) => from === undefined)) {
    first.push(...raise(row, facts, []));
    yield;
  }
  const others = sum(first.map(({ signal }) => signal));
  const raised = [
    ...first,
    ...rows
      .filter(({ from }) => from !== undefined && others >= from)
      .flatMap((row) => raise(row, facts, first)),
  ];
  const found = raised.map(({ signal }) => signal).sort((a, b) => b.points - a.points);
  const signals = [...found, ...discount(facts, raised)];
  const score = Math.min(SCORE_MAX, sum(signals));
  const notAssessed = notAssessedOf(rows, facts, new Set(found.map(({ id }) => id)));
  return {
    score,
    severity: severityOf(score),
    confidence: confidenceOf(facts, notAssessed),
    attackVersion: ATTACK_VERSION,
    signals,
    notAssessed,
  };
}

interface Raised {
  readonly row: SignalRow;
  readonly signal: RiskSignal;
}

/** @param others the signals that a row with `from` goes by */
function raise(row: SignalRow, facts: Facts, others: readonly Raised[]): readonly Raised[] {
  const findings = row.find(facts);
  if (findings.length === 0) return [];
  const { id, points } = row;
  const weightiest = others.map(({ signal }) => signal).sort((a, b) => b.points - a.points);
  const text = row.say(
    listed(findings.map(({ what }) => what)),
    listed(weightiest.map((signal) => signal.id)),
  );
  const fields = [...new Set(findings.map(({ field }) => field))].slice(0, FIELDS_MAX);
  return [{ row, signal: { id, points, techniques: row.techniques.map(technique), text, fields } }];
}

function discount({ actor, author }: Facts, raised: readonly Raised[]): readonly RiskSignal[] {
  const soft = sum(raised.filter(({ row }) => !row.isHard).map(({ signal }) => signal));
  const known =
    author?.isPipeline === true
      ? { username: author.action.username, field: `${author.field}.username` }
      : { username: actor.username, field: 'actor.username' };
  if ((author?.isPipeline !== true && !actor.isPipeline) || soft === 0) return [];
  const { id, points, say } = KNOWN_PIPELINE;
  return [
    {
      id,
      points: Math.max(points, -soft),
      techniques: [],
      text: say(known.username ?? ''),
      fields: [known.field],
    },
  ];
}

function sum(signals: readonly RiskSignal[]): number {
  return signals.reduce((total, { points }) => total + points, 0);
}

export function severityOf(score: number): RiskSeverity {
  if (score >= 90) return 'critical';
  if (score >= 70) return 'high';
  if (score >= 40) return 'medium';
  return score >= 20 ? 'low' : 'informational';
}

/** By reason, so that a reader sees at once what is missing and why. */
function notAssessedOf(
  rows: readonly SignalRow[],
  { unseen }: Facts,
  found: ReadonlySet<SignalId>,
): readonly NotAssessed[] {
  const byReason = new Map<string, { readonly why: Unseen; readonly signals: SignalId[] }>();
  for (const { id, looksAt } of rows) {
    const why = looksAt.map((aspect) => unseen.get(aspect)).find((reason) => reason !== undefined);
    if (why === undefined || found.has(id)) continue;
    const key = `${why.reason} ${why.detail}`;
    const entry = byReason.get(key) ?? { why, signals: [] };
    entry.signals.push(id);
    byReason.set(key, entry);
  }
  return [...byReason.values()].map(({ why, signals }) => ({
    signals,
    reason: why.reason,
    detail: why.detail,
  }));
}

function confidenceOf({ created, pod, unseen }: Facts, notAssessed: readonly NotAssessed[]): RiskConfidence {
  const decisive: readonly Aspect[] = created === 'Pod' ? ['actor'] : ['actor', 'name'];
  if (decisive.some((aspect) => unseen.has(aspect)) || (created === 'Pod' && pod.containers.length === 0))
    return 'low';
  return notAssessed.length > 0 ? 'medium' : 'high';
}
