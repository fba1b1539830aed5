/**
 * The captures of a real API server with their truth, and the context that is built of them event by event.
 */
import {
  type AuditEvent,
  type Answers,
  contextFactsOf,
  identityOf,
  type KnownFacts,
  parseAuditEvent,
  select,
} from '@arrivals/core';
import {
  actionOf,
  type Author,
  authorOf,
  authorSubjects,
  answersOf,
  type GrantAnswer,
  grantedActions,
  grantOf,
  grantSubjects,
  type CreatedObject,
  createdObjectOf,
  pendingSubjectsOf,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MemoryContext } from '../../../support/memory-facts.ts';

const folder = path.resolve(import.meta.dirname, '../../../../fixtures/audit');
export const CLUSTER = 'c';

export interface TrueLink {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly uid: string;
  readonly createdBy: string | null;
}

type Part = 'creator' | 'templateAuthor' | 'scaler';

export interface TruePod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly scenario: string;
  readonly by: string;
  readonly chain: readonly TrueLink[];
  readonly author: Readonly<Record<Part, string | null>>;
  readonly grants: Partial<Readonly<Record<Part, number>>>;
  readonly revision?: unknown;
  /** Between whom the events do not decide. */
  readonly candidates?: readonly string[] | null;
  readonly uidInEvent: boolean;
}

export interface TrueNamespace extends Pick<TruePod, 'uid' | 'name' | 'scenario' | 'grants' | 'uidInEvent'> {
  readonly by: string;
}

interface Named {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | null;
}

export interface TrueGrant {
  readonly user: string;
  readonly binding: Named | null;
  readonly role: Named | null;
  readonly subject: Named | null;
  readonly changes: readonly { readonly of: string; readonly user: string; readonly verb: string }[];
  readonly selfGranted: boolean;
}

export interface ContextCapture {
  readonly events: readonly AuditEvent[];
  readonly pods: readonly TruePod[];
  readonly namespaces: readonly TrueNamespace[];
  readonly grants: readonly TrueGrant[];
}

export function readContextCapture(name: string): ContextCapture {
  const truth = JSON.parse(readFileSync(path.join(folder, `${name}.expected.json`), 'utf8')) as Omit<
    ContextCapture,
    'events'
  >;
  const posts = gunzipSync(readFileSync(path.join(folder, `${name}.jsonl.gz`))).toString('utf8');
  const events = posts
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(
      (line) => (JSON.parse((JSON.parse(line) as { body: string }).body) as { items: unknown[] }).items,
    )
    .map((item) => parseAuditEvent(Buffer.from(JSON.stringify(item))));
  return { ...truth, events };
}

/** What an alert of a creation would show. */
export interface Answered {
  readonly createdObject: CreatedObject;
  readonly author: Author;
  /** Of the acts of grantedActs, in that order. */
  readonly grants: readonly GrantAnswer[];
  readonly answers: Answers;
}

/** The creations of a kind, each once, by uid or, where its event has none, by namespace and name. */
export function creationsIn(
  events: readonly AuditEvent[],
  kind: 'Pod' | 'Namespace',
): ReadonlyMap<string, AuditEvent> {
  const creations = new Map<string, AuditEvent>();
  for (const event of events) {
    const selection = select(event);
    if (!('created' in selection) || selection.created !== kind) continue;
    const createdObject = madeFrom(event);
    const key = createdObject.uid ?? `${createdObject.namespace ?? ''}/${createdObject.name ?? ''}`;
    if (!creations.has(key)) creations.set(key, event);
  }
  return creations;
}

export function madeFrom(event: AuditEvent): CreatedObject {
  return createdObjectOf(event, actionOf(event) ?? assert.fail('an event without user or time'));
}

export function keyOf({
  uid,
  namespace,
  name,
  uidInEvent,
}: Pick<TruePod, 'uid' | 'name' | 'uidInEvent'> & { readonly namespace?: string }): string {
  return uidInEvent ? uid : `${namespace ?? name}/${name}`;
}

export async function contextOf(events: readonly AuditEvent[]): Promise<MemoryContext> {
  const context = new MemoryContext();
  for (const event of events) await context.remember(contextFactsOf(CLUSTER, event), 0);
  return context;
}

export async function known(context: MemoryContext, abouts: readonly string[]): Promise<KnownFacts> {
  const recalled = await context.recall(
    abouts.map((about) => ({ cluster: CLUSTER, about })),
    0,
  );
  return recalled.get(CLUSTER) ?? new Map();
}

export async function answered(context: MemoryContext, createdObject: CreatedObject): Promise<Answered> {
  const author = authorOf(createdObject, await known(context, authorSubjects(createdObject)));
  const grants: GrantAnswer[] = [];
  for (const action of grantedActions(createdObject, author))
    grants.push(grantOf(action, await known(context, grantSubjects(action))));
  return { createdObject, author, grants, answers: answersOf(author, grants) };
}

/**
 * As a processor goes along: each creation is answered when it comes, and again whenever something becomes
 * known that it waits for.
 */
export async function answeredAlongTheWay(
  events: readonly AuditEvent[],
  awaitingMax = Infinity,
): Promise<ReadonlyMap<string, Answered>> {
  const context = new MemoryContext(awaitingMax);
  const last = new Map<string, Answered>();
  const waiting = new Map<string, readonly [key: string, event: AuditEvent]>();
  const reachedBy = new Map<string, Set<string>>();
  const answer = async (key: string, event: AuditEvent): Promise<void> => {
    const createdObject = madeFrom(event);
    const identity = identityOf(CLUSTER, event);
    waiting.set(identity.toString('hex'), [key, event]);
    const reached = reachedBy.get(key) ?? new Set<string>();
    reachedBy.set(key, reached);
    let answers = await answered(context, createdObject);
    // What is learnt on waiting may open more.
    for (;;) {
      const open = pendingSubjectsOf(
        createdObject,
        answers.author,
        grantedActions(createdObject, answers.author),
      ).filter(({ about }) => !reached.has(about));
      if (open.length === 0) break;
      for (const { about } of open) reached.add(about);
      await context.watch(
        open.map(({ about }) => ({ cluster: CLUSTER, about, identity, value: {} })),
        0,
      );
      answers = await answered(context, createdObject);
    }
    last.set(key, answers);
  };
  for (const event of events) {
    const told = await context.remember(contextFactsOf(CLUSTER, event), 0);
    for (const identity of new Set(told.map((entry) => entry.identity.toString('hex')))) {
      const [key, creation] = waiting.get(identity) ?? assert.fail('affected, but never waiting');
      await answer(key, creation);
    }
    for (const [key, creation] of creationsIn([event], 'Pod'))
      if (!last.has(key)) await answer(key, creation);
  }
  return last;
}

/** A shuffle that is the same each time. */
export function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
