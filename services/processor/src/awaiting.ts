/**
 * What is kept of an alert that waits for more to become known: where its event stands, and what it said.
 *
 * Invariant: `readWaitingAlert` takes back what `waitingAlert` wrote; what another version wrote in another form is no waiting alert.
 */
import { type Answers, asInteger, asObject, at, type Coordinates, type JsonObject, type Micros, textAt } from '@arrivals/core';
import type { Candidate } from './sift.ts';

export interface WaitingAlert {
  /** Where the event can be read again. */
  readonly place: Coordinates;
  /** Where it first stood: the coordinates that the alert names. */
  readonly first: Coordinates;
  /** When it was made: what came later tells nothing of it. */
  readonly moment: Micros;
  readonly answers: Answers;
}

export function waitingAlert({ place, coordinates }: Pick<Candidate, 'place' | 'coordinates'>, moment: Micros, answers: Answers): JsonObject {
  return { place: { ...place }, first: { ...coordinates }, moment, answers: { ...answers } };
}

export function readWaitingAlert(value: unknown): WaitingAlert | undefined {
  const place = readCoordinates(at(value, 'place'));
  const first = readCoordinates(at(value, 'first'));
  const moment = asInteger(at(value, 'moment'));
  const answers = asObject(at(value, 'answers'));
  if (place === undefined || first === undefined || moment === undefined || answers === undefined) return undefined;
  const texts = Object.entries(answers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { place, first, moment, answers: Object.fromEntries(texts) };
}

function readCoordinates(value: unknown): Coordinates | undefined {
  const topic = textAt(value, 'topic');
  const [partition, offset, index] = [asInteger(at(value, 'partition')), asInteger(at(value, 'offset')), asInteger(at(value, 'index'))];
  return topic === undefined || partition === undefined || offset === undefined || index === undefined ? undefined : { topic, partition, offset, index };
}
