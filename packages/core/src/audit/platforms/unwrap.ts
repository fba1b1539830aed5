/**
 * Finds the audit events in a platform's log, or in what a log shipper forwards, by shape alone.
 *
 * Invariant: only the top of a value decides its shape, and an audit event is recognised before every other
 * shape: whatever a client puts into the object it creates, its event stays one. Each element is one part,
 * and a bad one harms only itself. Depth is bounded. What is inflated is untrusted: `inflate` bounds it.
 */
import { Buffer } from 'node:buffer';
import { BODY_ITEMS_MAX, tooManyItems } from '../event-list.ts';
import { JsonSyntaxError } from '../json-scanner.ts';
import type { Element } from '../wrappings/carried.ts';
import { isKlogLine, loggedLine } from '../wrappings/line.ts';
import { timedRecord } from '../wrappings/log-record.ts';
import { originOf } from '../wrappings/origin.ts';
import { WrappingReader } from '../wrappings/reader.ts';
import type { Source } from '../wrappings/wrapping.ts';
import { isAuditEvent } from './audit-event.ts';
import { isAzureRecord, takeAzureRecord } from './aks.ts';
import { eventOfRow, isAzureRow, isQueryAnswer, tableRows } from './azure-row.ts';
import { takeCloudWatch } from './cloudwatch.ts';
import { takeLogEntry } from './gke.ts';
import { JsonView } from './json-view.ts';
import { isForwarded, isOfOtherLog, takeForwarded } from './openshift.ts';
import { type Part, Parts } from './part.ts';

/** Inflates gzip within bounds, or returns why not. The caller handles what it throws. */
export type Inflate = (gzip: Buffer) => Buffer | { readonly why: string };

/** A message in an envelope in a list: no deeper nesting is known. */
const UNPACKED_MAX = 2;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';

/**
 * The parts of one JSON value, or of several that follow one another; undefined when it is in no shape that
 * is known here; an EventList is not.
 * @throws JsonSyntaxError when it is no JSON, ArrivalsError body_too_large for more than `itemsMax` parts,
 * and what `inflate` throws
 */
export function unwrap(
  text: Buffer,
  inflate: Inflate,
  itemsMax: number = BODY_ITEMS_MAX,
): readonly Part[] | undefined {
  const unwrapper = new Unwrapper(inflate, itemsMax);
  const values = JsonView.all(text, undefined, itemsMax);
  if (values.length === 0) throw new JsonSyntaxError('a value', 0, true);
  if (values.length > itemsMax) throw tooManyItems(itemsMax);
  const parts = unwrapper.takeAll(values);
  return parts === undefined ? undefined : [...parts, ...unwrapper.end()];
}

/** Takes a log apart value by value and line by line: a line that was split is joined across them. */
export class Unwrapper {
  readonly #parts: Parts;
  readonly #wrappings: WrappingReader;
  readonly #inflate: Inflate;
  #unpacked = 0;

  /** @param itemsMax of each value or line that is taken */
  constructor(inflate: Inflate, itemsMax: number) {
    this.#parts = new Parts(itemsMax);
    this.#inflate = inflate;
    this.#wrappings = new WrappingReader({
      parts: this.#parts,
      any: (value) => this.#any(value),
      packed: (base64, element, source) => {
        this.#carried(base64, element, source);
      },
    });
  }

  /** Of one JSON value; undefined when it is in no shape that is known. @throws as unwrap does */
  take(value: Buffer): readonly Part[] | undefined {
    return this.takeAll([JsonView.of(value)]);
  }

  takeAll(values: readonly JsonView[]): readonly Part[] | undefined {
    let known = false;
    for (const value of values) {
      if (this.#any(value)) known = true;
      else if (values.length > 1) this.#parts.event(value.bytes, value.byteOffset, null);
    }
    const parts = this.#parts.drain();
    return known ? parts : undefined;
  }

  /** Of a line that is no JSON; undefined for one without a prefix that is known. */
  takeLine(line: Buffer): readonly Part[] | undefined {
    const text = line.toString('utf8').trim();
    if (loggedLine(text) === undefined && !isKlogLine(text)) return undefined;
    this.#wrappings.text(text, { bytes: line, byteOffset: 0 }, 'klog');
    return this.#parts.drain();
  }

  /** What waited for the end of a line that never came. */
  end(): readonly Part[] {
    this.#wrappings.end();
    return this.#parts.drain();
  }

  #any(value: JsonView): boolean {
    return this.#list(value) || this.#value(value);
  }

  /** An array of values, at least one of which is of a known shape. */
  #list(value: JsonView): boolean {
    if (!value.isArray || timedRecord(value) !== undefined) return false;
    let known = false;
    const before = this.#parts.all.length;
    for (const element of value.elements()) {
      if (this.#value(element)) known = true;
      else this.#parts.event(element.bytes, element.byteOffset, null);
    }
    if (!known) this.#parts.all.length = before;
    return known;
  }

  #value(value: JsonView): boolean {
    if (value.isArray) return this.#timed(value);
    if (!value.isObject) return this.#gzipText(value);
    if (value.text('kind') === 'EventList') return false;
    if (isAuditEvent(value)) return this.#event(value);
    return (
      this.#records(value) ||
      takeCloudWatch(value, this.#parts, this.#messageText) ||
      takeLogEntry(value, this.#parts) ||
      this.#message(value) ||
      this.#record(value) ||
      this.#table(value) ||
      this.#wrappings.value(value)
    );
  }

  /**
   * Without a stage it is validated as an audit event where one is expected; alone it is of no known shape.
   */
  #event(value: JsonView): boolean {
    if (value.text('stage') === undefined) return false;
    const forwarded = isForwarded(value);
    const origin = forwarded ? 'untold' : originOf(value);
    if (forwarded && isOfOtherLog(value)) this.#parts.other('OpenShift');
    else if (origin === 'other') this.#parts.other(this.#wrappings.carrier ?? 'Fluent Bit');
    else if (origin === 'look_alike')
      this.#wrappings.refuseLookAlike(value, this.#wrappings.carrier ?? 'Fluent Bit');
    else this.#parts.event(value.bytes, value.byteOffset, forwarded ? 'OpenShift' : this.#wrappings.carrier);
    return true;
  }

  /** What is in lists too. */
  #record(value: JsonView): boolean {
    if (isAzureRecord(value)) takeAzureRecord(value, this.#parts);
    else if (isAzureRow(value)) this.#parts.event(eventOfRow(value), value.byteOffset, 'AKS');
    else if (isForwarded(value)) takeForwarded(value, this.#parts);
    else return false;
    return true;
  }

  /**
   * Event Hubs: records. Firehose: records[].data. Kinesis: Records[].kinesis.data in Lambda, Records[].Data
   * from the command line.
   */
  #records(value: JsonView): boolean {
    const list = value.at('records') ?? value.at('Records');
    if (list === undefined || !holdsRecords(list)) return false;
    for (const element of list.elements()) {
      const data = dataOf(element);
      if (data !== undefined) this.#carried(data, element, 'EKS');
      else if (!this.#record(element)) this.#parts.event(element.bytes, element.byteOffset, null);
    }
    return true;
  }

  /** Lambda's awslogs.data, a Pub/Sub message. */
  #message(value: JsonView): boolean {
    const awslogs = value.text('awslogs', 'data');
    const pubsub =
      value.text('message', 'messageId') === undefined ? undefined : value.text('message', 'data');
    if (awslogs !== undefined) this.#carried(awslogs, value, 'EKS');
    else if (pubsub !== undefined) this.#carried(pubsub, value, 'GKE');
    return awslogs !== undefined || pubsub !== undefined;
  }

  /** The base64 of gzip on its own, as a Kinesis record is shown. */
  #gzipText(value: JsonView): boolean {
    const text = value.text();
    if (text?.startsWith(GZIP_BASE64) !== true) return false;
    this.#carried(text, value, 'EKS');
    return true;
  }

  /** @param element what is set aside where `base64` cannot be read. */
  #carried(base64: string, element: Element, platform: Source): void {
    const values = this.#unpack(base64, element);
    if ('why' in values) {
      this.#parts.refuse(element, platform, 'event_not_json', values.why);
      return;
    }
    this.#unpacked++;
    this.#wrappings.carriedBy(platform, () => {
      for (const value of values)
        if (!this.#value(value)) this.#parts.event(value.bytes, value.byteOffset, platform);
    });
    this.#unpacked--;
  }

  #unpack(base64: string, element: Element): readonly JsonView[] | { readonly why: string } {
    if (this.#unpacked >= UNPACKED_MAX)
      return { why: `packed into one another more than ${String(UNPACKED_MAX)} times` };
    if (!BASE64.test(base64)) return { why: 'expected base64' };
    const bytes = Buffer.from(base64, 'base64');
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? this.#inflate(bytes) : bytes;
    if ('why' in text) return text;
    try {
      const { itemsMax } = this.#parts;
      const values = JsonView.all(text, element.byteOffset, itemsMax);
      if (values.length > itemsMax)
        return { why: `expected at most ${String(itemsMax)} values in one element, found more` };
      return values.length > 0 ? values : { why: 'there is nothing in it' };
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      return { why: `expected JSON in base64: ${error.message}` };
    }
  }

  /** Fluentd's and Fluent Bit's entry: the record in it counts. */
  #timed(value: JsonView): boolean {
    const record = timedRecord(value);
    return record !== undefined && this.#value(record);
  }

  /** What a query of Azure Monitor answers. */
  #table(value: JsonView): boolean {
    if (!isQueryAnswer(value)) return false;
    for (const { row, event, log } of tableRows(value)) {
      if (event !== undefined) this.#parts.event(event, row.byteOffset, 'AKS');
      else this.#parts.eventText(log?.text(), row, 'AKS');
    }
    return true;
  }

  readonly #messageText = (text: string | undefined, element: JsonView): void => {
    if (text === undefined) this.#parts.eventText(text, element, 'EKS');
    else this.#wrappings.message(text, element, 'EKS');
  };
}

/** One of a known form is enough. */
function holdsRecords(list: JsonView): boolean {
  for (const element of list.elements())
    if (dataOf(element) !== undefined || isAzureRecord(element) || isAzureRow(element)) return true;
  return false;
}

/** Of a record of Firehose or Kinesis. */
function dataOf(element: JsonView): string | undefined {
  return element.text('data') ?? element.text('kinesis', 'data') ?? element.text('Data');
}
