/**
 * The investigation as questions: each line of the runbook is there, each has an answer or the way to look,
 * and a sentence says what the scenarios did.
 */
import { type AuditEvent, buildAlert, identityOf, runbookOf, select } from '@arrivals/core';
import {
  actorObservations,
  actorSubjects,
  type AlertKind,
  accountBindingSubjects,
  accountBindings,
  firstSeenOf,
  imageObservations,
  type Question,
  questionsOf,
  subjectsOfAccount,
  surroundingsOf,
  surroundingSubjects,
  timelineOf,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import type { MemoryContext } from '../../../../support/memory-facts.ts';
import { LISTS } from '../creations.ts';
import {
  answered,
  CLUSTER,
  type ContextCapture,
  contextOf,
  creationsIn,
  known,
  madeFrom,
  readContextCapture,
} from '../../context/captures.ts';

async function questionsAbout(context: MemoryContext, event: AuditEvent): Promise<readonly Question[]> {
  const selection = select(event);
  if (!('created' in selection)) return assert.fail('no creation');
  const alert = buildAlert({
    cluster: CLUSTER,
    identity: identityOf(CLUSTER, event),
    created: selection.created,
    event,
    position: { topic: 't', partition: 0, offset: 0, index: 0 },
    receivedAtMicros: 0,
    alertedAtMicros: 0,
    flags: [],
    riskLists: LISTS,
    context: null,
    revision: 1,
    revised: [],
  });
  const createdObject = madeFrom(event);
  const { author, grants } = await answered(context, createdObject);
  const behind = author.templateAuthor.known ? author.templateAuthor.action : createdObject.action;
  const observations = [...actorObservations(behind, createdObject.namespace), ...imageObservations(event)];
  const facts = await known(context, actorSubjects(behind, observations));
  const subjects = subjectsOfAccount(createdObject.namespace ?? '', alert.object.serviceAccountName ?? '');
  const namespace = createdObject.namespace ?? createdObject.name ?? '';
  return questionsOf({
    kind: alert.kind,
    object: alert.object,
    actor: alert.actor,
    author,
    grants,
    timeline: timelineOf(behind, facts),
    firstSeen: firstSeenOf(behind.received, observations, facts),
    accountBindings:
      alert.object.serviceAccountName === null
        ? undefined
        : accountBindings(
            subjects,
            createdObject.action.received,
            await known(context, accountBindingSubjects(subjects)),
          ),
    surroundings: surroundingsOf(
      {
        namespace,
        labels: Object.fromEntries((alert.object.labels ?? []).map(({ key, value }) => [key, value])),
        claims: [],
        moment: createdObject.action.received,
      },
      await known(context, surroundingSubjects(namespace)),
    ),
  });
}

describe('questions', () => {
  let capture: ContextCapture;
  let context: MemoryContext;
  before(async () => {
    capture = readContextCapture('context-fixed-servers');
    context = await contextOf(capture.events);
  });
  const ofPod = async (name: string) => {
    const event =
      [...creationsIn(capture.events, 'Pod').values()].find((candidate) =>
        madeFrom(candidate).name?.startsWith(name),
      ) ?? assert.fail(name);
    const questions = await questionsAbout(context, event);
    return (id: string) => questions.find((question) => question.id === id)?.answer ?? assert.fail(id);
  };

  it('are one for each line of the runbook, and more, each with an answer or a way to look', async () => {
    const kinds: readonly (readonly ['Pod' | 'Namespace', AlertKind])[] = [
      ['Pod', 'newPod'],
      ['Namespace', 'newNamespace'],
    ];
    for (const [created, kind] of kinds) {
      for (const event of creationsIn(capture.events, created).values()) {
        const questions = await questionsAbout(context, event);
        const ids = questions.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        for (const { id } of runbookOf(kind).investigation) assert.ok(ids.includes(id), id);
        for (const { id, answer } of questions) {
          assert.ok(answer.length > 10, id);
          assert.doesNotMatch(answer, /undefined|\[object|null/, answer);
        }
      }
    }
  });

  it('say who was behind a controller’s pod and by what right', async () => {
    const answer = await ofPod('night-');
    assert.match(
      answer('source'),
      /^Made by a controller for ReplicaSet “night-\w+” of Deployment “night”\. Created by “dave” at .+; template last changed by “dave” at .+; scaled by nobody\.$/,
    );
    assert.match(
      answer('access-controls'),
      /RoleBinding “dave-edit” in “pay”, which gives ClusterRole “edit” to User “dave”\. Last changed \d+ s before: binding created by “dave” from “127\.0\.0\.1”, which gave the right\. The one who used it granted it to themselves\.$/,
    );
    assert.match(answer('before'), /refused requests.*1 read of Secrets.*1 write of roles or bindings/);
  });

  it('say that an account may do everything, and who asked for a token', async () => {
    assert.match(
      (await ofPod('backup-now'))('service-account'),
      /It may do everything: cluster-admin by “backup-admin”\.$/,
    );
    assert.match((await ofPod('step-3'))('source'), /that token was asked for by “dora”, who is no kubelet/);
    assert.match(
      (await ofPod('quiet'))('source'),
      /^Made directly by “dora” .* It names ReplicaSet “web-\w+” as its controller, which did not make it\.$/,
    );
  });
});
