/**
 * Pods with the verdicts of an API server's Pod Security admission, or of its library: test/fixtures/pss.
 * test/fixtures/SOURCES.md describes how they were obtained.
 */
import type { PodSecurityStandard } from '@arrivals/core';
import {
  type PodSecurityControl,
  podSecurityVerdict,
  type PodSecurityVersion,
} from '@arrivals/core/internal';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dig, type Json, readFormFiles } from '../samples.ts';

export const STANDARDS = ['baseline', 'restricted'] as const;

interface Verdict {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

/** One pod, evaluated by the library by one version. */
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

/** Every version at which a verdict changes, from v1.0 on. */
type Oracle = readonly {
  readonly since: string;
  readonly baseline: readonly string[];
  readonly restricted: readonly string[];
}[];

/** The newest version that the API server knew which was asked. */
export const SERVER_MINOR = 35;

/** One pod, as it was sent and as the server then held it, with its defaults. */
export interface Asked {
  readonly what: string;
  readonly sent: Json;
  readonly stored: Json;
  readonly oracle: Oracle;
}

export const readControlPods = () => linesOf('controls.jsonl.gz') as readonly Asked[];
/** Pods that go for their node. */
export const readNodePods = () => linesOf('node.jsonl.gz') as readonly Asked[];
/** Pods as admission policies are tried with. */
export const readPolicyPods = () => linesOf('policies.jsonl.gz') as readonly Asked[];

const SERVER_VERSIONS: readonly (number | undefined)[] = [...Array(SERVER_MINOR + 1).keys(), undefined];

/** As stored, by each version that the server knew and by latest. */
export function judgedByServer(pods: readonly Asked[], minors = SERVER_VERSIONS): readonly Judged[] {
  return pods.flatMap(({ what, stored, oracle }) =>
    minors.map((minor) => judgedAt({ what: `${what}, as stored`, pod: stored, oracle }, minor)),
  );
}

/** As sent, by latest. */
export function judgedAsSent(pods: readonly Asked[]): readonly Judged[] {
  return pods.map(({ what, sent, oracle }) => judgedAt({ what: `${what}, as sent`, pod: sent, oracle }));
}

interface AuditedLine {
  readonly auditID: string;
  readonly object: 'requestObject' | 'responseObject';
  readonly baseline: readonly string[];
  readonly restricted: readonly string[];
}

/** The pods of audit events, in each form of the log, with the level that the server's verdicts make. */
export function readAuditedPods(): readonly (Judged & { readonly level: string })[] {
  const verdicts = new Map(
    (linesOf('audited.jsonl') as readonly AuditedLine[]).map((line) => [
      `${line.auditID} ${line.object}`,
      line,
    ]),
  );
  return readFormFiles().flatMap(({ name, records }) =>
    records.flatMap((text, index) =>
      bodiesOf(JSON.parse(text)).flatMap(({ auditID, object, pod }) => {
        const line = verdicts.get(`${auditID} ${object}`);
        if (line === undefined) return [];
        const { baseline, restricted } = line;
        const level =
          restricted.length === 0 ? 'restricted' : baseline.length === 0 ? 'baseline' : 'privileged';
        return [
          {
            name: `${name} ${String(index)} ${object}`,
            version: 'latest' as const,
            pod,
            verdicts: { baseline: verdict(baseline), restricted: verdict(restricted) },
            level,
          },
        ];
      }),
    ),
  );
}

/** In whichever envelope the event came. */
function bodiesOf(
  record: unknown,
): readonly { readonly auditID: string; readonly object: string; readonly pod: unknown }[] {
  const inText = dig(record, 'properties', 'log');
  const event = typeof inText === 'string' ? (JSON.parse(inText) as unknown) : record;
  const auditID = dig(event, 'auditID') ?? dig(event, 'insertId');
  return (['request', 'response'] as const).flatMap((body) => {
    const pod = dig(event, `${body}Object`) ?? dig(event, 'protoPayload', body);
    return typeof auditID === 'string' && pod !== undefined
      ? [{ auditID, object: `${body}Object`, pod }]
      : [];
  });
}

export interface Versioned {
  readonly what: string;
  readonly pod: Json;
  /** Evaluated up to v1.40 and by "latest". */
  readonly oracle: Oracle;
}

export const readVersioned = () => linesOf('versions.jsonl') as readonly Versioned[];

export const VERSIONED_MINOR_MAX = 40;

const verdict = (reasons: readonly string[] = []): Verdict => ({ allowed: reasons.length === 0, reasons });

/** By one version; undefined is "latest". */
export function judgedAt({ what, pod, oracle }: Versioned, minor?: number): Judged {
  const last = oracle.findLast(
    ({ since }) => minor === undefined || Number(since.replace('v1.', '')) <= minor,
  );
  return {
    name: what,
    version: minor === undefined ? 'latest' : (`v1.${String(minor)}` as PodSecurityVersion),
    pod,
    verdicts: { baseline: verdict(last?.baseline), restricted: verdict(last?.restricted) },
  };
}

/** What differs from the expected verdict; nothing where all is as expected. */
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
  return `${name}, ${standard}:${version}: ${said || 'allowed'}, and should be ${should || 'allowed'}`;
}
