/**
 * What a platform's log consists of, once it is unpacked.
 *
 * Invariant: each element of a log is one part. `byteOffset` is its position in the input, or the position of
 * what it was unpacked from.
 */
import { Buffer } from 'node:buffer';
import { type EventSlice, scanEvent, tooManyItems } from '../event-list.ts';
import { JsonSyntaxError } from '../json-scanner.ts';
import type { DeadLetterReason, ForeignForm } from '../validity.ts';
import type { Element } from '../wrappings/carried.ts';
import { isWrapping, type Source, type Wrapping } from '../wrappings/wrapping.ts';

export type Part =
  /**
   * What was found where an audit event belongs, not yet validated. Platform null: as an API server writes
   * it.
   */
  | {
      readonly kind: 'event';
      readonly bytes: Buffer;
      readonly slice: EventSlice;
      readonly byteOffset: number;
      readonly platform: Source | null;
    }
  /** No event can be made of it. `bytes` are the element's own. */
  | {
      readonly kind: 'refused';
      readonly bytes: Buffer;
      readonly byteOffset: number;
      readonly platform: Source;
      readonly reason: DeadLetterReason;
      readonly detail: string;
      readonly form: ForeignForm;
    }
  /** Known not to be an audit event: an entry of another log that the platform keeps in the same place. */
  | { readonly kind: 'other'; readonly platform: Source };

const FORMS: Readonly<Record<Exclude<Source, Wrapping>, ForeignForm>> = {
  AKS: 'AKS diagnostics',
  EKS: 'EKS CloudWatch',
  GKE: 'GKE Cloud Logging',
  OpenShift: 'unknown',
};

/** Collects the parts of one text. @throws ArrivalsError body_too_large, from each method */
export class Parts {
  readonly all: Part[] = [];
  readonly itemsMax: number;

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax;
  }

  event(bytes: Buffer, byteOffset: number, platform: Source | null): void {
    const slice = scanEvent(bytes);
    this.#add({ kind: 'event', bytes: bytes.subarray(slice.start, slice.end), slice, byteOffset, platform });
  }

  /** Of `element`, the event that is in it as text. */
  eventText(text: string | undefined, element: Element, platform: Source): void {
    if (text === undefined) {
      this.refuse(element, platform, 'event_not_json', 'expected the text of an audit event, found none');
      return;
    }
    try {
      this.event(Buffer.from(text), element.byteOffset, platform);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      this.refuse(
        element,
        platform,
        'event_not_json',
        `expected an audit event as JSON text: ${error.message}`,
      );
    }
  }

  refuse(element: Element, platform: Source, reason: DeadLetterReason, detail: string): void {
    const { bytes, byteOffset } = element;
    this.#add({
      kind: 'refused',
      bytes,
      byteOffset,
      platform,
      reason,
      detail,
      form: isWrapping(platform) ? platform : FORMS[platform],
    });
  }

  other(platform: Source): void {
    this.#add({ kind: 'other', platform });
  }

  /** Gives out what was collected so far. */
  drain(): readonly Part[] {
    return this.all.splice(0);
  }

  #add(part: Part): void {
    if (this.all.length >= this.itemsMax) throw tooManyItems(this.itemsMax);
    this.all.push(part);
  }
}
