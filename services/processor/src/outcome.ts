/**
 * From creations to what is published: deduplicate → alert.
 *
 * Invariant: of all candidates with one identity, the one whose coordinates hold the claim makes the alert; the others are
 * duplicates, as are all records but one that put the same dead letter back. A candidate whose alert cannot be built or
 * published becomes a dead letter and harms nobody else.
 */
import { ALERT_JSON_SCHEMA, ALERT_SCHEMA_FINGERPRINT, deadLetterRecord, encodeAlert } from '@arrivals/adapters/avro';
import {
  type Alert,
  asArrivalsError,
  type buildAlert,
  type ClaimRequest,
  type ClaimResult,
  type DeadLetter,
  messageOf,
  microsOfMillis,
  type OutgoingRecord,
  type State,
  type TopicNames,
} from '@arrivals/core';
import type { Refused } from './refused.ts';
import { type Candidate, setAside, type Sifted, UNKNOWN_CLUSTER } from './sift.ts';

export interface Alerted {
  readonly candidate: Candidate;
  readonly records: readonly OutgoingRecord[];
}

export interface Outcome {
  readonly alerted: readonly Alerted[];
  readonly duplicates: readonly Candidate[];
  readonly dead: readonly DeadLetter[];
  readonly outputs: readonly OutgoingRecord[];
}

export interface DecideOptions {
  readonly state: State;
  readonly topics: TopicNames;
  readonly build: typeof buildAlert;
  readonly nowMs: number;
  /** What the bus refused before. */
  readonly refused: Refused;
}

/** @throws ArrivalsError state_unavailable */
export async function decide({ candidates, dead }: Sifted, options: DecideOptions): Promise<Outcome> {
  const { topics, build, nowMs, refused } = options;
  const claims = await claimAll(candidates, options);
  const alerted: Alerted[] = [];
  const duplicates: Candidate[] = [];
  const letters = [...dead];
  for (const candidate of candidates) {
    const refusal = refused.of(candidate);
    if (claims.get(candidate) !== 'claimed') duplicates.push(candidate);
    else if (refusal !== undefined) letters.push(setAside(candidate, 'processing_failed', refusal));
    else {
      try {
        alerted.push({ candidate, records: alertRecords(build({ ...candidate, alertedAtMicros: microsOfMillis(nowMs) }), topics) });
      } catch (error) {
        letters.push(setAside(candidate, 'alert_failed', error));
      }
    }
  }
  const deadRecords = letters.map((letter) => letterRecord(refused.clip(letter), topics.deadLetters, nowMs));
  return { alerted, duplicates, dead: letters, outputs: [...alerted.flatMap(({ records }) => records), ...deadRecords] };
}

/** What was put back claims its dead letter before it claims its identity, for which its first coordinates stand. */
async function claimAll(candidates: readonly Candidate[], { state, nowMs }: DecideOptions): Promise<ReadonlyMap<Candidate, ClaimResult['outcome']>> {
  const outcomes = new Map<Candidate, ClaimResult['outcome']>();
  const claim = async (claims: readonly (readonly [Candidate, ClaimRequest])[]): Promise<void> => {
    if (claims.length === 0) return;
    const results = await claimed(
      state,
      claims.map(([, request]) => request),
      nowMs,
    );
    for (const [i, [candidate]] of claims.entries()) outcomes.set(candidate, results[i]?.outcome ?? 'claimed');
  };
  await claim(candidates.flatMap((candidate) => (candidate.putBack === undefined ? [] : [[candidate, candidate.putBack] as const])));
  const left = candidates.filter((candidate) => outcomes.get(candidate) !== 'duplicate');
  await claim(left.map((candidate) => [candidate, { identity: candidate.identity, by: candidate.coordinates }] as const));
  return outcomes;
}

/** Whatever it fails with is no event's fault. @throws ArrivalsError state_unavailable */
async function claimed(state: State, requests: readonly ClaimRequest[], nowMs: number): Promise<readonly ClaimResult[]> {
  try {
    return await state.claim(requests, nowMs);
  } catch (error) {
    throw asArrivalsError(error, 'state_unavailable');
  }
}

/** The alert in Avro and, where somebody wants it, in JSON: the same names, and times as text. */
function alertRecords(alert: Alert, { alerts, alertsJson }: TopicNames): readonly OutgoingRecord[] {
  const { alertId: key } = alert;
  const headers = { alert_id: key, revision: String(alert.revision) };
  const avro = { topic: alerts, key, value: encodeAlert(alert), headers: { ...headers, schema: ALERT_SCHEMA_FINGERPRINT, 'content-type': 'avro/binary' } };
  if (alertsJson === null) return [avro];
  const value = Buffer.from(JSON.stringify(alert));
  return [avro, { topic: alertsJson, key, value, headers: { ...headers, schema: ALERT_JSON_SCHEMA, 'content-type': 'application/json' } }];
}

/** A dead letter that cannot be encoded would hold its partition for ever: then its bytes and their place are kept, and why. */
function letterRecord(letter: DeadLetter, topic: string, nowMs: number): OutgoingRecord {
  try {
    return deadLetterRecord(letter, topic);
  } catch (error) {
    const detail = `${letter.reason}, of what cannot be told: ${messageOf(error)}`.slice(0, 500);
    return deadLetterRecord({ ...letter, cluster: UNKNOWN_CLUSTER, receivedAtMicros: microsOfMillis(nowMs), detail, form: null }, topic);
  }
}
