/**
 * Recognises files that are often mistaken for audit logs: events of kubectl, logs of the API server and of
 * applications, CSV, YAML.
 *
 * Invariant: only files without any audit event in their first part are refused here. A file with one line
 * that may be an event is read, and its other lines are set aside one by one.
 */
import { ArrivalsError, asText, at, shellWord, unwrap } from '@arrivals/core';
import { inflateWithin } from '@arrivals/host/command';
import { visible } from '../terminal-text.ts';

export interface Finding {
  /** For "found …". */
  readonly what: string;
  /** The remedy, a sentence. */
  readonly remedy: string;
}

const EXPECTED =
  'expected an audit log of Kubernetes (a JSON event a line, an EventList, or a platform’s log)';
const WRITE_ONE = 'An API server writes an audit log with --audit-log-path, in --audit-log-format=json';
const LINES_MAX = 200;
/** How much of an unknown text is shown. */
const SHOWN_CHARACTERS_MAX = 60;
const INFLATED_BYTES_MAX = 1024 * 1024;

/**
 * Text that every envelope of an audit event contains, escaped or not; and inputs that the webhook names
 * better.
 */
const AUDIT_MARK = /audit\.k8s\.io|audit-?id|H4sI|protoPayload|AdmissionReview/i;
const JSON_BEGINS = /^\s*[[{"\]}]/;

/** @param whole whether `head` is all there is. @throws ArrivalsError input_not_audit_log */
export function assertAuditLog(name: string, head: Buffer, whole: boolean): void {
  const finding = findingOf(name, head.toString('utf8').replace(/^\ufeff/, ''), whole);
  if (finding !== undefined)
    throw new ArrivalsError(
      'input_not_audit_log',
      `${name}: ${EXPECTED}, found ${finding.what}. ${finding.remedy}.`,
    );
}

function findingOf(name: string, text: string, whole: boolean): Finding | undefined {
  const all = text.split(/\r?\n/);
  // The last line may be incomplete.
  const complete = (whole ? all : all.slice(0, -1)).filter((line) => line.trim() !== '').slice(0, LINES_MAX);
  const [first] = complete;
  if (first === undefined) return undefined;
  const table = csv(name, complete);
  if (table !== undefined) return table;
  if (complete.some((line) => LEGACY_AUDIT.test(line))) return LEGACY;
  if (AUDIT_MARK.test(text)) return undefined;
  return complete.some((line) => JSON_BEGINS.test(line))
    ? jsonFinding(text, complete)
    : textFinding(first, complete);
}

/**
 * kube-apiserver's own first format, with lines such as 2017-03-21T03:57:09.106841886-04:00 AUDIT: id="…"
 * stage="…".
 */
const LEGACY_AUDIT = /\bAUDIT: id="/;
const LEGACY: Finding = {
  what: 'an audit log in the legacy format, which contains no objects',
  remedy: 'Have the API server write it with --audit-log-format=json',
};

const EVENTS: Finding = {
  what: 'events as printed by `kubectl get events`, which are reports of components and do not show who did what',
  remedy: WRITE_ONE,
};

const TEXTS: readonly (readonly [line: RegExp, finding: Finding])[] = [
  [/^(NAMESPACE\s+)?(LAST SEEN|LASTSEEN|FIRST SEEN)\s+(TYPE|FIRSTSEEN|COUNT|LAST SEEN)\s/, EVENTS],
  [
    /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w./-]+:\d+\] /,
    {
      what: 'a component’s own log (klog), as of kube-apiserver',
      remedy: `${WRITE_ONE}: that is another file than its log`,
    },
  ],
  [/^(---|apiVersion:|kind:|items:)\s*\S*\s*$/, { what: 'YAML', remedy: WRITE_ONE }],
  [
    /^\s*<(\?xml|!doctype|html|[a-z]+[ >])/i,
    {
      what: 'HTML or XML, perhaps a page of an error or for logging in',
      remedy: 'Look at the file: what fetched it may have been refused',
    },
  ],
  [/^(NAMESPACE\s+)?NAME\s{2,}[A-Z-]+/, { what: 'a table that kubectl prints', remedy: WRITE_ONE }],
  [
    /^type=[A-Z_]+ msg=audit\(/,
    { what: 'the audit log of Linux (auditd), which is not the one of Kubernetes', remedy: WRITE_ONE },
  ],
];

/** The beginning of a line of most logs: a time, a level, syslog's priority. */
const LOG_LINE =
  /^\s*(<\d{1,3}>|\[?\d{4}[-/]\d\d[-/]\d\d[T ]|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\[?(TRACE|DEBUG|INFO|WARN(ING)?|ERROR|FATAL)\b|(time|ts|level)=|\S+ \S+ \S+ \[\d\d\/)/i;

function textFinding(first: string, lines: readonly string[]): Finding {
  // kubectl prints this before its table, or the log was truncated in its first line.
  for (const line of lines.slice(0, 5))
    for (const [pattern, finding] of TEXTS) if (pattern.test(line)) return finding;
  if (lines.filter((line) => LOG_LINE.test(line)).length * 2 >= lines.length)
    return { what: 'an application’s log, with no audit event in it', remedy: WRITE_ONE };
  return {
    what: `text that is no JSON, beginning with ${JSON.stringify(visible(first.slice(0, SHOWN_CHARACTERS_MAX)))}`,
    remedy: WRITE_ONE,
  };
}

function jsonFinding(text: string, lines: readonly string[]): Finding | undefined {
  if (/"kind"\s*:\s*"Event"/.test(text) && /"(involvedObject|regarding)"\s*:/.test(text)) return EVENTS;
  if (/^\s*\{\s*"apiVersion"\s*:\s*"v1"\s*,\s*"items"\s*:\s*\[/.test(text))
    return { what: 'a list of Kubernetes objects, as `kubectl get -o json` prints it', remedy: WRITE_ONE };
  if (lines.every(isLogRecord))
    return { what: 'an application’s log in JSON, with no audit event in it', remedy: WRITE_ONE };
  return undefined;
}

/** The output of loggers: a level or a time, and a message. A platform's record never counts as one. */
function isLogRecord(line: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return false;
  }
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => asText(at(value, name)) !== undefined || typeof at(value, name) === 'number');
  const isRecord =
    has('msg', 'message', '@m', '@mt', 'event') &&
    has(
      'level',
      'lvl',
      'severity',
      'levelname',
      'log.level',
      '@l',
      'ts',
      'time',
      'timestamp',
      '@timestamp',
      'asctime',
      '@t',
    );
  return isRecord && unwrap(Buffer.from(line), inflateWithin(INFLATED_BYTES_MAX)) === undefined;
}

/** A head of names, and lines with as many cells; a cell may hold an audit event whole. */
function csv(name: string, [head = '', ...rows]: readonly string[]): Finding | undefined {
  const separator = [',', ';', '\t'].find((each) => head.includes(each));
  if (separator === undefined || rows.length === 0) return undefined;
  const names = cells(head, separator);
  if (!names.every((cell) => /^[\w@.#/() -]{1,80}$/.test(cell) && /[a-z]/i.test(cell)) || names.length < 2)
    return undefined;
  // A cell may have several lines: the first row decides, and that no line is JSON.
  const row = cells(rows[0] ?? '', separator);
  if (row.length !== names.length || rows.some((line) => /^\s*[{[]/.test(line))) return undefined;
  const column = names[row.findIndex((cell) => /^\s*\{/.test(cell))];
  if (column === undefined) return { what: 'CSV', remedy: 'Export it as JSON, an event a line' };
  const program = `import csv,sys; csv.field_size_limit(10**9); [print(r[${JSON.stringify(column)}]) for r in csv.DictReader(sys.stdin, delimiter=${JSON.stringify(separator)})]`;
  const from = name === '-' ? '' : ` < ${shellWord(name)}`;
  return {
    what: `CSV, with JSON in its column ${JSON.stringify(column)}`,
    remedy: `Export it as JSON, or take that column out of it: \`python3 -c ${shellWord(program)}${from} | arrivals replay -\``,
  };
}

function cells(line: string, separator: string): readonly string[] {
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      found.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...found, cell];
}
