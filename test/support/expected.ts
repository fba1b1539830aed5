/** Ground truth of the fixtures: what the API server's own watches saw, in the log and in each form of it. */
import { existsSync, readFileSync } from 'node:fs';
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

export interface FormFile {
  readonly records: number;
  /** How many records have which form: v1, v1beta1, no-typemeta…, aks, gke, admissionreview, unknown. */
  readonly forms: Readonly<Record<string, number>>;
  /** `auditID`, `name` and `uid` are null where the record does not show them. */
  readonly alert: readonly {
    readonly index: number;
    readonly form: string;
    readonly auditID: string | null;
    readonly resource: string;
    readonly namespace: string | null;
    readonly name: string | null;
    readonly uid: string | null;
    readonly user: string;
  }[];
}

export function formsTruth(): Readonly<Record<string, FormFile>> {
  return (
    JSON.parse(readFileSync(fixture('forms', 'expected.json'), 'utf8')) as {
      readonly files: Readonly<Record<string, FormFile>>;
    }
  ).files;
}

/** The file as it stands, which may be gzipped. */
export function formFile(name: string): string {
  const plain = fixture('forms', name);
  return existsSync(plain) ? plain : `${plain}.gz`;
}
