/**
 * From creations to what is published: deduplicate → enrich → alert, and alerts of before that are told anew.
 *
 * Invariant: of all candidates with one identity, the one whose coordinates hold the claim makes the alert;
 * the others are duplicates, as are all records but one that put the same dead letter back. An alert that
 * could not be held to this says so in its flags. A candidate whose alert cannot be built or published
 * becomes a dead letter and harms nobody else.
 */
import {
  ALERT_JSON_SCHEMA,
  ALERT_SCHEMA_FINGERPRINT,
  deadLetterRecord,
  encodeAlert,
} from '@arrivals/adapters/avro';
import {
  type Alert,
  alertJson,
  type Creation,
  type DeadLetter,
  messageOf,
  type Micros,
  microsOfMillis,
  type OutgoingRecord,
  type RiskLists,
  type Steps,
  type Telemetry,
  type TopicNames,
  UNKNOWN_CLUSTER,
} from '@arrivals/core';
import { withinBudgetInTurns } from './budget.ts';
import type { Built } from './built.ts';
import type { Deduplicator } from './deduplicator.ts';
import type { Enricher, Enrichment, Missed } from './enricher.ts';
import type { Refused } from './oversize.ts';
import { type Candidate, type Classified, setAside } from './classify.ts';
import { Yielder } from './yielder.ts';
import type { Alerted, Outcome, Revised } from './outcome.ts';

export type BuildInSteps = (creation: Creation) => Steps<Alert>;

export interface DecideOptions {
  readonly deduplicator: Deduplicator;
  readonly enricher: Enricher;
  readonly topics: TopicNames;
  readonly build: BuildInSteps;
  readonly riskLists: RiskLists;
  readonly nowMs: number;
  /** What the bus refused before. */
  readonly refused: Refused;
  /** What was built before. */
  readonly built: Built;
  readonly signal: AbortSignal;
  readonly telemetry: Telemetry;
}

/** Of several, each decided by itself. */
export function merged(outcomes: readonly Outcome[]): Outcome {
  return {
    alerted: outcomes.flatMap(({ alerted }) => alerted),
    duplicates: outcomes.flatMap(({ duplicates }) => duplicates),
    revised: outcomes.flatMap(({ revised }) => revised),
    missed: outcomes.flatMap(({ missed }) => missed),
    lostFacts: outcomes.reduce((sum, { lostFacts }) => sum + lostFacts, 0),
    dead: outcomes.flatMap(({ dead }) => dead),
    outputs: outcomes.flatMap(({ outputs }) => outputs),
    bypassed: outcomes.findLast(({ bypassed }) => bypassed !== undefined)?.bypassed,
  };
}

/** @throws ArrivalsError state_unavailable, and bus_unavailable where an alert is told anew */
export async function decide(
  { candidates, extracted, dead }: Pick<Classified, 'candidates' | 'extracted' | 'dead'>,
  options: DecideOptions,
): Promise<Outcome> {
  const { topics, build, riskLists, nowMs, refused } = options;
  const { verdicts, bypassed } = await options.deduplicator.deduplicate(candidates);
  const first = candidates.filter(
    (candidate) => verdicts.has(candidate) && refused.of(candidate) === undefined,
  );
  // Who passes unasked is not asked about either.
  const enrichment = await options.enricher.enrich(
    extracted,
    bypassed === undefined ? first : [],
    bypassed !== undefined,
    options.signal,
  );
  const alertedAtMicros = microsOfMillis(nowMs);
  const alerted: Alerted[] = [];
  const letters = [...dead];
  const yielder = new Yielder();
  for (const candidate of candidates) {
    await yielder.next();
    const refusal = refused.of(candidate);
    const flags = verdicts.get(candidate);
    if (flags === undefined) continue;
    if (refusal !== undefined) {
      letters.push(setAside(candidate, 'processing_failed', refusal));
      continue;
    }
    try {
      const context = enrichment.contexts.get(candidate) ?? null;
      const all =
        enrichment.skipped && !flags.includes('notEnriched') ? [...flags, 'notEnriched' as const] : flags;
      const creation = {
        ...asFirstSeen(candidate),
        flags: all,
        riskLists,
        alertedAtMicros,
        context,
        revision: 1,
        revised: [],
      };
      const made = async (): Promise<readonly OutgoingRecord[]> =>
        alertRecords(
          await withinBudgetInTurns('build', candidate.position, options.telemetry, build(creation), yielder),
          topics,
        );
      const records = await options.built.of(candidate, { flags: all, context, nowMs }, made);
      alerted.push({ candidate, records });
    } catch (error) {
      letters.push(setAside(candidate, 'alert_failed', error));
    }
  }
  // The last one may have taken long as well.
  await yielder.next();
  const { revised, missed } = await revise(enrichment, alertedAtMicros, options);
  const deadRecords = letters.map((letter) => letterRecord(refused.clip(letter), topics.deadLetters, nowMs));
  const outputs = [
    ...alerted.flatMap(({ records }) => records),
    ...revised.flatMap(({ records }) => records),
    ...deadRecords,
  ];
  const duplicates = candidates.filter((candidate) => !verdicts.has(candidate));
  return {
    alerted,
    duplicates,
    revised,
    missed,
    lostFacts: enrichment.lostFacts,
    dead: letters,
    outputs,
    bypassed,
  };
}

/** What cannot be told anew was told once: it is counted, and no dead letter. */
async function revise(
  { revisions, missed }: Enrichment,
  alertedAtMicros: Micros,
  { build, riskLists, topics, refused, telemetry }: DecideOptions,
): Promise<Pick<Outcome, 'revised' | 'missed'>> {
  const yielder = new Yielder();
  const revised: Revised[] = [];
  const others: Missed[] = [];
  for (const { candidate, ...revision } of revisions) {
    await yielder.next();
    const { cluster, identity } = candidate;
    const name = `${identity.toString('hex')} ${String(revision.revision)}`;
    try {
      if (refused.ofRevision(name)) {
        others.push({ cluster, reason: 'refused' });
        continue;
      }
      const steps = build({ ...asFirstSeen(candidate), ...revision, riskLists, alertedAtMicros });
      const alert = await withinBudgetInTurns('build', candidate.position, telemetry, steps, yielder);
      revised.push({ cluster, name, records: alertRecords(alert, topics) });
    } catch {
      others.push({ cluster, reason: 'refused' });
    }
  }
  await yielder.next();
  return { revised, missed: [...missed, ...others] };
}

/** An alert names where its event first stood, as whoever looks for it finds both: a redrive only copies it. */
function asFirstSeen(candidate: Candidate): Candidate {
  return { ...candidate, position: candidate.originalPosition };
}

/** The alert in Avro and, where somebody wants it, in JSON: the same names, and times as text, without what is null. */
function alertRecords(alert: Alert, { alerts, alertsJson }: TopicNames): readonly OutgoingRecord[] {
  const { alertId: key } = alert;
  const headers = { alert_id: key, revision: String(alert.revision) };
  const avro = {
    topic: alerts,
    key,
    value: encodeAlert(alert),
    headers: { ...headers, schema: ALERT_SCHEMA_FINGERPRINT, 'content-type': 'avro/binary' },
  };
  if (alertsJson === null) return [avro];
  const value = Buffer.from(alertJson(alert));
  return [
    avro,
    {
      topic: alertsJson,
      key,
      value,
      headers: { ...headers, schema: ALERT_JSON_SCHEMA, 'content-type': 'application/json' },
    },
  ];
}

/**
 * A dead letter that cannot be encoded would hold its partition for ever: then its bytes and their place are
 * kept, and why.
 */
function letterRecord(letter: DeadLetter, topic: string, nowMs: number): OutgoingRecord {
  try {
    return deadLetterRecord(letter, topic);
  } catch (error) {
    const detail = `${letter.reason}, of what cannot be told: ${messageOf(error)}`.slice(0, 500);
    return deadLetterRecord(
      { ...letter, cluster: UNKNOWN_CLUSTER, receivedAtMicros: microsOfMillis(nowMs), detail, form: null },
      topic,
    );
  }
}
