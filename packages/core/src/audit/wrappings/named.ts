/**
 * Names the wrapping of an item that was set aside, so that its dead letter can name the remedy.
 *
 * Invariant: it only names: events were extracted before, with knowledge of the whole log.
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
  // Many objects have a message: those that hold a log's line, or JSON, are named by what they seem to be.
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
