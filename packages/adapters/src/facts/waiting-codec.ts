/**
 * Watches and revisions as both adapters keep them.
 *
 * Invariant: as with fact-codec.ts, the texts outlive processes and begin with a version; what cannot be read
 * counts as absent.
 */
import { asObject, asTexts, type EventPosition, type JsonObject } from '@arrivals/core';

/** `1 UNTIL`, a line feed, the value as JSON. */
export function waitingText(untilMs: number, value: string): string {
  return `1 ${String(untilMs)}\n${value}`;
}

export interface ReadWaiting {
  readonly untilMs: number;
  readonly value: JsonObject;
}

export function readWaiting(text: string): ReadWaiting | undefined {
  const [, untilMs = '', value = ''] = /^1 (\d{1,16})\n(.*)$/s.exec(text) ?? [];
  const read = asObject(parsed(value));
  return read === undefined ? undefined : { untilMs: Number(untilMs), value: read };
}

/** Equal text means equal positions. */
export function positionText({ topic, partition, offset, index }: EventPosition): string {
  return `${String(partition)} ${String(offset)} ${String(index)} ${topic}`;
}

/** `1 NUMBER POSITION`, a line feed, the answers as JSON. */
export function revisionText(number: number, by: string, answers: string): string {
  return `1 ${String(number)} ${by}\n${answers}`;
}

export interface ReadRevision {
  readonly number: number;
  readonly by: string;
  readonly answers: readonly string[];
}

export function readRevision(text: string): ReadRevision | undefined {
  const [, number, by = '', answers = ''] = /^1 (\d{1,16}) ([^\n]*)\n(.*)$/s.exec(text) ?? [];
  return number === undefined ? undefined : { number: Number(number), by, answers: asTexts(parsed(answers)) };
}

/** Undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
