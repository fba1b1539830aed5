/**
 * Ground truth of the fixtures: what the API server's own watches saw, and an oracle over public audit logs.
 */
import { readFileSync } from 'node:fs';
import { fixture } from './arrivals.ts';

export interface ExpectedObject {
  readonly uid: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly user: string;
  readonly impersonatedUser: string | null;
}

export interface ControlPlaneTruth {
  readonly pods: readonly ExpectedObject[];
  readonly namespaces: readonly ExpectedObject[];
}

export const CONTROL_PLANE_LOG: string = fixture('audit', 'control-plane.jsonl');

export function controlPlaneTruth(): ControlPlaneTruth {
  return JSON.parse(
    readFileSync(fixture('audit', 'control-plane.expected.json'), 'utf8'),
  ) as ControlPlaneTruth;
}

export interface PublicFile {
  readonly records: number;
  /** How many records have which form: v1, v1beta1, no-typemeta…, aks, gke, admissionreview, unknown. */
  readonly forms: Readonly<Record<string, number>>;
  readonly alert: readonly {
    readonly index: number;
    readonly form: string;
    readonly auditID: string | null;
    readonly resource: string;
    readonly namespace: string | null;
    readonly name: string | null;
    readonly user: string;
  }[];
  readonly gke_creations?: readonly {
    readonly index: number;
    readonly resourceName: string;
    readonly success: boolean;
  }[];
}

export function publicAuditTruth(): Readonly<Record<string, PublicFile>> {
  return (
    JSON.parse(readFileSync(fixture('public-audit', 'expected.json'), 'utf8')) as {
      readonly files: Readonly<Record<string, PublicFile>>;
    }
  ).files;
}

/**
 * The resource names of what was created according to GKE's log. Of one record the vendor's test goes before
 * the oracle: see test/fixtures/SOURCES.md.
 */
export function gkeCreations(name: string, { gke_creations: all = [] }: PublicFile): readonly string[] {
  return all.flatMap(({ index, success, resourceName }) =>
    success && !(name === 'panther/gke.jsonl' && index === 6) ? [resourceName] : [],
  );
}
