/**
 * Contexts and alerts of the captures' creations, as a processor has them once all that belongs to them was
 * seen.
 */
import {
  type Alert,
  type AuditEvent,
  buildAlert,
  contextFactsOf,
  contextSubjects,
  type CreatedKind,
  type CreationContext,
  creationContextOf,
  identityOf,
  parseAuditEvent,
  creationQueryOf,
  select,
} from '@arrivals/core';
import type { FirstSeen } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { MemoryContext } from '../../../support/memory-facts.ts';
import { COORDINATES, LISTS } from '../alert/creations.ts';
import { CLUSTER, type ContextCapture, creationsIn, keyOf, known, readContextCapture } from './captures.ts';

export interface ScenarioCreation {
  readonly scenario: string;
  readonly name: string;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  /** By the truth: the author had granted the right to themselves. */
  readonly selfGranted: boolean;
  readonly context: CreationContext;
}

/** @param watchedBefore the stream began long before, so that what is new is reported */
export async function readScenarios(watchedBefore: boolean): Promise<readonly ScenarioCreation[]> {
  const capture = readContextCapture('context-fixed-servers');
  const context = new MemoryContext();
  if (watchedBefore) await context.remember(contextFactsOf(CLUSTER, longBefore()), 0);
  for (const event of capture.events) await context.remember(contextFactsOf(CLUSTER, event), 0);
  const creations: ScenarioCreation[] = [];
  for (const created of ['Pod', 'Namespace'] as const) {
    const truths = new Map(truthsOf(capture, created).map((truth) => [keyOf(truth), truth]));
    for (const [key, event] of creationsIn(capture.events, created)) {
      const truth = truths.get(key) ?? assert.fail(key);
      const selfGranted =
        capture.grants[truth.grants.templateAuthor ?? truth.grants.creator ?? -1]?.selfGranted ??
        assert.fail(key);
      creations.push({
        scenario: truth.scenario,
        name: truth.name,
        created,
        event,
        selfGranted,
        context: await contextFor(context, created, event),
      });
    }
  }
  return creations;
}

function truthsOf(
  { pods, namespaces }: ContextCapture,
  created: CreatedKind,
): readonly (ContextCapture['pods'][number] | ContextCapture['namespaces'][number])[] {
  return created === 'Pod' ? pods : namespaces;
}

async function contextFor(
  context: MemoryContext,
  created: CreatedKind,
  event: AuditEvent,
): Promise<CreationContext> {
  const query = creationQueryOf(created, event) ?? assert.fail('no user or time');
  let abouts: readonly string[] = [];
  for (;;) {
    const facts = await known(context, abouts);
    const wanted = contextSubjects(query, facts).filter((about) => !abouts.includes(about));
    if (wanted.length === 0) return seenLongBefore(creationContextOf(query, facts, LISTS));
    abouts = [...abouts, ...wanted];
  }
}

/** A capture lasts for minutes: what was seen earlier in it stands for what was seen days before. */
function seenLongBefore(context: CreationContext): CreationContext {
  const firstSeen = context.firstSeen.map((entry): FirstSeen =>
    entry.seen.status === 'first' && entry.seen.since !== undefined
      ? { ...entry, seen: { status: 'seen', since: entry.seen.since } }
      : entry,
  );
  return { ...context, firstSeen };
}

/** Something of no account, in the month before the captures. */
function longBefore(): AuditEvent {
  const event = {
    level: 'RequestResponse',
    auditID: '5b0c6c6b-0b37-4c58-8f4e-6a2f8f9c1d11',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/old/pods',
    verb: 'create',
    user: { username: 'old-hand', groups: [] },
    sourceIPs: ['10.9.9.9'],
    userAgent: 'old/1',
    objectRef: { resource: 'pods', namespace: 'old', name: 'old', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: '2026-10-25T10:00:00.000000Z',
    stageTimestamp: '2026-10-25T10:00:00.100000Z',
    responseObject: {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'old', namespace: 'old', uid: 'old' },
      spec: { containers: [] },
    },
  };
  return parseAuditEvent(Buffer.from(JSON.stringify(event)));
}

export function alertWith(event: AuditEvent, context: CreationContext | null): Alert {
  const selection = select(event);
  assert.ok('created' in selection);
  return buildAlert({
    cluster: CLUSTER,
    identity: identityOf(CLUSTER, event),
    created: selection.created,
    event,
    position: COORDINATES,
    receivedAtMicros: 0,
    alertedAtMicros: 0,
    flags: [],
    riskLists: LISTS,
    context,
    revision: 1,
    revised: [],
  });
}
