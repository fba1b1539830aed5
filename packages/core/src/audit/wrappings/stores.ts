/**
 * What stores and pipelines of logs take and print: Splunk's collector, Elasticsearch's hits, Loki's streams,
 * Kafka Connect's envelopes.
 *
 * Invariant: the top of a value decides its shape, and each entry is one element. Shapes: Splunk's HTTP Event
 * Collector and its exports; Elasticsearch's search API; Loki's push and query APIs, logcli --output=jsonl;
 * Kafka Connect's JsonConverter, kcat -J.
 */
import type { JsonView } from '../platforms/json-view.ts';
import type { Carried, Wrapped } from './carried.ts';
import { type Origin, originFrom, originOf } from './origin.ts';

export function storedRecord(value: JsonView): Wrapped | undefined {
  return splunk(value) ?? elastic(value) ?? loki(value) ?? kafka(value);
}

/**
 * The collector's event, distinguished from an Elastic document by the fields beside it; a search's result
 * has the line as _raw.
 */
function splunk(value: JsonView): Wrapped | undefined {
  const event = value.at('event');
  const isEvent =
    event !== undefined &&
    (event.text() !== undefined || event.isObject) &&
    value.text('@timestamp') === undefined;
  if (isEvent) {
    const certain = ['sourcetype', 'source', 'index', 'host', 'fields', 'time'].some(
      (key) => value.at(key) !== undefined,
    );
    return {
      wrapping: 'Splunk',
      certain,
      carried: [{ content: event, element: value, origin: splunkOrigin(value) }],
    };
  }
  const results = value.at('results');
  if (results?.first()?.text('_raw') !== undefined)
    return { wrapping: 'Splunk', certain: true, carried: each(results, (result) => result.at('_raw')) };
  const raw = value.at('result', '_raw') ?? value.at('_raw');
  return raw?.text() === undefined
    ? undefined
    : { wrapping: 'Splunk', certain: true, carried: [one(raw, value)] };
}

/** Splunk Connect for Kubernetes and OpenTelemetry's exporter name the container in the fields. */
function splunkOrigin(value: JsonView): Origin {
  const own = originOf(value);
  const fields = value.at('fields');
  return own !== 'untold' || fields === undefined ? own : originOf(fields);
}

function elastic(value: JsonView): Wrapped | undefined {
  const hits = value.at('hits', 'hits');
  if (hits?.isArray === true)
    return { wrapping: 'Elastic', certain: true, carried: each(hits, (hit) => hit.at('_source')) };
  const source = value.at('_source');
  return source?.isObject === true
    ? { wrapping: 'Elastic', certain: true, carried: [one(source, value)] }
    : undefined;
}

function loki(value: JsonView): Wrapped | undefined {
  const streams = value.at('streams') ?? value.at('data', 'result');
  if (streams?.first()?.at('values')?.isArray === true || streams?.first()?.at('entries')?.isArray === true)
    return { wrapping: 'Loki', certain: true, carried: lokiEntries(streams) };
  const labels = value.at('labels');
  const line = value.at('line');
  if (line?.text() === undefined || labels?.isObject !== true) return undefined;
  return {
    wrapping: 'Loki',
    certain: true,
    carried: [{ content: line, element: value, origin: originOf(labels) }],
  };
}

/** A value is [time, line] or [time, line, metadata]; an entry of the older form {ts, line}. */
function* lokiEntries(streams: JsonView): Generator<Carried> {
  for (const stream of streams.elements()) {
    const labels = stream.at('stream');
    const origin = labels === undefined ? 'untold' : originOf(labels);
    for (const entry of (stream.at('values') ?? stream.at('entries') ?? stream).elements()) {
      yield { content: entry.isArray ? second(entry) : entry.at('line'), element: entry, origin };
    }
  }
}

function second(list: JsonView): JsonView | undefined {
  const elements = list.elements();
  elements.next();
  return elements.next().value;
}

/**
 * An envelope with its schema; a message as the consumers' tools print it; a list of records for the REST
 * proxy.
 */
function kafka(value: JsonView): Wrapped | undefined {
  const payload = value.at('payload');
  if (payload !== undefined && (value.at('schema') !== undefined || value.text('topic') !== undefined))
    return { wrapping: 'Kafka Connect', certain: true, carried: [one(payload, value)] };
  const content = value.at('value');
  if (content === undefined || value.text('topic') === undefined || value.at('offset') === undefined)
    return undefined;
  return { wrapping: 'Kafka Connect', certain: true, carried: [one(content, value)] };
}

/** What an API server's log has is in no container that it names. */
function one(content: JsonView | undefined, element: JsonView): Carried {
  return { content, element, origin: originFrom((...path) => element.text(...path)) };
}

function* each(list: JsonView, contentOf: (element: JsonView) => JsonView | undefined): Generator<Carried> {
  for (const element of list.elements()) yield one(contentOf(element), element);
}
