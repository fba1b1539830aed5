/**
 * From creations to what is published: deduplicate → alert.
 *
 * Invariant: of all candidates with one identity, the one whose coordinates hold the claim makes the alert; the others are
 * duplicates, as are all records but one that put the same dead letter back. An alert that could not be held to this says so in
 * its flags. A candidate whose alert cannot be built or published becomes a dead letter and harms nobody else.
 */
import { ALERT_JSON_SCHEMA, ALERT_SCHEMA_FINGERPRINT, deadLetterRecord, encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, type buildAlert, type DeadLetter, messageOf, microsOfMillis, type OutgoingRecord, type RiskLists, type TopicNames } from '@arrivals/core';
import type { Deduplicator } from './deduplicator.ts';
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
  /** Present when the alerts were made without asking the state: how long that had been away, and how many claims are owed to it. */
  readonly passed: { readonly awayMs: number; readonly owed: number } | undefined;
}

export interface DecideOptions {
  readonly deduplicator: Deduplicator;
  readonly topics: TopicNames;
  readonly build: typeof buildAlert;
  readonly riskLists: RiskLists;
  readonly nowMs: number;
  /** What the bus refused before. */
  readonly refused: Refused;
}

/** @throws ArrivalsError state_unavailable */
export async function decide({ candidates, dead }: Sifted, options: DecideOptions): Promise<Outcome> {
  const { topics, build, riskLists, nowMs, refused } = options;
  const { verdicts, passed } = await options.deduplicator.judge(candidates);
  const alerted: Alerted[] = [];
  const duplicates: Candidate[] = [];
  const letters = [...dead];
  for (const candidate of candidates) {
    const refusal = refused.of(candidate);
    const flags = verdicts.get(candidate);
    if (flags === undefined) duplicates.push(candidate);
    else if (refusal !== undefined) letters.push(setAside(candidate, 'processing_failed', refusal));
    else {
      try {
        alerted.push({ candidate, records: alertRecords(build({ ...candidate, flags, riskLists, alertedAtMicros: microsOfMillis(nowMs) }), topics) });
      } catch (error) {
        letters.push(setAside(candidate, 'alert_failed', error));
      }
    }
  }
  const deadRecords = letters.map((letter) => letterRecord(refused.clip(letter), topics.deadLetters, nowMs));
  return { alerted, duplicates, dead: letters, outputs: [...alerted.flatMap(({ records }) => records), ...deadRecords], passed };
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
