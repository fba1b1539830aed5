/**
 * The rules of the state stand twice: in Lua, which Redis runs, and in TypeScript, for the embedded store.
 * Here both are given the same random calls and have to give the same answers, call by call.
 */
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import {
  type ClaimRequest,
  type ContextOptions,
  evictedAbout,
  type Fact,
  type FactKind,
  type RecalledFact,
  type RevisionRequest,
  type State,
  type Watch,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CONTEXT, fact, NOW_MS, revision, waiter } from '../support/context.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { at, CLAIM_TTL_MS, closeOpened, openState, request } from '../support/redis-state.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const SEED = 20261130;
/** Of a subject in no quota, and of some that have one. */
const NAMES = [
  'plain',
  'apps/shop/web',
  'actor/alice',
  'binding/b',
  'bound/b',
  'seen/image/i',
  'seen/registry/r',
  'seen/x',
];
const KINDS: readonly FactKind[] = [
  { name: 'newest', keep: 'newest', max: 2 },
  { name: 'oldest', keep: 'oldest', max: 3 },
  { name: 'firsts', keep: 'newestFirsts', max: 4 },
  { name: 'many', keep: 'newest', max: 64 },
];
/** Groups before a slash, of different sizes; texts of which bytes and UTF-16 sort otherwise. */
const IDS = ['a', 'b', 'x/1', 'x/2', 'x/3', 'y/1', 'y/2', 'z/1', 'é/1', '\uffff', '\u{1f600}'];

type Call =
  | { readonly call: 'remember'; readonly facts: readonly Fact[] }
  | { readonly call: 'recall'; readonly names: readonly string[] }
  | { readonly call: 'watch'; readonly watches: readonly Watch[] }
  | { readonly call: 'revise'; readonly requests: readonly RevisionRequest[] }
  | { readonly call: 'claim'; readonly requests: readonly ClaimRequest[] };

const anyName = fc.constantFrom(...NAMES);
/** Many subjects and ids, or few, so that facts of one id and one order come again with other values. */
const factOf = (names: readonly string[], ids: readonly string[], orderMax: number): fc.Arbitrary<Fact> =>
  fc
    .record({
      name: fc.constantFrom(...names),
      kind: fc.constantFrom(...KINDS),
      id: fc.constantFrom(...ids),
      order: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: -1, max: orderMax }) },
        { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER) },
      ),
      value: fc.record({ is: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.string({ maxLength: 8 })) }),
      links: fc.subarray(NAMES, { maxLength: 3 }),
    })
    .map(({ name, id, order, ...more }) => fact(name, id, order, more));
const anyFact = fc.oneof(factOf(NAMES, IDS, 5), factOf(NAMES.slice(0, 1), IDS.slice(0, 3), 0));
const who = fc.constantFrom('alice', 'bob', 'carol');

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(anyFact, { minLength: 1, maxLength: 12 })
      .map((facts) => ({ call: 'remember' as const, facts })),
  },
  {
    weight: 2,
    arbitrary: fc.subarray(NAMES, { minLength: 1 }).map((names) => ({ call: 'recall' as const, names })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(who, anyName), { minLength: 1, maxLength: 4 })
      .map((watches) => ({ call: 'watch' as const, watches: watches.map(([by, name]) => waiter(by, name)) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.tuple(
          who,
          fc.constantFrom('c1', 'c2', 'c3', 'c4'),
          fc.subarray(['p', 'q', 'r', 's']),
          fc.integer({ min: 1, max: 2 }),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => ({ call: 'revise' as const, requests: parts.map((part) => revision(...part)) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(who, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 })
      .map((parts) => ({
        call: 'claim' as const,
        requests: parts.map(([name, offset]) => request(name, at(offset))),
      })),
  },
);

/** So few subjects that most runs have too many: of two sorts with quotas, and of others. */
const FEW: ContextOptions = { ...CONTEXT, contextSubjectsMax: 9 };
const MANY_NAMES = ['apps/', 'actor/', 'seen/image/'].flatMap((sort) =>
  Array.from({ length: 14 }, (_unused, i) => `${sort}${String(i)}`),
);

describe('the state in Lua and in TypeScript', () => {
  let folder: string;
  let embedded: Embedded;
  let onRedis: State;
  let runs = 0;
  let nowMs: number;

  const open = async (settings: ContextOptions): Promise<void> => {
    const { url } = await redis();
    folder = await temporaryFolder();
    nowMs = NOW_MS;
    const options = { folder, topics: {}, claimTtlMs: CLAIM_TTL_MS, ...settings, telemetry: silent };
    embedded = openEmbedded({ ...options, now: () => nowMs });
    onRedis = openState([url], { commandTimeoutMs: 5000, ...settings }).state;
    for (const state of [embedded.state, onRedis]) await state.begin(true, nowMs);
  };
  const both = (call: Call, cluster: string): Promise<readonly unknown[]> =>
    Promise.all([embedded.state, onRedis].map((state) => answerOf(state, call, cluster, nowMs)));

  before(async function () {
    this.timeout(STARTING_MS);
    await redis();
  });
  afterEach(async () => {
    await embedded.close();
    await closeOpened();
    await removeFolder(folder);
  });

  it('answer the same to the same calls', async function () {
    this.timeout(120_000);
    await open(CONTEXT);
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 12 }), async (calls) => {
        const cluster = `run-${String(++runs)}`;
        const last: Call = { call: 'recall', names: NAMES };
        for (const [i, call] of [...calls, last].entries()) {
          const [expected, found] = await both(call, cluster);
          assert.deepEqual(found, expected, `call ${String(i)}: ${JSON.stringify(call)}`);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('forget the same subjects when there are too many, and know the same of what they have forgotten', async function () {
    this.timeout(120_000);
    await open(FEW);
    const names = fc.array(fc.constantFrom(...MANY_NAMES), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 4, maxLength: 16 }), async (calls) => {
        const cluster = `few-${String(++runs)}`;
        for (const some of calls) {
          // By more than the grain of last uses, so that it is never open which of two was used last.
          nowMs += 5000;
          await both({ call: 'remember', facts: some.map((name) => fact(name, 'a', 1)) }, cluster);
          await embedded.maintain();
        }
        const forgotten = ['', 'actor', 'seen/image'].map(evictedAbout);
        const [expected, found] = await both(
          { call: 'recall', names: [...MANY_NAMES, ...forgotten] },
          cluster,
        );
        assert.deepEqual(found, expected);
      }),
      { seed: SEED, numRuns: 20 },
    );
  });
});

/** In an order that does not depend on the store. */
async function answerOf(state: State, call: Call, cluster: string, nowMs: number): Promise<unknown> {
  const here = <T extends { readonly cluster: string }>(items: readonly T[]): readonly T[] =>
    items.map((item) => ({ ...item, cluster }));
  switch (call.call) {
    case 'remember':
      return sorted(await state.remember(here(call.facts), nowMs));
    case 'recall': {
      const subjects = call.names.map((about) => ({ cluster, about }));
      return byName((await state.recall(subjects, nowMs)).get(cluster));
    }
    case 'watch':
      return byName((await state.watch(here(call.watches), nowMs)).get(cluster));
    case 'revise':
      return state.revise(here(call.requests), nowMs);
    case 'claim':
      return state.claim(
        call.requests.map(({ identity, by }) => ({
          identity: createHash('sha256').update(identity).update(cluster).digest(),
          by,
        })),
        nowMs,
      );
  }
}

function sorted(watches: readonly Watch[]): readonly string[] {
  return watches
    .map(({ about, identity, value }) => `${about} ${identity.toString('hex')} ${JSON.stringify(value)}`)
    .sort();
}

function byName(
  found: ReadonlyMap<string, readonly RecalledFact[]> = new Map<string, readonly RecalledFact[]>(),
): Readonly<Record<string, readonly RecalledFact[]>> {
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
