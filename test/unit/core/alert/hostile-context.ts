/**
 * A context that is as large and odd as it can be: every text as long as an act may have it, every list as
 * long as facts are kept.
 */
import type { CreationContext } from '@arrivals/core';
import { type Action, ACTOR_OPERATIONS, type GrantChange, type Attribution } from '@arrivals/core/internal';

const many = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_unused, i) => make(i));

/** @param fill one character @param size of what an act or fact may have at most, from 0 to 1 */
export function hostileContext(fill: string, size = 1): CreationContext {
  const text = (max: number, i = 0): string =>
    `${String(i)}${fill.repeat(Math.ceil((max * size) / fill.length))}`;
  const count = (max: number): number => Math.ceil(max * size);
  const action = (i: number): Action => ({
    username: text(256, i),
    impersonatedUsername: text(256, i),
    isUnnamed: false,
    uid: text(128, i),
    display: { name: text(128, i), from: text(128) },
    onBehalfOf: { what: 'Application', name: text(256, i), from: text(128) },
    received: 1_763_820_559_000_001 + i,
    done: 1_763_820_559_000_002 + i,
    auditId: text(128, i),
    address: text(128, i),
    userAgent: text(128, i),
    fieldManager: text(128, i),
    credential: text(128, i),
    operation: { group: text(128), resource: text(128), verb: text(32) },
    authorization: { reason: text(700) },
    pod: { namespace: text(256), name: text(256), uid: text(128) },
  });
  const actions = many(count(64), action);
  const attribution: Attribution = { known: true, action: action(0), candidates: actions };
  const link = (i: number) => ({
    kind: text(128, i),
    apiVersion: text(256, i),
    name: text(256, i),
    uid: text(64, i),
    created: action(i),
    changed: action(i),
  });
  const chain = many(count(8), link);
  const part = (kind: string) => ({ kind, namespace: text(256), name: text(256) });
  const change =
    (of: 'binding' | 'role') =>
    (i: number): GrantChange => ({
      of,
      what: 'patched',
      action: action(i),
      secondsBefore: 9_007_199_254,
      gave: true,
    });
  const answer = {
    authorizer: 'rbac' as const,
    reason: text(700),
    binding: { ...part(''), kind: 'RoleBinding' as const },
    role: { kind: text(128), name: text(256) },
    subject: { ...part(text(128)) },
    allRights: true,
    changes: [...many(count(16), change('binding')), ...many(count(16), change('role'))],
    selfGranted: true,
    unknownBecause: undefined,
    wholeHistory: false,
  };
  const standing = (max: number) =>
    many(count(max), (i) => ({ name: text(253, i), action: action(i), confirmed: false }));
  const labels = Object.fromEntries(many(count(64), (i) => [text(300, i), text(63, i)]));
  return {
    author: {
      chain,
      chainEnd: 'tooLong',
      madeByController: true,
      creator: attribution,
      templateAuthor: attribution,
      templateAction: 'restarted',
      contentAuthor: attribution,
      scaler: attribution,
      on: { creator: 0, templateAuthor: 0, scaler: -1 },
      replaces: { name: text(256), uid: text(64), how: 'deleted', action: action(0) },
      viaPods: many(count(3), () => ({
        pod: { namespace: text(256), name: text(256), uid: text(128) },
        issuedTo: text(256),
        credential: text(128),
        chain,
        creator: attribution,
        templateAuthor: attribution,
      })),
    },
    grants: many(2, (i) => ({ action: action(i), answer })),
    accountBindings: many(count(160), (i) => ({
      binding: { ...part(''), kind: 'RoleBinding' as const },
      role: { kind: text(128), name: text(256) },
      subject: { kind: text(128), namespace: text(256), name: text(256) },
      allRights: true,
      by: action(i),
      confirmed: false,
    })),
    timeline: ACTOR_OPERATIONS.map((operation) => ({
      operation,
      count: 32,
      atLeast: true,
      newest: many(count(5), (i) => ({
        at: 1_763_820_559_000_001 + i,
        what: text(300, i),
        target: text(512, i),
        auditId: text(128, i),
        address: text(128, i),
        username: text(256, i),
        impersonatedUsername: text(256, i),
      })),
    })),
    firstSeen: many(count(40), (i) => ({
      what: 'image' as const,
      name: text(4096, i),
      seen: { status: 'first' as const },
    })),
    surroundings: {
      namespace: {
        name: text(256),
        created: action(0),
        ageSeconds: 9_007_199_254,
        isEvicted: false,
        labels,
        labelsSure: false,
        labelsSince: 1_763_820_559_000_001,
        podSecurity: labels,
        criticality: { critical: true, because: 'labelled', what: text(400) },
      },
      quotas: standing(8),
      networkPolicies: standing(32),
      services: standing(32),
      claims: standing(32),
    },
    answers: {},
    pending: [],
  };
}
