/**
 * From creations to what is published: deduplicate → alert.
 *
 * Invariant: of all candidates with one identity, the one whose coordinates hold the claim makes the alert; the others are
 * duplicates. An alert that could not be held to this says so in its flags. A candidate whose alert cannot be built becomes a dead letter and harms nobody else.
 */
import { ALERT_JSON_SCHEMA, ALERT_SCHEMA_FINGERPRINT, deadLetterRecord, encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, buildAlert, type DeadLetter, microsOfMillis, type OutgoingRecord, type TopicNames } from '@arrivals/core';
import type { Deduplicator } from './deduplicator.ts';
import { type Candidate, setAside, type Sifted } from './sift.ts';

export interface Outcome {
  readonly alerted: readonly Candidate[];
  readonly duplicates: readonly Candidate[];
  readonly dead: readonly DeadLetter[];
  readonly outputs: readonly OutgoingRecord[];
  /** Present when the alerts were made without asking the state: how long that had been away. */
  readonly awayMs: number | undefined;
}

/** @throws ArrivalsError state_unavailable */
export async function decide({ candidates, dead }: Sifted, deduplicator: Deduplicator, topics: TopicNames, nowMs: number): Promise<Outcome> {
  const { verdicts, awayMs } = await deduplicator.judge(candidates);
  const alerted: Candidate[] = [];
  const duplicates: Candidate[] = [];
  const letters = [...dead];
  const alerts: OutgoingRecord[] = [];
  for (const [i, candidate] of candidates.entries()) {
    const flags = verdicts[i];
    if (flags === undefined) {
      duplicates.push(candidate);
      continue;
    }
    try {
      alerts.push(...alertRecords(buildAlert({ ...candidate, flags, alertedAtMicros: microsOfMillis(nowMs) }), topics));
      alerted.push(candidate);
    } catch (error) {
      letters.push(setAside(candidate, 'alert_failed', error));
    }
  }
  const deadRecords = letters.map((letter) => deadLetterRecord(letter, topics.deadLetters));
  return { alerted, duplicates, dead: letters, outputs: [...alerts, ...deadRecords], awayMs };
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
