/**
 * The value of a field as the text that a violation shows: JSON, one level deep.
 *
 * Invariant: at most VALUE_TEXT_MAX characters and well-formed, whatever the value; what may be a secret is
 * masked before anything is shortened. Free text keeps its odd characters: an alert's Shortener replaces
 * them.
 */
import { maskText } from '../text/mask.ts';
import { isAbsent } from './field-location.ts';

export const VALUE_TEXT_MAX = 128;
const ENTRIES_MAX = 8;
/** Of each text: masking all of a long one would take longer than it is worth. */
const LOOKS_AT_MAX = 4096;

/** Null for what is absent. */
export function valueText(value: unknown): string | null {
  if (isAbsent(value)) return null;
  const text = typeof value === 'object' ? listText(value) : scalarText(value);
  return text.length > VALUE_TEXT_MAX ? `${text.slice(0, VALUE_TEXT_MAX - 1).toWellFormed()}…` : text;
}

function listText(value: object): string {
  const isList = Array.isArray(value);
  const all = isList ? (value as readonly unknown[]) : Object.keys(value);
  const first: readonly (readonly [key: string, entry: unknown])[] = isList
    ? all.slice(0, ENTRIES_MAX).map((entry) => ['', entry])
    : Object.entries(value).slice(0, ENTRIES_MAX);
  const shown = first.map(([key, entry]) => `${isList ? '' : `${scalarText(key)}:`}${entryText(entry)}`);
  const inside = [...shown, ...(all.length > ENTRIES_MAX ? ['…'] : [])].join(',');
  return isList ? `[${inside}]` : `{${inside}}`;
}

function entryText(entry: unknown): string {
  if (Array.isArray(entry)) return '[…]';
  return typeof entry === 'object' && entry !== null ? '{…}' : scalarText(entry);
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(maskText(value.slice(0, LOOKS_AT_MAX))) : String(value);
}
