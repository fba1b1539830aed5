/**
 * How a note of an attempt is kept: one line of text. The format outlives processes; what cannot be read
 * counts as no note.
 */
import {
  asArray,
  asInteger,
  asObject,
  at,
  type Attempt,
  ENDS_MAX,
  type Ends,
  type PositionInRecord,
} from '@arrivals/core';

export function attemptText({ from, to, singled }: Attempt): string {
  const kept =
    singled === null
      ? null
      : {
          at: singled.at === null ? null : pair(singled.at),
          ends: singled.ends.slice(0, ENDS_MAX).map(triple),
        };
  return JSON.stringify({ from, to, singled: kept });
}

export function readAttempt(text: string): Attempt | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const [from, to] = [asInteger(at(value, 'from')), asInteger(at(value, 'to'))];
    if (from === undefined || to === undefined) return undefined;
    const singled = asObject(at(value, 'singled'));
    if (singled === undefined) return { from, to, singled: null };
    const ends = asArray(singled['ends']).flatMap((entry): readonly Ends[] => {
      const positionInRecord = positionIn(entry);
      const count = asInteger(asArray(entry)[2]);
      return positionInRecord === undefined || count === undefined
        ? []
        : [{ ...positionInRecord, ends: count }];
    });
    return { from, to, singled: { at: positionIn(singled['at']) ?? null, ends } };
  } catch {
    return undefined;
  }
}

function pair({ offset, index }: PositionInRecord): readonly number[] {
  return [offset, index];
}

function triple({ ends, ...place }: Ends): readonly number[] {
  return [...pair(place), ends];
}

function positionIn(value: unknown): PositionInRecord | undefined {
  const [offset, index] = asArray(value).map(asInteger);
  return offset === undefined || index === undefined ? undefined : { offset, index };
}
