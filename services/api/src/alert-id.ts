/** The ID of an alert as typed by people: a UUID, or its prefix. */
import { ArrivalsError } from '@arrivals/core/light';

const WHOLE = 36;
export const ID_CHARACTERS_MIN = 8;
const HYPHENS: readonly number[] = [8, 13, 18, 23];

/** In the form of the alert. Undefined if it is no ID, or too short. */
export function parseAlertId(text: string): string | undefined {
  if (text.length < ID_CHARACTERS_MIN || text.length > WHOLE) return undefined;
  const id = text.toLowerCase();
  const isId = Array.from(id).every((character, i) =>
    HYPHENS.includes(i) ? character === '-' : /[0-9a-f]/.test(character),
  );
  return isId ? id : undefined;
}

/** @throws ArrivalsError alert_id_invalid */
export function alertIdFrom(text: string): string {
  const id = parseAlertId(text);
  if (id !== undefined) return id;
  const expected = `expected ${String(ID_CHARACTERS_MIN)} to ${String(WHOLE)} characters of a UUID`;
  throw new ArrivalsError('alert_id_invalid', `${expected}, found ${JSON.stringify(text.slice(0, 80))}`);
}

export function isWhole(id: string): boolean {
  return id.length === WHOLE;
}
