/**
 * Reads what wrappings carry: a text or a value, in one another, line by line where a line was split.
 *
 * Invariant: what looks like an audit event is recognised before anything else (in `any`); depth is bounded,
 * and the work is linear in the bytes at each depth. A text counts as a line of a log only where a wrapping
 * has one, never inside an event.
 */
import { Buffer } from 'node:buffer';
import { JsonSyntaxError } from '../json-scanner.ts';
import { isAuditEvent } from '../platforms/audit-event.ts';
import { isAzureRow } from '../platforms/azure-row.ts';
import { JsonView } from '../platforms/json-view.ts';
import type { Parts } from '../platforms/part.ts';
import type { Carried, Element, Wrapped } from './carried.ts';
import { isKlogLine, loggedLine } from './line.ts';
import { LineParts } from './line-parts.ts';
import { logRecord, signatureOf } from './log-record.ts';
import { otlpLogs } from './otlp.ts';
import { storedRecord } from './stores.ts';
import { isWrapping, type Source, unreadable, type Wrapping } from './wrapping.ts';

/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';
/** A container's line in a shipper's record in a store's answer in a queue's envelope, and one more. */
const WRAPPED_MAX = 5;
const LOOK_ALIKE =
  'its container is called like an API server, in a namespace where others may run one; the API server’s own is kube-system';

export interface Unwrapping {
  readonly parts: Parts;
  /** Takes a value of any shape; false when none is known. */
  any(value: JsonView): boolean;
  /** Takes what is packed in base64. */
  packed(base64: string, element: Element, source: Source): void;
}

export class WrappingReader {
  /** What carried the current value. */
  carrier: Source | null = null;
  readonly #unwrapping: Unwrapping;
  readonly #parts: Parts;
  readonly #lines: LineParts;
  #depth = 0;

  constructor(unwrapping: Unwrapping) {
    this.#unwrapping = unwrapping;
    this.#parts = unwrapping.parts;
    this.#lines = new LineParts((element, why, wrapping) => {
      this.refuse(element, wrapping, why);
    });
  }

  /** What waited for the end of a line that never came. */
  end(): void {
    this.#lines.end();
  }

  /** False for a value that is no wrapping. */
  value(value: JsonView): boolean {
    const wrapped = otlpLogs(value) ?? storedRecord(value) ?? logRecord(value);
    return wrapped !== undefined && this.#within(wrapped.wrapping, value, () => this.#carriedAll(wrapped));
  }

  /** Runs `take` a level deeper, if there may be one. */
  #within(source: Source, element: Element, take: () => boolean): boolean {
    if (this.#depth >= WRAPPED_MAX) {
      this.#parts.refuse(
        element,
        source,
        'event_not_json',
        `expected wrappings in one another at most ${String(WRAPPED_MAX)} times, found more`,
      );
      return true;
    }
    this.#depth++;
    const known = this.carriedBy(source, take);
    this.#depth--;
    return known;
  }

  /** For a common shape, what it carries decides. */
  #carriedAll({ wrapping, carried, certain }: Wrapped): boolean {
    let known = certain;
    for (const each of carried) known = this.#carriedOne(each, wrapping, certain) || known;
    return known;
  }

  #carriedOne({ content, element, origin, part }: Carried, wrapping: Wrapping, certain: boolean): boolean {
    if (origin === 'other') this.#parts.other(wrapping);
    else if (origin === 'look_alike') this.refuse(element, wrapping, LOOK_ALIKE);
    else if (content?.isObject === true || content?.isArray === true)
      return this.#json(content, certain ? wrapping : undefined);
    else {
      const text = content?.text();
      if (text === undefined && certain) this.refuse(element, wrapping, 'it holds no text');
      if (text === undefined) return certain;
      if (!certain) return this.#quietly(text, element, wrapping);
      const line = part === undefined ? { text, element } : this.#lines.add(text, part, element, wrapping);
      if (line !== undefined) this.text(line.text, line.element, wrapping);
    }
    return true;
  }

  /** What has no known shape is validated as an event where one is expected, or left to the caller. */
  #json(value: JsonView, source: Source | undefined): boolean {
    if (value.text('kind') === 'EventList') {
      for (const item of value.at('items')?.elements() ?? [])
        this.#parts.event(item.bytes, item.byteOffset, source ?? this.carrier);
      return true;
    }
    if (this.#unwrapping.any(value)) return true;
    if (source === undefined) return false;
    if (isContainerLog(source) && isKlogJson(value)) this.#parts.other('klog');
    else this.#parts.event(value.bytes, value.byteOffset, source);
    return true;
  }

  /**
   * Takes a text only if something known is in it: JSON of a known shape, or a line with a prefix that holds
   * such.
   */
  #quietly(text: string, element: Element, wrapping: Wrapping): boolean {
    const trimmed = text.trim();
    const line = loggedLine(trimmed);
    const values = jsonValues(
      line === undefined ? trimmed : line.content.trim(),
      element.byteOffset,
      this.#parts.itemsMax,
    );
    if (
      line?.goesOn !== true &&
      (typeof values === 'string' || !values.some((value) => value.isObject && isKnownTop(value)))
    )
      return false;
    this.text(text, element, wrapping);
    return true;
  }

  /** A text that is certainly where an event should be. */
  text(text: string, element: Element, source: Source): void {
    const trimmed = text.trim();
    const line = beginsJson(trimmed) ? undefined : loggedLine(trimmed);
    if (line !== undefined) {
      this.#within(line.wrapping, element, () => {
        const whole =
          line.goesOn === undefined
            ? { text: line.content, element }
            : this.#criLine(line.content, line.goesOn, line.stream, element);
        if (whole !== undefined) this.text(whole.text, whole.element, line.wrapping);
        return true;
      });
    } else if (trimmed === '' && isContainerLog(source))
      this.#parts.other(isWrapping(source) ? source : 'klog');
    else if (isKlogLine(trimmed)) this.#parts.other('klog');
    else if (trimmed.startsWith(GZIP_BASE64)) this.#unwrapping.packed(trimmed, element, source);
    else this.#jsonText(trimmed, element, source);
  }

  /** The API server writes audit events to its stdout alone. */
  #criLine(
    content: string,
    goesOn: boolean,
    stream: string | undefined,
    element: Element,
  ): { readonly text: string; readonly element: Element } | undefined {
    if (stream === 'stderr') {
      this.#parts.other('CRI');
      return undefined;
    }
    return this.#lines.add(content, { log: 'CRI', goesOn }, element, 'CRI');
  }

  #jsonText(text: string, element: Element, source: Source): void {
    const values = jsonValues(text, element.byteOffset, this.#parts.itemsMax);
    if (typeof values === 'string') this.refuse(element, source, values);
    else for (const value of values) this.#json(value, source);
  }

  /** A text in a platform's log, which may itself be a shipper's. */
  message(text: string, element: Element, source: Source): void {
    this.#within(source, element, () => {
      this.text(text, element, source);
      return true;
    });
  }

  refuse(element: Element, source: Source, why: string): void {
    this.#parts.refuse(
      element,
      source,
      'event_not_json',
      isWrapping(source) ? unreadable(source, why) : `expected an audit event as JSON text: ${why}`,
    );
  }

  /** Runs `take` with what it reads carried by `source`. */
  carriedBy<T>(source: Source, take: () => T): T {
    const outer = this.carrier;
    this.carrier = source;
    try {
      return take();
    } finally {
      this.carrier = outer;
    }
  }

  refuseLookAlike(element: Element, source: Source): void {
    this.refuse(element, source, LOOK_ALIKE);
  }
}

/** Where the lines of a container are, including those that it wrote itself. */
function isContainerLog(source: Source): boolean {
  return source !== 'Kafka Connect' && isWrapping(source);
}

/** The API server's own log with --logging-format=json. */
function isKlogJson(value: JsonView): boolean {
  return value.number('ts') !== undefined && value.at('msg') !== undefined && value.at('stage') === undefined;
}

function beginsJson(text: string): boolean {
  return text.startsWith('{');
}

/** The values of a text, or why there are none. */
function jsonValues(text: string, byteOffset: number, valuesMax: number): readonly JsonView[] | string {
  try {
    const values = JsonView.all(Buffer.from(text), byteOffset, valuesMax);
    if (values.length > valuesMax)
      return `expected at most ${String(valuesMax)} values in one element, found more`;
    if (!values.every((value) => value.isObject || value.isArray)) return 'expected a JSON object';
    return values.length > 0 ? values : 'it is empty';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

/** Whether an object is worth unpacking that an object of any kind may hold as a text. */
function isKnownTop(value: JsonView): boolean {
  return (
    isAuditEvent(value) ||
    value.text('kind') === 'EventList' ||
    isAzureRow(value) ||
    signatureOf(value) !== undefined
  );
}
