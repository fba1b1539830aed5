/**
 * Finds the audit events in what a platform's log is delivered as, or a log shipper hands on, told by its shape alone.
 *
 * Invariant: only the top of a value tells its shape, and an audit event goes before every other shape: whatever a client puts into
 * the object it creates, its event stays one. Each element is one part, and a bad one harms only itself. Depth is bounded.
 * What is inflated comes from outside: `inflate` bounds it.
 */
import { Buffer } from 'node:buffer';
import { BODY_ITEMS_MAX, tooManyItems } from '../event-list.ts';
import { JsonSyntaxError } from '../json-scanner.ts';
import { isStage } from '../validity.ts';
import type { Carried, Element, Wrapped } from '../wrappings/carried.ts';
import { isKlogLine, loggedLine } from '../wrappings/line.ts';
import { LineParts } from '../wrappings/line-parts.ts';
import { logRecord, signatureOf, timedRecord } from '../wrappings/log-record.ts';
import { originOf } from '../wrappings/origin.ts';
import { otlpLogs } from '../wrappings/otlp.ts';
import { storedRecord } from '../wrappings/stores.ts';
import { isWrapping, type Source, unreadable, type Wrapping } from '../wrappings/wrapping.ts';
import { isAzureRecord, takeAzureRecord } from './aks.ts';
import { eventOfRow, isAzureRow, isQueryAnswer, tableRows } from './azure-row.ts';
import { takeCloudWatch } from './cloudwatch.ts';
import { takeLogEntry } from './gke.ts';
import { JsonView } from './json-view.ts';
import { isForwarded, isOfOtherLog, takeForwarded } from './openshift.ts';
import { type Part, Parts } from './part.ts';

/** Inflates gzip within bounds, or says why not. What it throws is the caller's. */
export type Inflate = (gzip: Buffer) => Buffer | { readonly why: string };

/** A message in an envelope in a list: nobody packs it oftener. */
const UNPACKED_MAX = 2;
/** A container's line in a shipper's record in a store's answer in a queue's envelope, and one more. */
const WRAPPED_MAX = 5;
const LOOK_ALIKE = 'its container is called like an API server, in a namespace where others may run one; the API server’s own is kube-system';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';

/**
 * The parts of one JSON value, or of several that follow one another; undefined when it is in no shape that is known here; an EventList is not.
 * @throws JsonSyntaxError when it is no JSON, ArrivalsError body_too_large for more than `itemsMax` parts, and what `inflate` throws
 */
export function unwrap(text: Buffer, inflate: Inflate, itemsMax: number = BODY_ITEMS_MAX): readonly Part[] | undefined {
  const unwrapper = new Unwrapper(inflate, itemsMax);
  const values = JsonView.all(text, undefined, itemsMax);
  if (values.length === 0) throw new JsonSyntaxError('a value', 0, true);
  if (values.length > itemsMax) throw tooManyItems(itemsMax);
  const parts = unwrapper.takeAll(values);
  return parts === undefined ? undefined : [...parts, ...unwrapper.end()];
}

/** Takes a log apart value by value and line by line: a line that was split is joined across them. */
export class Unwrapper {
  #parts: Parts;
  readonly #lines: LineParts;
  readonly #inflate: Inflate;
  readonly #itemsMax: number;
  #unpacked = 0;
  #wrapped = 0;
  /** What a plain event was carried by. */
  #carrier: Source | null = null;

  /** @param itemsMax of each value or line that is taken */
  constructor(inflate: Inflate, itemsMax: number) {
    this.#parts = new Parts(itemsMax);
    this.#inflate = inflate;
    this.#itemsMax = itemsMax;
    this.#lines = new LineParts((element, why, wrapping) => {
      this.#refuse(element, wrapping, why);
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
    const parts = this.#drain();
    return known ? parts : undefined;
  }

  /** Of a line that is no JSON; undefined for one without a prefix that is known. */
  takeLine(line: Buffer): readonly Part[] | undefined {
    const text = line.toString('utf8').trim();
    if (loggedLine(text) === undefined && !isKlogLine(text)) return undefined;
    this.#text(text, { bytes: line, byteOffset: 0 }, 'klog');
    return this.#drain();
  }

  /** What waited for the end of a line that never came. */
  end(): readonly Part[] {
    this.#lines.end();
    return this.#drain();
  }

  #drain(): readonly Part[] {
    const { all } = this.#parts;
    this.#parts = new Parts(this.#itemsMax);
    return all;
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
      this.#wrapping(value)
    );
  }

  /** Without a stage it is judged as what stands there, where one is expected; alone it is nothing that is known. */
  #event(value: JsonView): boolean {
    if (value.text('stage') === undefined) return false;
    const forwarded = isForwarded(value);
    const origin = forwarded ? 'untold' : originOf(value);
    if (forwarded && isOfOtherLog(value)) this.#parts.other('OpenShift');
    else if (origin === 'other') this.#parts.other(this.#carrier ?? 'Fluent Bit');
    else if (origin === 'look_alike') this.#refuse(value, this.#wrappingNow(), LOOK_ALIKE);
    else this.#parts.event(value.bytes, value.byteOffset, forwarded ? 'OpenShift' : this.#carrier);
    return true;
  }

  /** What stands in lists too. */
  #record(value: JsonView): boolean {
    if (isAzureRecord(value)) takeAzureRecord(value, this.#parts);
    else if (isAzureRow(value)) this.#parts.event(eventOfRow(value), value.byteOffset, 'AKS');
    else if (isForwarded(value)) takeForwarded(value, this.#parts);
    else return false;
    return true;
  }

  /** Event Hubs: records. Firehose: records[].data. Kinesis: Records[].kinesis.data in Lambda, Records[].Data from the command line. */
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
    const pubsub = value.text('message', 'messageId') === undefined ? undefined : value.text('message', 'data');
    if (awslogs !== undefined) this.#carried(awslogs, value, 'EKS');
    else if (pubsub !== undefined) this.#carried(pubsub, value, 'GKE');
    return awslogs !== undefined || pubsub !== undefined;
  }

  /** The base64 of gzip that stands alone, as a Kinesis record is shown. */
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
    const outer = this.#carrier;
    this.#carrier = platform;
    this.#unpacked++;
    for (const value of values) if (!this.#value(value)) this.#parts.event(value.bytes, value.byteOffset, platform);
    this.#unpacked--;
    this.#carrier = outer;
  }

  #unpack(base64: string, element: Element): readonly JsonView[] | { readonly why: string } {
    if (this.#unpacked >= UNPACKED_MAX) return { why: `packed into one another more than ${String(UNPACKED_MAX)} times` };
    if (!BASE64.test(base64)) return { why: 'expected base64' };
    const bytes = Buffer.from(base64, 'base64');
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? this.#inflate(bytes) : bytes;
    if ('why' in text) return text;
    try {
      const itemsMax = this.#itemsMax;
      const values = JsonView.all(text, element.byteOffset, itemsMax);
      if (values.length > itemsMax) return { why: `expected at most ${String(itemsMax)} values in one element, found more` };
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

  #wrapping(value: JsonView): boolean {
    const wrapped = otlpLogs(value) ?? storedRecord(value) ?? logRecord(value);
    return wrapped !== undefined && this.#within(wrapped.wrapping, value, () => this.#carriedAll(wrapped));
  }

  /** Runs `take` a level deeper, if there may be one. */
  #within(source: Source, element: Element, take: () => boolean): boolean {
    if (this.#wrapped >= WRAPPED_MAX) {
      this.#parts.refuse(element, source, 'event_not_json', `expected wrappings in one another at most ${String(WRAPPED_MAX)} times, found more`);
      return true;
    }
    const outer = this.#carrier;
    this.#carrier = source;
    this.#wrapped++;
    const known = take();
    this.#wrapped--;
    this.#carrier = outer;
    return known;
  }

  /** Of a shape that many things have, what it carries decides. */
  #carriedAll({ wrapping, carried, certain }: Wrapped): boolean {
    let known = certain;
    for (const each of carried) known = this.#carriedOne(each, wrapping, certain) || known;
    return known;
  }

  #carriedOne({ content, element, origin, part }: Carried, wrapping: Wrapping, certain: boolean): boolean {
    if (origin === 'other') this.#parts.other(wrapping);
    else if (origin === 'look_alike') this.#refuse(element, wrapping, LOOK_ALIKE);
    else if (content?.isObject === true || content?.isArray === true) return this.#json(content, certain ? wrapping : undefined);
    else {
      const text = content?.text();
      if (text === undefined && certain) this.#refuse(element, wrapping, 'it holds no text');
      if (text === undefined) return certain;
      if (!certain) return this.#quietly(text, element, wrapping);
      const line = part === undefined ? { text, element } : this.#lines.add(text, part, element, wrapping);
      if (line !== undefined) this.#text(line.text, line.element, wrapping);
    }
    return true;
  }

  /** What is in no known shape is judged as what stands where an event is expected, or left to whoever asked. */
  #json(value: JsonView, source: Source | undefined): boolean {
    if (value.text('kind') === 'EventList') {
      for (const item of value.at('items')?.elements() ?? []) this.#parts.event(item.bytes, item.byteOffset, source ?? this.#carrier);
      return true;
    }
    if (this.#any(value)) return true;
    if (source === undefined) return false;
    if (isContainerLog(source) && isKlogJson(value)) this.#parts.other('klog');
    else this.#parts.event(value.bytes, value.byteOffset, source);
    return true;
  }

  /** Takes a text only if something known is in it: JSON of a known shape, or a line with a prefix that holds such. */
  #quietly(text: string, element: Element, wrapping: Wrapping): boolean {
    const trimmed = text.trim();
    const line = loggedLine(trimmed);
    const values = jsonValues(line === undefined ? trimmed : line.content.trim(), element.byteOffset, this.#itemsMax);
    if (line?.goesOn !== true && (typeof values === 'string' || !values.some((value) => value.isObject && isKnownTop(value)))) return false;
    this.#text(text, element, wrapping);
    return true;
  }

  /** A text that certainly stands where an event should. */
  #text(text: string, element: Element, source: Source): void {
    const trimmed = text.trim();
    const line = beginsJson(trimmed) ? undefined : loggedLine(trimmed);
    if (line !== undefined) {
      this.#within(line.wrapping, element, () => {
        const whole = line.goesOn === undefined ? { text: line.content, element } : this.#criLine(line.content, line.goesOn, line.stream, element);
        if (whole !== undefined) this.#text(whole.text, whole.element, line.wrapping);
        return true;
      });
    } else if (trimmed === '' && isContainerLog(source)) this.#parts.other(isWrapping(source) ? source : 'klog');
    else if (isKlogLine(trimmed)) this.#parts.other('klog');
    else if (trimmed.startsWith(GZIP_BASE64)) this.#carried(trimmed, element, source);
    else this.#jsonText(trimmed, element, source);
  }

  /** The API server writes audit events to its stdout alone. */
  #criLine(content: string, goesOn: boolean, stream: string | undefined, element: Element): { readonly text: string; readonly element: Element } | undefined {
    if (stream === 'stderr') {
      this.#parts.other('CRI');
      return undefined;
    }
    return this.#lines.add(content, { log: 'CRI', goesOn }, element, 'CRI');
  }

  #jsonText(text: string, element: Element, source: Source): void {
    const values = jsonValues(text, element.byteOffset, this.#itemsMax);
    if (typeof values === 'string') this.#refuse(element, source, values);
    else for (const value of values) this.#json(value, source);
  }

  readonly #messageText = (text: string | undefined, element: JsonView): void => {
    if (text === undefined) this.#parts.eventText(text, element, 'EKS');
    else this.#within('EKS', element, () => {
      this.#text(text, element, 'EKS');
      return true;
    });
  };

  #refuse(element: Element, source: Source, why: string): void {
    this.#parts.refuse(element, source, 'event_not_json', isWrapping(source) ? unreadable(source, why) : `expected an audit event as JSON text: ${why}`);
  }

  #wrappingNow(): Source {
    return this.#carrier ?? 'Fluent Bit';
  }
}

/** One of a known form is enough. */
function holdsRecords(list: JsonView): boolean {
  for (const element of list.elements()) if (dataOf(element) !== undefined || isAzureRecord(element) || isAzureRow(element)) return true;
  return false;
}

/** Of a record of Firehose or Kinesis. */
function dataOf(element: JsonView): string | undefined {
  return element.text('data') ?? element.text('kinesis', 'data') ?? element.text('Data');
}

/** Items of an EventList have a stage and no kind. */
function isAuditEvent(value: JsonView): boolean {
  const kind = value.text('kind');
  if (kind === undefined) return isStage(value.text('stage'));
  return kind === 'Event' && value.text('apiVersion')?.startsWith('audit.k8s.io/') === true;
}

/** Where the lines of a container stand, those that it wrote of itself among them. */
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
    if (values.length > valuesMax) return `expected at most ${String(valuesMax)} values in one element, found more`;
    if (!values.every((value) => value.isObject || value.isArray)) return 'expected a JSON object';
    return values.length > 0 ? values : 'it is empty';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

/** Whether an object is worth unpacking that an object of any kind may hold as a text. */
function isKnownTop(value: JsonView): boolean {
  return isAuditEvent(value) || value.text('kind') === 'EventList' || isAzureRow(value) || signatureOf(value) !== undefined;
}
