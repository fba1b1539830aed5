/**
 * Label selectors, as the API server matches them (meta/v1 LabelSelector).
 *
 * Invariant: undefined where it is unknown: an unknown operator, or a selector that was not kept whole.
 */
import { asArray, asObject, asTexts, at, textAt } from '../base/json.ts';

export type Labels = Readonly<Record<string, string>>;

/** An empty selector matches everything; that is for the caller to rule out where it means nothing. */
export function matches(selector: unknown, labels: Labels): boolean | undefined {
  if (asObject(selector) === undefined) return undefined;
  const wanted = Object.entries(asObject(at(selector, 'matchLabels')) ?? {});
  const results = [
    ...wanted.map(([key, value]) => valueOf(labels, key) === value),
    ...asArray(at(selector, 'matchExpressions')).map((expression) => holds(expression, labels)),
  ];
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function holds(expression: unknown, labels: Labels): boolean | undefined {
  const value = valueOf(labels, textAt(expression, 'key') ?? '');
  const values = asTexts(at(expression, 'values'));
  switch (textAt(expression, 'operator') ?? '') {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      // What has no such label is not in the list either.
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return undefined;
  }
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
