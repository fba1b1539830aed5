/**
 * Pods with the verdicts of k8s.io/pod-security-admission v0.37.2: test/fixtures/pss.
 * test/fixtures/SOURCES.md says where they are from.
 */
import { type PodSecurityStandard } from '@arrivals/core';
import {
  type PodSecurityControl,
  podSecurityVerdict,
  type PodSecurityVersion,
} from '@arrivals/core/internal';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dig, type Json, readPublicFiles } from '../samples.ts';

export const STANDARDS = ['baseline', 'restricted'] as const;

interface Verdict {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

/** One pod, judged by the library by one version. */
export interface Judged {
  readonly name: string;
  readonly version: PodSecurityVersion;
  readonly pod: unknown;
  readonly verdicts: Readonly<Record<PodSecurityStandard, Verdict>>;
}

function linesOf(file: string): readonly unknown[] {
  const bytes = readFileSync(new URL(`../../../../fixtures/pss/${file}`, import.meta.url));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

interface PodLine {
  readonly id?: string;
  readonly source?: string;
  readonly pod: Json;
  readonly oracle: Readonly<Record<PodSecurityVersion, Judged['verdicts']>>;
}

function assessed(file: string): readonly Judged[] {
  return (linesOf(file) as readonly PodLine[]).flatMap(({ id, source, pod, oracle }) =>
    Object.entries(oracle).map(([version, verdicts]) => ({
      name: id ?? source ?? '',
      version: version as PodSecurityVersion,
      pod,
      verdicts,
    })),
  );
}

export const readUpstream = () => assessed('upstream-conformance.jsonl.gz');
/**
 * The one exception: the API server makes an emptyDir of a volume without a source before it admits the pod;
 * the library alone calls it unknown.
 */
export function isWithoutSource({ name }: Judged): boolean {
  return /^restricted\/v1\.\d+\/pass\/restrictedvolumes0$/.test(name);
}

export const readBadPods = () => assessed('badpods.jsonl');
export const readGatekeeperLibrary = () => assessed('gatekeeper-library.jsonl');

type AuditedLine = Judged['verdicts'] & {
  readonly file: string;
  readonly index: number;
  readonly object: string;
  readonly level: string;
};

/** The pods of public audit events, with the level that the library's verdicts make. */
export function readAuditedPods(): readonly (Judged & { readonly level: string })[] {
  const records = new Map(readPublicFiles().map(({ name, records }) => [name, records]));
  return (linesOf('audit-pods.oracle.jsonl') as readonly AuditedLine[]).map(
    ({ file, index, object, level, ...verdicts }) => {
      const record = JSON.parse(records.get(file.replace('public-audit/', ''))?.[index] ?? 'null') as unknown;
      return {
        name: `${file} ${String(index)} ${object}`,
        version: 'latest',
        pod: bodyOf(record, object),
        verdicts,
        level,
      };
    },
  );
}

/** In whichever envelope the event came. */
function bodyOf(record: unknown, object: string): unknown {
  const inText = dig(record, 'properties', 'log');
  const event = typeof inText === 'string' ? (JSON.parse(inText) as unknown) : record;
  return dig(event, object) ?? dig(event, 'protoPayload', object);
}

export interface Versioned {
  readonly what: string;
  readonly pod: Json;
  /** Every version at which the verdict changes, from v1.0; judged up to v1.40 and by "latest". */
  readonly oracle: readonly {
    readonly since: string;
    readonly baseline: readonly string[];
    readonly restricted: readonly string[];
  }[];
}

export const readVersioned = () => linesOf('versions.jsonl') as readonly Versioned[];

export const VERSIONED_MINOR_MAX = 40;

/** By one version; undefined is "latest". */
export function judgedAt({ what, pod, oracle }: Versioned, minor?: number): Judged {
  const last = oracle.findLast(
    ({ since }) => minor === undefined || Number(since.replace('v1.', '')) <= minor,
  );
  const verdict = (reasons: readonly string[] = []) => ({ allowed: reasons.length === 0, reasons });
  return {
    name: what,
    version: minor === undefined ? 'latest' : (`v1.${String(minor)}` as PodSecurityVersion),
    pod,
    verdicts: { baseline: verdict(last?.baseline), restricted: verdict(last?.restricted) },
  };
}

/** What is said otherwise than by the library; nothing where all is as it should be. */
export function differences(
  pods: readonly Judged[],
  controls?: readonly PodSecurityControl[],
): readonly string[] {
  return pods.flatMap((assessment) =>
    STANDARDS.flatMap((standard) => differenceOf(assessment, standard, controls) ?? []),
  );
}

export function differ(pods: readonly Judged[], controls: readonly PodSecurityControl[]): boolean {
  return pods.some((assessment) =>
    STANDARDS.some((standard) => differenceOf(assessment, standard, controls) !== undefined),
  );
}

function differenceOf(
  { name, version, pod, verdicts }: Judged,
  standard: PodSecurityStandard,
  controls?: readonly PodSecurityControl[],
): string | undefined {
  const { allowed, violations } = podSecurityVerdict(pod, standard, version, controls);
  const said = violations
    .map(({ reason }) => reason)
    .sort()
    .join('; ');
  const should = [...verdicts[standard].reasons].sort().join('; ');
  if (allowed === verdicts[standard].allowed && said === should) return undefined;
  return `${name}, ${standard}:${version}: ${said || 'allowed'}, and by the library ${should || 'allowed'}`;
}
