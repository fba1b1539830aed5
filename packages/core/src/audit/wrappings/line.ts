/**
 * What precedes the JSON on a line of a log: CRI, syslog, logcli, kubectl logs, Fluentd's files.
 *
 * Invariant: only the beginning of a line is looked at, in linear time, and a line that begins as JSON is
 * none of these, so nothing inside an event changes the kind of its line. Does not read what follows.
 */
import type { Wrapping } from './wrapping.ts';

export interface LoggedLine {
  readonly wrapping: Wrapping;
  /** What follows the prefix. */
  readonly content: string;
  /** CRI's; the others have none. */
  readonly stream?: 'stdout' | 'stderr';
  /** CRI's tag P: the next line of the stream goes on. */
  readonly goesOn?: boolean;
}

/** No prefix is longer. */
const PREFIX_UNITS_MAX = 16_384;

const TIME = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?`;
/** Kubernetes' kubelet reads container logs so: TIMESTAMP STREAM TAGS CONTENT. */
const CRI = new RegExp(String.raw`^${TIME} (stdout|stderr) ([FP])(?::[\w:]{0,64})?(?: |$)`);
/** logcli's default output: the time, the labels that are not common to all, the line. */
const LOGCLI = new RegExp(
  String.raw`^${TIME} +\{(?:\}|[A-Za-z_]\w{0,254}=(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}) *`,
);
const RFC_5424 =
  /^(?:\d{1,9} )?<\d{1,3}>\d{1,2} \S{1,64} \S{1,255} \S{1,255} \S{1,128} \S{1,128} (?:-|(?:\[(?:[^\]"\\]|"(?:[^"\\]|\\.)*")*\])+)(?: |$)\uFEFF?/;
const RFC_3164 = new RegExp(
  String.raw`^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|${TIME}) \S{1,255} [^\s:[]{1,255}(?:\[[^\]\s]{0,64}\])?: *`,
);
/** rsyslog's sign that JSON follows. */
const COOKIE = /^@cee: */;
const KUBECTL = new RegExp(String.raw`^(?:\[pod/[^\]\s]{1,512}\] )?(?:${TIME} )?`);
/** out_file: time, tag and record. */
const FLUENTD_FILE = /^\S{1,64}\t\S{1,255}\t(?=[{[])/;
/** Severity, date, time, thread, file and line (k8s.io/klog). */
const KLOG = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [^\s\]]{1,255}:\d+\]/;

/** Undefined for a line without a prefix that is known. */
export function loggedLine(text: string): LoggedLine | undefined {
  const start = text.slice(0, PREFIX_UNITS_MAX);
  const after = (prefix: RegExpExecArray): string => text.slice(prefix[0].length);
  const cri = CRI.exec(start);
  if (cri !== null) {
    return {
      wrapping: 'CRI',
      content: after(cri),
      stream: cri[1] === 'stderr' ? 'stderr' : 'stdout',
      goesOn: cri[2] === 'P',
    };
  }
  const logcli = LOGCLI.exec(start);
  if (logcli !== null) return { wrapping: 'Loki', content: after(logcli) };
  const syslog = RFC_5424.exec(start) ?? RFC_3164.exec(start);
  if (syslog !== null) return { wrapping: 'syslog', content: after(syslog).replace(COOKIE, '') };
  const fluentd = FLUENTD_FILE.exec(start);
  if (fluentd !== null) return { wrapping: 'Fluent Bit', content: after(fluentd) };
  const kubectl = KUBECTL.exec(start);
  return kubectl === null || kubectl[0] === '' ? undefined : { wrapping: 'kubectl', content: after(kubectl) };
}

/** A line that the API server wrote of itself: never an audit event, as those begin as JSON. */
export function isKlogLine(text: string): boolean {
  return KLOG.test(text.slice(0, PREFIX_UNITS_MAX));
}
