/**
 * The stored form of a waiting alert: the position of its event, and its answers.
 *
 * Invariant: `readWaitingAlert` reads what `waitingAlert` wrote; another version's form is no waiting alert.
 */
import {
  type Answers,
  asInteger,
  asObject,
  at,
  type EventPosition,
  type JsonObject,
  type Micros,
  textAt,
} from '@arrivals/core';
import type { Candidate } from './classify.ts';

export interface WaitingAlert {
  /** The position at which the event can be read again. */
  readonly position: EventPosition;
  /** The original position, which the alert names. */
  readonly originalPosition: EventPosition;
  /** The time of the creation: later facts do not explain it. */
  readonly moment: Micros;
  readonly answers: Answers;
}

export function waitingAlert(
  { position, originalPosition }: Pick<Candidate, 'position' | 'originalPosition'>,
  moment: Micros,
  answers: Answers,
): JsonObject {
  return { place: { ...position }, first: { ...originalPosition }, moment, answers: { ...answers } };
}

export function readWaitingAlert(value: unknown): WaitingAlert | undefined {
  const position = readPosition(at(value, 'place'));
  const originalPosition = readPosition(at(value, 'first'));
  const moment = asInteger(at(value, 'moment'));
  const answers = asObject(at(value, 'answers'));
  if (
    position === undefined ||
    originalPosition === undefined ||
    moment === undefined ||
    answers === undefined
  )
    return undefined;
  const texts = Object.entries(answers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { position, originalPosition, moment, answers: Object.fromEntries(texts) };
}

function readPosition(value: unknown): EventPosition | undefined {
  const topic = textAt(value, 'topic');
  const [partition, offset, index] = [
    asInteger(at(value, 'partition')),
    asInteger(at(value, 'offset')),
    asInteger(at(value, 'index')),
  ];
  return topic === undefined || partition === undefined || offset === undefined || index === undefined
    ? undefined
    : { topic, partition, offset, index };
}
