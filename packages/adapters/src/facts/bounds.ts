/**
 * The bounds of ports/fact-store.ts on what a caller passes, checked before anything is sent or written.
 *
 * Invariant: what is out of bounds is a fault of the caller, never of an event: the maker of a fact shortens
 * and hashes.
 */
import {
  type Watch,
  CLUSTER_NAME,
  type Fact,
  FACT_BYTES_MAX,
  type JsonObject,
  type RevisionRequest,
  type Subject,
  SUBJECT_BYTES_MAX,
} from '@arrivals/core';

const KIND_NAME = /^[a-z]{1,32}$/;
const KEPT_MAX = 64;
const ID_CHARACTERS_MAX = 64;
const LINKS_MAX = 8;
const IDENTITY_BYTES = 32;
const ANSWERS_MAX = 32;

/** @throws RangeError */
export function assertSubject({ cluster, about }: Subject): void {
  expect(CLUSTER_NAME.test(cluster), 'the name of a cluster', cluster);
  expect(
    Buffer.byteLength(about) <= SUBJECT_BYTES_MAX,
    `at most ${String(SUBJECT_BYTES_MAX)} bytes of subject`,
    about,
  );
}

/** @throws RangeError */
export function assertFact(fact: Fact): void {
  const { kind, id, order, links } = fact;
  assertSubject(fact);
  expect(KIND_NAME.test(kind.name), 'the name of a kind', kind.name);
  expect(
    Number.isInteger(kind.max) && kind.max >= 1 && kind.max <= KEPT_MAX,
    `1 to ${String(KEPT_MAX)} of ${kind.name}`,
    kind.max,
  );
  expect(id.length <= ID_CHARACTERS_MAX, `an id of at most ${String(ID_CHARACTERS_MAX)} characters`, id);
  expect(Number.isSafeInteger(order), 'an order that is a safe integer', order);
  expect(links.length <= LINKS_MAX, `at most ${String(LINKS_MAX)} links`, links.length);
  for (const link of links) assertSubject({ cluster: fact.cluster, about: link });
}

/** @throws RangeError */
export function assertWatch(waiting: Watch): void {
  assertSubject(waiting);
  assertIdentity(waiting.identity);
}

/** @throws RangeError */
export function assertRevision({ cluster, identity, cause, answers }: RevisionRequest): void {
  expect(CLUSTER_NAME.test(cluster), 'the name of a cluster', cluster);
  assertIdentity(identity);
  expect(
    cause.length <= ID_CHARACTERS_MAX,
    `a cause of at most ${String(ID_CHARACTERS_MAX)} characters`,
    cause,
  );
  expect(answers.length <= ANSWERS_MAX, `at most ${String(ANSWERS_MAX)} answers`, answers.length);
  for (const answer of answers)
    expect(
      answer.length <= ID_CHARACTERS_MAX,
      `an answer of at most ${String(ID_CHARACTERS_MAX)} characters`,
      answer,
    );
}

/** As JSON, without line feeds. @throws RangeError */
export function valueText(value: JsonObject): string {
  const text = JSON.stringify(value);
  expect(
    Buffer.byteLength(text) <= FACT_BYTES_MAX,
    `a value of at most ${String(FACT_BYTES_MAX)} bytes`,
    text,
  );
  return text;
}

function assertIdentity(identity: Buffer): void {
  expect(
    identity.length === IDENTITY_BYTES,
    `an identity of ${String(IDENTITY_BYTES)} bytes`,
    identity.length,
  );
}

function expect(holds: boolean, expected: string, found: string | number): void {
  if (!holds)
    throw new RangeError(`context: expected ${expected}, found ${JSON.stringify(found).slice(0, 100)}`);
}
