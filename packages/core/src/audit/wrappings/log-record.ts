/**
 * A record of a log as runtimes and shippers write it: Docker, Fluent Bit and Fluentd, Filebeat and
 * Elasticsearch, Vector.
 *
 * Invariant: what the record carries is in one field of a closed list; the top of the record decides which.
 * Shapes: Docker's json-file driver; Fluent Bit's tail, kubernetes filter and http output; Filebeat's
 * container input and kubernetes audit logs of Elastic's integration; Vector's file and kubernetes_logs
 * sources.
 */
import type { JsonView } from '../platforms/json-view.ts';
import type { Carried, LinePart, Wrapped } from './carried.ts';
import { originOf } from './origin.ts';
import type { Wrapping } from './wrapping.ts';

/** Parsed, or the line; the more particular goes first. */
const CONTENT_PATHS: readonly (readonly string[])[] = [
  ['kubernetes', 'audit'],
  ['kubernetes.audit'],
  ['json'],
  ['event', 'original'],
  ['event.original'],
  ['log'],
  ['message'],
  ['MESSAGE'],
  ['msg'],
  ['line'],
  ['_raw'],
  ['short_message'],
  ['full_message'],
];

/** Undefined for what has none of the fields. */
export function logRecord(record: JsonView): Wrapped | undefined {
  const wrapping = signatureOf(record);
  const content = contentOf(record);
  if (content === undefined && wrapping === undefined) return undefined;
  const part = partOf(record, wrapping);
  const carried: Carried = {
    content,
    element: record,
    origin: originOf(record),
    ...(part === undefined ? {} : { part }),
  };
  return { wrapping: wrapping ?? 'Fluent Bit', certain: wrapping !== undefined, carried: [carried] };
}

function contentOf(record: JsonView): JsonView | undefined {
  for (const path of CONTENT_PATHS) {
    const found = record.at(...path);
    // Filebeat has an object `log` that describes the file.
    if (
      found !== undefined &&
      (found.text() !== undefined ||
        (found.isObject && found.at('file') === undefined && found.at('offset') === undefined))
    )
      return found;
  }
  return undefined;
}

/** Who wrote the record, where it shows; many other records have a message. */
export function signatureOf(record: JsonView): Wrapping | undefined {
  if (record.text('source_type') !== undefined || record.at('_partial') !== undefined) return 'Vector';
  if (
    record.text('@timestamp') !== undefined &&
    (record.at('message') !== undefined || contentOf(record) !== undefined)
  )
    return 'Elastic';
  const stream = record.text('stream');
  if (stream !== 'stdout' && stream !== 'stderr')
    return record.text('kubernetes', 'pod_name') === undefined ? undefined : 'Fluent Bit';
  if (record.at('log') === undefined && record.at('message') === undefined) return undefined;
  const isDocker =
    record.at('log') !== undefined &&
    record.text('time') !== undefined &&
    record.at('kubernetes') === undefined &&
    tagOf(record) === undefined;
  return isDocker ? 'Docker' : 'Fluent Bit';
}

/** CRI's, as Fluent Bit's and Fluentd's parsers call it. */
function tagOf(record: JsonView): string | undefined {
  return record.text('logtag') ?? record.text('_p');
}

function partOf(record: JsonView, wrapping: Wrapping | undefined): LinePart | undefined {
  const tag = tagOf(record);
  const log = [
    record.text('stream') ?? '',
    ...['file', 'filename', 'tag', 'container_id', 'partial_id'].map((key) => record.text(key) ?? ''),
  ];
  log.push(
    record.text('kubernetes', 'docker_id') ?? '',
    record.text('kubernetes', 'pod_name') ?? '',
    record.text('kubernetes', 'container_name') ?? '',
  );
  const name = JSON.stringify(log).slice(0, 2000);
  if (tag !== undefined) return { log: name, goesOn: tag.startsWith('P') };
  const partial = record.boolean('_partial');
  if (partial !== undefined) return { log: name, goesOn: partial };
  // Docker's fluentd driver.
  if (record.text('partial_message') === 'true')
    return { log: name, goesOn: record.text('partial_last') !== 'true' };
  return wrapping === 'Docker' ? { log: name, goesOn: undefined } : undefined;
}

/** Fluentd's and Fluent Bit's entries: [time, record], [[time, metadata], record], [tag, time, record]. */
export function timedRecord(value: JsonView): JsonView | undefined {
  const elements: JsonView[] = [];
  for (const element of value.elements()) {
    elements.push(element);
    if (elements.length > 3) return undefined;
  }
  const [first, second, third] = elements;
  if (third !== undefined)
    return first?.text() !== undefined && isTime(second) && third.isObject ? third : undefined;
  if (second?.isObject !== true || first === undefined) return undefined;
  return isTime(first) || (first.isArray && isTime(first.first())) ? second : undefined;
}

function isTime(value: JsonView | undefined): boolean {
  return value !== undefined && (value.number() !== undefined || value.text() !== undefined);
}
