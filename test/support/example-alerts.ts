/**
 * The two alerts of docs/alert.md, built from a capture of a real API server, and which of their fields
 * answers which line of the brief.
 *
 * Invariant: the same each time. Events are taken in as the API server posted them, up to the post with the
 * creation; times are the capture's.
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
  instructionOf,
  mergeRecalled,
  parseAuditEvent,
  parseMicros,
  type Recalled,
  creationQueryOf,
  select,
  TOPICS,
} from '@arrivals/core';
import { loadRiskLists } from '@arrivals/processor';
import assert from 'node:assert/strict';
import { contextPosts } from './context-captures.ts';
import { MemoryContext } from './memory-facts.ts';

const CLUSTER = 'default';
/** What the processor asks: owners first, then what follows from who is behind it. */
const RECALL_ROUNDS = 2;

/** A line of the brief, in our words, and the steps of the alert that answer it. */
type Line = readonly [line: string, ...ids: readonly string[]];

export interface ExampleAlert {
  readonly title: string;
  readonly about: string;
  readonly investigate: readonly Line[];
  readonly resolve: readonly Line[];
  readonly alert: Alert;
}

const POD = {
  title: 'New K8s Pod',
  about:
    'dave, who may write bindings in the namespace pay, grants themselves the role edit there, reads a Secret, and some seconds later makes a Deployment with a privileged container. This is the alert of its first pod, which a controller made.',
  investigate: [
    ['Where the creation came from', 'source', 'before', 'first-seen'],
    [
      'How it is configured: name, labels, images, the Services and endpoints in front of it',
      'configuration',
      'services',
    ],
    ['Suspicious activity of the pod, network and CPU among it', 'activity', 'resource-use'],
    [
      'What controls access: RBAC, network policies',
      'access-controls',
      'service-account',
      'network-policies',
    ],
    ['What it depends on: volumes and others', 'dependencies'],
    ['What it may affect, and whether that is critical', 'impact'],
  ],
  resolve: [
    ['Isolate it and remove it', 'preserve-evidence', 'isolate', 'remove'],
    ['Review who may do such a thing', 'review-access'],
    ['Look at what belongs to it', 'check-related'],
    ['Harden, so that it does not happen again', 'harden'],
    ['Go on watching', 'monitor'],
  ],
} as const satisfies Omit<ExampleAlert, 'alert'>;

const NAMESPACE = {
  title: 'New K8s Namespace',
  about:
    'heidi is refused a namespace; victor binds a role to her that may make them, and some seconds later she makes sandbox-heidi, with the Pod Security level privileged.',
  investigate: [
    ['Name, time of creation, labels, annotations', 'details'],
    [
      'Whether its maker was permitted, and whether roles or bindings were changed to permit it',
      'permission',
    ],
    ['The API server’s log: access and actions that were not authorised', 'actor-activity', 'first-seen'],
    ['Network traffic of the namespace', 'network'],
    ['What is in it, scanned', 'contents'],
    ['A legitimate user: why', 'ask'],
  ],
  resolve: [
    ['Disable it', 'halt'],
    ['Isolate it', 'isolate'],
    ['Investigate it', 'take-inventory'],
    ['Remove it', 'remove'],
    ['Find the root cause', 'find-root-cause'],
    ['Remediate', 'remediate'],
  ],
} as const satisfies Omit<ExampleAlert, 'alert'>;

export async function exampleAlerts(): Promise<readonly ExampleAlert[]> {
  return [
    {
      ...POD,
      alert: await alertOf(
        'Pod',
        ({ object }, { author }) =>
          object.namespace === 'pay' && author.madeByController && isBy('dave', author),
      ),
    },
    { ...NAMESPACE, alert: await alertOf('Namespace', ({ object }) => object.name === 'sandbox-heidi') },
  ];
}

function isBy(name: string, { creator }: CreationContext['author']): boolean {
  return creator.known && creator.action.username === name;
}

async function alertOf(
  kind: CreatedKind,
  isWanted: (alert: Alert, context: CreationContext) => boolean,
): Promise<Alert> {
  const state = new MemoryContext();
  const riskLists = loadRiskLists('');
  for (const [offset, { receivedAt, body }] of contextPosts('context-our-policy').entries()) {
    const { items } = JSON.parse(body.toString('utf8')) as { readonly items: readonly unknown[] };
    const events = items.map((item) => parseAuditEvent(Buffer.from(JSON.stringify(item))));
    await state.remember(
      events.flatMap((event) => contextFactsOf(CLUSTER, event)),
      0,
    );
    const receivedAtMicros = parseMicros(receivedAt) ?? assert.fail(receivedAt);
    for (const [index, event] of events.entries()) {
      const selection = select(event);
      if (!('created' in selection) || selection.created !== kind) continue;
      const context = await contextFor(state, kind, event);
      const position = { topic: TOPICS.audit, partition: 0, offset, index };
      const times = { receivedAtMicros, alertedAtMicros: receivedAtMicros };
      const first = {
        cluster: CLUSTER,
        created: kind,
        identity: identityOf(CLUSTER, event),
        flags: [],
        revision: 1,
        revised: [],
      };
      const alert = buildAlert({ ...first, ...times, event, position, riskLists, context });
      if (isWanted(alert, context)) return alert;
    }
  }
  return assert.fail(`the capture has no such ${kind}`);
}

async function contextFor(
  state: MemoryContext,
  kind: CreatedKind,
  event: AuditEvent,
): Promise<CreationContext> {
  const query = creationQueryOf(kind, event) ?? assert.fail('an event without user or time');
  let recalled: Recalled = new Map();
  for (let round = 0; round < RECALL_ROUNDS; round++) {
    const subjects = contextSubjects(query, recalled.get(CLUSTER) ?? new Map());
    recalled = mergeRecalled(
      recalled,
      await state.recall(
        subjects.map((about) => ({ cluster: CLUSTER, about })),
        0,
      ),
    );
  }
  return creationContextOf(query, recalled.get(CLUSTER) ?? new Map(), loadRiskLists(''));
}

/** The rows of the tables: what is asked, by which step it is answered, how, and where. */
export function investigationRows({ investigate, alert }: ExampleAlert): readonly (readonly string[])[] {
  return investigate.flatMap(([line, ...ids]) =>
    ids.map((id) => {
      const { status, answer } = alert.investigation.find((step) => step.id === id) ?? assert.fail(id);
      const {
        text,
        fields,
        answers = {},
      } = instructionOf(alert.kind, 'investigation', id) ?? assert.fail(id);
      const standard = Object.entries(answers).find(([of]) => of === status)?.[1];
      return [line, `\`${id}\``, text, status ?? 'not answered', answer ?? standard ?? '', codes(fields)];
    }),
  );
}

export function resolutionRows({ resolve, alert }: ExampleAlert): readonly (readonly string[])[] {
  return resolve.flatMap(([line, ...ids]) =>
    ids.map((id) => {
      assert.ok(
        alert.resolution.some((step) => step.id === id),
        id,
      );
      const { text, fields } = instructionOf(alert.kind, 'resolution', id) ?? assert.fail(id);
      return [line, `\`${id}\``, text, codes(fields)];
    }),
  );
}

export const INVESTIGATION_HEAD = [
  'The brief asks',
  'Step',
  'What it asks',
  'Status',
  'Answer in this alert',
  'Fields',
] as const;
export const RESOLUTION_HEAD = ['The brief asks', 'Step', 'What it says', 'Fields'] as const;

function codes(fields: readonly string[]): string {
  return fields.map((field) => `\`${field}\``).join(', ');
}
