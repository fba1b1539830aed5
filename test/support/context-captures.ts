/**
 * The captures of "who is behind it, and by what right", with their truth: posts as the API server sent them,
 * in order, and what the scenarios' own commands and the API's watches say. What each field means stands in
 * test/fixtures/audit/context-scenarios/truth.mjs.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fixture } from './arrivals.ts';

/**
 * Under deploy/audit-policy.yaml, and under the variant for fixed servers, which records patches with bodies.
 */
export const CONTEXT_CAPTURES = ['context-our-policy', 'context-fixed-servers'] as const;

export interface Post {
  readonly receivedAt: string;
  readonly body: Buffer;
}

export interface TrueSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
}

interface TrueCreation {
  readonly uid: string;
  readonly name: string;
  readonly scenario: string;
  readonly by: string;
  readonly as: string | null;
  readonly from: string | null;
  readonly grants: { readonly creator: number; readonly templateAuthor?: number; readonly scaler?: number };
  readonly uidInEvent: boolean;
}

export interface TruePod extends TrueCreation {
  readonly namespace: string;
  readonly resourceVersion: string;
  readonly chain: readonly {
    readonly kind: string;
    readonly apiVersion: string;
    readonly name: string;
    readonly uid: string;
    readonly createdBy: string | null;
  }[];
  readonly author: {
    readonly creator: string;
    readonly templateAuthor: string | null;
    readonly scaler: string | null;
  };
  /** Of a controller's pod only. */
  readonly revision?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly candidates?: readonly string[] | null;
}

export interface TrueGrant {
  readonly id: number;
  readonly user: string;
  readonly binding: TrueSubject | null;
  readonly role: { readonly kind: string; readonly name: string } | null;
  readonly subject: TrueSubject | null;
  readonly changes: readonly {
    readonly of: 'binding' | 'role';
    readonly at: string;
    readonly user: string;
    readonly verb: string;
  }[];
  readonly selfGranted: boolean;
}

export interface TrueAct {
  readonly at: string;
  readonly until: string;
  readonly scenario: string;
  readonly user: string;
  readonly kind: string;
  readonly what: string;
  readonly outcome: string;
}

export interface ContextTruth {
  readonly patches: 'metadata' | 'bodies';
  readonly counts: Readonly<Record<string, number>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly users: readonly string[];
    readonly reads: string;
  }[];
  readonly pods: readonly TruePod[];
  readonly namespaces: readonly TrueCreation[];
  readonly grants: readonly TrueGrant[];
  readonly acts: readonly TrueAct[];
}

export function contextPosts(capture: (typeof CONTEXT_CAPTURES)[number]): readonly Post[] {
  const text = gunzipSync(readFileSync(fixture('audit', `${capture}.jsonl.gz`))).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { receivedAt, body } = JSON.parse(line) as { readonly receivedAt: string; readonly body: string };
    return { receivedAt, body: Buffer.from(body) };
  });
}

export function contextTruth(capture: (typeof CONTEXT_CAPTURES)[number]): ContextTruth {
  return JSON.parse(readFileSync(fixture('audit', `${capture}.expected.json`), 'utf8')) as ContextTruth;
}
