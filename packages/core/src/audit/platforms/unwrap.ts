/**
 * Finds the audit events in what a platform's log is delivered as, told by its shape alone.
 *
 * Invariant: only the top of a value tells its shape, and an audit event goes before every other shape: whatever a client puts into
 * the object it creates, its event stays one. Each element is one part, and a bad one harms only itself. Depth is bounded.
 * What is inflated comes from outside: `inflate` bounds it.
 */
import { Buffer } from 'node:buffer';
import { BODY_ITEMS_MAX } from '../event-list.ts';
import { JsonSyntaxError } from '../json-scanner.ts';
import { isStage } from '../validity.ts';
import { isAzureRecord, takeAzureRecord } from './aks.ts';
import { takeCloudWatch } from './cloudwatch.ts';
import { takeLogEntry } from './gke.ts';
import { JsonView } from './json-view.ts';
import { isForwarded, isOfOtherLog, takeForwarded } from './openshift.ts';
import { type Part, Parts } from './part.ts';
import type { Platform } from './platform.ts';

/** Inflates gzip within bounds, or says why not. What it throws is the caller's. */
export type Inflate = (gzip: Buffer) => Buffer | { readonly why: string };

/** A message in an envelope in a list: nobody packs it oftener. */
const UNPACKED_MAX = 2;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';

/**
 * The parts of one JSON value, undefined when it is in no shape that is known here; an EventList is not.
 * @throws JsonSyntaxError when it is no JSON value, ArrivalsError body_too_large for more than `itemsMax` parts, and what `inflate` throws
 */
export function unwrap(value: Buffer, inflate: Inflate, itemsMax: number = BODY_ITEMS_MAX): readonly Part[] | undefined {
  const unwrapping = new Unwrapping(inflate, itemsMax);
  const [only, ...more] = JsonView.all(value, undefined, 1);
  if (only === undefined || more.length > 0) throw new JsonSyntaxError('one value', 0, only === undefined);
  return unwrapping.list(only) || unwrapping.value(only) ? unwrapping.parts.all : undefined;
}

class Unwrapping {
  readonly parts: Parts;
  readonly #inflate: Inflate;
  #unpacked = 0;
  /** What a plain event was carried by. */
  #carrier: Platform | null = null;

  constructor(inflate: Inflate, itemsMax: number) {
    this.parts = new Parts(itemsMax);
    this.#inflate = inflate;
  }

  /** An array of values, at least one of which is of a known shape. */
  list(value: JsonView): boolean {
    if (!value.isArray) return false;
    let known = false;
    for (const element of value.elements()) {
      if (this.value(element)) known = true;
      else this.parts.event(element.bytes, element.byteOffset, null);
    }
    return known;
  }

  value(value: JsonView): boolean {
    if (!value.isObject) return this.#gzipText(value);
    if (value.text('kind') === 'EventList') return false;
    if (isAuditEvent(value)) return this.#event(value);
    return this.#records(value) || takeCloudWatch(value, this.parts) || takeLogEntry(value, this.parts) || this.#message(value) || this.#record(value);
  }

  /** Without a stage it is judged as what stands there, where one is expected; alone it is nothing that is known. */
  #event(value: JsonView): boolean {
    if (value.text('stage') === undefined) return false;
    const forwarded = isForwarded(value);
    if (forwarded && isOfOtherLog(value)) this.parts.other('OpenShift');
    else this.parts.event(value.bytes, value.byteOffset, forwarded ? 'OpenShift' : this.#carrier);
    return true;
  }

  /** What stands in lists too. */
  #record(value: JsonView): boolean {
    if (isAzureRecord(value)) takeAzureRecord(value, this.parts);
    else if (isForwarded(value)) takeForwarded(value, this.parts);
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
      else if (!this.#record(element)) this.parts.event(element.bytes, element.byteOffset, null);
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
  #carried(base64: string, element: JsonView, platform: Platform): void {
    const values = this.#unpack(base64, element);
    if ('why' in values) {
      this.parts.refuse(element, platform, 'event_not_json', values.why);
      return;
    }
    const outer = this.#carrier;
    this.#carrier = platform;
    this.#unpacked++;
    for (const value of values) if (!this.value(value)) this.parts.event(value.bytes, value.byteOffset, platform);
    this.#unpacked--;
    this.#carrier = outer;
  }

  #unpack(base64: string, element: JsonView): readonly JsonView[] | { readonly why: string } {
    if (this.#unpacked >= UNPACKED_MAX) return { why: `packed into one another more than ${String(UNPACKED_MAX)} times` };
    if (!BASE64.test(base64)) return { why: 'expected base64' };
    const bytes = Buffer.from(base64, 'base64');
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? this.#inflate(bytes) : bytes;
    if ('why' in text) return text;
    try {
      const { itemsMax } = this.parts;
      const values = JsonView.all(text, element.byteOffset, itemsMax);
      if (values.length > itemsMax) return { why: `expected at most ${String(itemsMax)} values in one element, found more` };
      return values.length > 0 ? values : { why: 'there is nothing in it' };
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      return { why: `expected JSON in base64: ${error.message}` };
    }
  }
}

/** One of a known form is enough. */
function holdsRecords(list: JsonView): boolean {
  for (const element of list.elements()) if (dataOf(element) !== undefined || isAzureRecord(element)) return true;
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
