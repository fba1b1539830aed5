/**
 * Names the wrapping of an item that was set aside, so that its dead letter can say what to do.
 *
 * Invariant: it only names: what is to be taken was looked for before, and with what the whole log tells.
 */
import type { Buffer } from 'node:buffer';
import { JsonView } from '../platforms/json-view.ts';
import { isKlogLine, loggedLine } from './line.ts';
import { logRecord, timedRecord } from './log-record.ts';
import { otlpLogs } from './otlp.ts';
import { storedRecord } from './stores.ts';
import type { Wrapping } from './wrapping.ts';

/** Of a text, only so much is looked at. */
const TEXT_UNITS_MAX = 16_384;

/** @param bytes one JSON value */
export function wrappingNamed(bytes: Buffer): Wrapping | undefined {
  return named(JsonView.of(bytes));
}

function named(item: JsonView): Wrapping | undefined {
  if (item.isArray) {
    const record = timedRecord(item) ?? item.first();
    return record?.isObject === true ? named(record) : undefined;
  }
  if (!item.isObject) return namedText(item);
  const wrapped = otlpLogs(item) ?? storedRecord(item) ?? logRecord(item);
  if (wrapped === undefined || wrapped.certain) return wrapped?.wrapping;
  // Many things have a message: of those that hold a log's line, or JSON, it is said what they seem to be.
  for (const { content } of wrapped.carried) {
    const text = content?.textWithin(TEXT_UNITS_MAX)?.trim();
    if (text?.startsWith('{') === true || (text !== undefined && loggedLine(text) !== undefined))
      return wrapped.wrapping;
  }
  return undefined;
}

function namedText(item: JsonView): Wrapping | undefined {
  const text = item.textWithin(TEXT_UNITS_MAX)?.trim();
  if (text === undefined) return undefined;
  return isKlogLine(text) ? 'klog' : loggedLine(text)?.wrapping;
}
