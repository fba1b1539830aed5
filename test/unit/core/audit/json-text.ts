/**
 * Generated JSON texts in every form that the grammar allows, and ways to break them. Text, not values:
 * escapes, repeated keys and number forms count.
 */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';

/** Pieces of a string as they stand between its quotes, boundaries of an event list among them. */
const PIECES = [
  ...['a', 'é', '€', '😀', '\u2028', '\ufffd', '\ufeff', '\u007f', '<', ' ', '[', ']', '{', '}', ',', ':'],
  ...[
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u0000',
    '\\u0069',
    '\\uD83D\\uDE00',
    '\\ud800',
    '\\uDC00',
    '\\uFFFF',
  ],
  ...['},{\\"level\\":\\"', ']}', '\\"],\\"items\\":[\\"'],
];

export const stringText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 6 })
  .map((pieces) => `"${pieces.join('')}"`);

export const NUMBER_TEXTS = [
  '0',
  '-0',
  '201',
  '201.0',
  '2.01e2',
  '20.1E+1',
  '2010e-1',
  '0.1',
  '-7',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '0e0',
];

const KEYS = [
  ...[
    'items',
    'kind',
    'apiVersion',
    'stage',
    'verb',
    'requestURI',
    'objectRef',
    'responseStatus',
    'code',
    'apiGroup',
    'resource',
    'subresource',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '',
    'ITEMS',
    'length',
    '0',
    '\\u0069tems',
    '\\u006bind',
    'sta\\u0067e',
    'c\\u006Fde',
  ],
].map((key) => `"${key}"`);

const keyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: stringText },
);

const space: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', '\n', '\t', '\r\n', ' \t\n\r ') },
);

type Member = readonly [before: string, key: string, between: string, value: string, after: string];

const member = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<Member> =>
  fc.tuple(space, key, space, value, space);

const objectText = (members: readonly Member[], empty: string): string =>
  `{${members.length === 0 ? empty : members.map(([before, key, between, value, after]) => `${before}${key}${between}:${value}${after}`).join(',')}}`;

const scalarText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '{}', '[]', '""'),
  fc.constantFrom(...NUMBER_TEXTS),
  stringText,
);

/** Any JSON value. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalarText,
    fc
      .tuple(fc.array(member(keyText, tie('value')), { maxLength: 4 }), space)
      .map(([members, empty]) => objectText(members, empty)),
    fc
      .tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }), space)
      .map(([elements, empty]) => arrayText(elements, empty)),
  ),
})).value;

function arrayText(elements: readonly (readonly [string, string, string])[], empty: string): string {
  return `[${elements.length === 0 ? empty : elements.map((parts) => parts.join('')).join(',')}]`;
}

/** Members in any order: each is drawn with its place. */
const inAnyOrder = (
  ...members: readonly fc.Arbitrary<readonly Member[]>[]
): fc.Arbitrary<readonly Member[]> =>
  fc.tuple(fc.tuple(...members), fc.infiniteStream(fc.nat(1000))).map(([lists, places]) =>
    lists
      .flat()
      .map((entry) => ({ entry, place: places.next().value as number }))
      .sort((a, b) => a.place - b.place)
      .map(({ entry }) => entry),
  );

const one = (key: string, likely: string, ...rare: readonly string[]): fc.Arbitrary<readonly Member[]> =>
  member(
    fc.constant(key),
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(likely) },
      { weight: 1, arbitrary: fc.constantFrom(likely, ...rare) },
    ),
  ).map((m) => [m]);

const some = (members: fc.Arbitrary<Member>, maxLength: number): fc.Arbitrary<readonly Member[]> =>
  fc.array(members, { maxLength });

const objectRef = some(
  member(
    fc.constantFrom('"resource"', '"apiGroup"', '"subresource"', '"name"'),
    fc.oneof(fc.constant('"pods"'), jsonText),
  ),
  4,
).map((members) => objectText(members, ''));
const status = some(
  member(
    fc.constantFrom('"code"', '"c\\u006fde"', '"message"'),
    fc.oneof(fc.constantFrom(...NUMBER_TEXTS), jsonText),
  ),
  3,
).map((members) => objectText(members, ' '));

const eventText: fc.Arbitrary<string> = inAnyOrder(
  one('"stage"', '"ResponseComplete"', '"ResponseComp\\u006cete"', '""', 'null', '3'),
  one('"verb"', '"create"', '"patch"', 'null', '["create"]'),
  one('"requestURI"', '"/api/v1/namespaces\\u003fdryRun=All"', '""', '{}'),
  some(
    member(
      fc.constant('"objectRef"'),
      fc.oneof({ weight: 4, arbitrary: objectRef }, { weight: 1, arbitrary: jsonText }),
    ),
    2,
  ),
  some(
    member(
      fc.constant('"responseStatus"'),
      fc.oneof({ weight: 4, arbitrary: status }, { weight: 1, arbitrary: jsonText }),
    ),
    2,
  ),
  some(member(keyText, jsonText), 3),
).map((members) => objectText(members, ''));

const itemsText: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.tuple(
        space,
        fc.oneof({ weight: 6, arbitrary: eventText }, { weight: 1, arbitrary: jsonText }),
        space,
      ),
      { maxLength: 4 },
    ),
    space,
  )
  .map(([elements, empty]) => arrayText(elements, empty));

/** Bodies that are mostly event lists, often strange ones, and sometimes none. */
export const eventListText: fc.Arbitrary<string> = fc
  .tuple(
    space,
    inAnyOrder(
      one('"kind"', '"EventList"', '"\\u0045ventList"', '"Event"', 'null', '{}'),
      one('"apiVersion"', '"audit.k8s.io/v1"', '"audit.k8s.io/v1beta1"', '"audit.k8s.io\\/v1"', '"v1"', '1'),
      some(
        member(
          fc.constantFrom('"items"', '"items"', '"\\u0069tems"'),
          fc.oneof({ weight: 9, arbitrary: itemsText }, { weight: 1, arbitrary: jsonText }),
        ),
        2,
      ),
      some(member(keyText, jsonText), 2),
    ),
    space,
  )
  .map(([before, members, after]) => `${before}${objectText(members, '')}${after}`);

export interface Mutation {
  readonly kind: 'replace' | 'insert' | 'delete' | 'truncate';
  readonly at: number;
  readonly byte: number;
}

/** Structure, digits, escapes, control characters, and bytes that break UTF-8. */
const BYTES = [
  ...Buffer.from('"\\{}[],:0-+.eEunt/ \n'),
  0x00,
  0x1f,
  0x7f,
  0x80,
  0xbf,
  0xc0,
  0xc3,
  0xe2,
  0xed,
  0xef,
  0xf0,
  0xff,
];

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('replace', 'insert', 'insert', 'delete', 'delete', 'truncate'),
    at: fc.nat(0xffff),
    byte: fc.constantFrom(...BYTES),
  }),
  { minLength: 8, maxLength: 8 },
);

export function mutate(bytes: Buffer, { kind, at, byte }: Mutation): Buffer {
  const position = at % (bytes.length + 1);
  const head = bytes.subarray(0, position);
  const tail = bytes.subarray(position);
  switch (kind) {
    case 'replace':
      return Buffer.concat([head, Buffer.of(byte), tail.subarray(1)]);
    case 'insert':
      return Buffer.concat([head, Buffer.of(byte), tail]);
    case 'delete':
      return Buffer.concat([head, tail.subarray(1)]);
    case 'truncate':
      return head;
  }
}

/** Every mutation of a kind at every position. */
export function* everyMutation(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at <= bytes.length; at++) {
    yield mutate(bytes, { kind: 'truncate', at, byte: 0 });
    yield mutate(bytes, { kind: 'delete', at, byte: 0 });
    for (const byte of BYTES) {
      yield mutate(bytes, { kind: 'replace', at, byte });
      yield mutate(bytes, { kind: 'insert', at, byte });
    }
  }
}
