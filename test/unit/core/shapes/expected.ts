/** What is expected of a shape, in the words that the tables beside this file are written in. */
import type { Alert, FilterReason, UnknownReason } from '@arrivals/core';

/** Values of alerts by path, for example { 'actor.peerAddress': '127.0.0.1' }. */
export type Shows = Readonly<Record<string, unknown>>;

/** What of `object` an alert lists as unknown, and why. */
export type Unknowns = Readonly<Record<string, UnknownReason>>;

export type Expected =
  | {
      readonly outcome: 'alerted';
      /** Whether the server's answer shows that the object was stored. */
      readonly confirmed: boolean;
      readonly shows: Shows;
      readonly unknown: Unknowns;
      /** Of the shape's other events, but for the stage RequestReceived. */
      readonly filtered: readonly FilterReason[];
    }
  | { readonly outcome: 'filtered'; readonly filtered: readonly FilterReason[] };

export type Group = Readonly<Record<string, Expected>>;

interface Facts {
  readonly shows?: Shows;
  readonly unknown?: Unknowns;
  readonly filtered?: readonly FilterReason[];
}

/** One alert for each object that is there afterwards. */
export function alerted({ shows = {}, unknown = {}, filtered = [] }: Facts = {}): Expected {
  return { outcome: 'alerted', confirmed: true, shows, unknown, filtered };
}

/** One alert that is flagged "unconfirmed", whether or not anything is there. */
export function unconfirmed({ shows = {}, unknown = NO_ANSWER, filtered = [] }: Facts = {}): Expected {
  return { outcome: 'alerted', confirmed: false, shows, unknown, filtered };
}

export function filtered(...reasons: readonly FilterReason[]): Expected {
  return { outcome: 'filtered', filtered: reasons };
}

const unknownFor = (reason: UnknownReason, fields: readonly string[]): Unknowns =>
  Object.fromEntries(fields.map((field) => [field, reason]));

const METADATA = ['uid', 'generateName', 'labels', 'annotations', 'ownerReferences'];
const SPEC = ['privileged', 'containers', 'volumes', 'serviceAccountName', 'nodeName', 'hostAccess'];

/** A Namespace, or a Pod, of which the event shows no body; named by objectRef. */
export const bareNamespace = (reason: UnknownReason): Unknowns => unknownFor(reason, METADATA);
export const barePod = (reason: UnknownReason): Unknowns => unknownFor(reason, [...METADATA, ...SPEC]);
/** The same where the server makes the name: not even that is known. */
export const namelessPod = (reason: UnknownReason): Unknowns => ({ ...barePod(reason), name: reason });

/** Only what the client sent is known, and he named no service account. */
export const NO_ANSWER: Unknowns = unknownFor('notInEvent', ['uid', 'serviceAccountName']);

/** The value at a path; fails for a path that no alert has. */
export function shownAt(alert: Alert, dotted: string): unknown {
  let current: unknown = alert;
  for (const key of dotted.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key))
      throw new RangeError(`an alert has no ${dotted}`);
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return current;
}
