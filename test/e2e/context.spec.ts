/**
 * Who is behind it, and by what right: captures of a real API server, posted to the real services in other
 * orders than it did, embedded and on Kafka and Redis. What is told last of each creation is held to what the
 * scenarios\' own commands and the API\'s watches say.
 */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { RunningArrivals } from '../support/arrivals.ts';
import { contextPosts, contextTruth, type TrueGrant, type TruePod } from '../support/context-captures.ts';
import { authorMisses } from '../support/context-truth.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const CAPTURE = 'context-our-policy';

/**
 * The events of a post, each in a post of its own, so that records come in any order whatever the batches
 * were.
 */
const single = (body: Buffer): readonly Buffer[] => {
  const { items, ...list } = JSON.parse(body.toString('utf8')) as { readonly items: readonly unknown[] };
  return items.map((item) => Buffer.from(JSON.stringify({ ...list, items: [item] })));
};

/** A shuffle that is the same each time. */
function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

const inOrder = (): readonly Buffer[] => contextPosts(CAPTURE).map(({ body }) => body);

async function post(url: string, bodies: readonly Buffer[]): Promise<void> {
  for (const body of bodies) {
    const response = await fetch(`${url}/v1/clusters/default/audit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Uint8Array(body),
    });
    assert.equal(response.status, 200, await response.text());
  }
}

/** The last revision of each; and no pair of id and revision twice, and none left out. */
function lastOf(alerts: readonly Alert[]): readonly Alert[] {
  const byId = grouped(alerts);
  return [...byId.values()].map((revisions) => {
    const numbers = revisions.map(({ revision }) => revision).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      numbers.map((_number, i) => i + 1),
      revisions[0]?.alertId,
    );
    return revisions.reduce((last, alert) => (alert.revision > last.revision ? alert : last));
  });
}

function grouped(alerts: readonly Alert[]): ReadonlyMap<string, readonly Alert[]> {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) groups.set(alert.alertId, [...(groups.get(alert.alertId) ?? []), alert]);
  return groups;
}

type Created = Pick<TruePod, 'scenario' | 'name' | 'uid' | 'grants'>;

function holdToTruth(alerts: readonly Alert[]): void {
  const { pods, namespaces, grants } = contextTruth(CAPTURE);
  const last = lastOf(alerts);
  assert.equal(last.length, pods.length + namespaces.length);
  const find = (kind: string, { uid, name }: Created): Alert =>
    last.find(({ object }) => object.uid === uid) ??
    last.find(({ object }) => object.kind === kind && object.uid === null && object.name === name) ??
    assert.fail(name);
  assert.deepEqual(
    pods.flatMap((pod) => authorMisses(pod, find('Pod', pod))),
    [],
  );
  // Where the author is in doubt, so is his grant.
  const sure = pods.filter(({ candidates }) => (candidates ?? []).length < 2);
  for (const [kind, list] of [['Pod', sure] as const, ['Namespace', namespaces] as const])
    for (const created of list)
      holdAnswers(
        created,
        find(kind, created),
        grants[created.grants.templateAuthor ?? created.grants.creator],
      );
}

function holdAnswers(
  { scenario, name }: Created,
  { context, headline, investigation }: Alert,
  truth: TrueGrant | undefined,
): void {
  const grant = context?.grants[0];
  assert.deepEqual(
    [grant?.binding?.name ?? null, grant?.role?.name ?? null, grant?.selfGranted],
    [truth?.binding?.name ?? null, truth?.role?.name ?? null, truth?.selfGranted],
    `${scenario} ${name}`,
  );
  assert.ok(headline !== '');
  for (const { id, status } of investigation) assert.ok(status !== null, id);
}

describe('who is behind it, in one process', function () {
  this.timeout(180_000);
  for (const [how, bodies] of [
    ['as the API server posted it', inOrder],
    ['with its events in any order', () => shuffled(inOrder().flatMap(single), 7)],
  ] as const) {
    it(`is right for every pod and namespace, ${how}`, async () => {
      const folder = await temporaryFolder();
      const running = await RunningArrivals.start(folder);
      try {
        await post(running.url, bodies());
        await running.settled();
        const alerts = await running.alerts();
        holdToTruth(alerts);
        assert.equal((await running.ledger()).balanced, true);
      } finally {
        await running.stop();
        await removeFolder(folder);
      }
    });
  }
});

describe('who is behind it, on Kafka and Redis', function () {
  this.timeout(240_000);

  it('is right for every pod and namespace, with the events in any order over partitions and two processors', async function () {
    this.timeout(STARTING_MS + 240_000);
    const distributed = await Distributed.create();
    try {
      const webhook = await distributed.start('webhook');
      const processors = await Promise.all([distributed.start('processor'), distributed.start('processor')]);
      const bodies = shuffled(inOrder().flatMap(single), 11);
      await post(webhook.url, bodies);
      await distributed.settled(processors, bodies.length, 120_000);
      const { pods, namespaces } = contextTruth(CAPTURE);
      await eventually(
        'all alerts',
        async () => grouped(await distributed.alerts()).size >= pods.length + namespaces.length || undefined,
      );
      holdToTruth(await distributed.alerts());
    } finally {
      await distributed.stop();
    }
  });
});
