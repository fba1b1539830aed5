/**
 * OpenTelemetry's logs as JSON (OTLP): resourceLogs, scopeLogs, logRecords, each with a body.
 *
 * Invariant: a text keeps its bytes; a body that was parsed is written as JSON again, in time linear in it
 * and without recursion, and integers keep their digits. The resource's and the record's attributes name the
 * container.
 */
import { Buffer } from 'node:buffer';
import { asArray, asText, at } from '../../base/json.ts';
import { scanEvent } from '../event-list.ts';
import { JsonView } from '../platforms/json-view.ts';
import type { Carried, Wrapped } from './carried.ts';
import { type Origin, originFrom } from './origin.ts';

export function otlpLogs(value: JsonView): Wrapped | undefined {
  const resources = value.at('resourceLogs') ?? value.at('resource_logs');
  return resources?.isArray === true
    ? { wrapping: 'OTLP', certain: true, carried: logRecords(resources) }
    : undefined;
}

function* logRecords(resources: JsonView): Generator<Carried> {
  for (const resource of resources.elements()) {
    const common = attributesOf(resource.at('resource', 'attributes'));
    const scopes =
      resource.at('scopeLogs') ?? resource.at('scope_logs') ?? resource.at('instrumentationLibraryLogs');
    for (const scope of scopes?.elements() ?? []) {
      for (const record of (scope.at('logRecords') ?? scope.at('log_records'))?.elements() ?? []) {
        yield {
          content: bodyOf(record),
          element: record,
          origin: originIn(common, attributesOf(record.at('attributes'))),
        };
      }
    }
  }
}

type Attributes = ReadonlyMap<string, string>;

function attributesOf(list: JsonView | undefined): Attributes {
  const attributes = new Map<string, string>();
  for (const attribute of list?.elements() ?? []) {
    const key = attribute.text('key');
    const text = attribute.text('value', 'stringValue') ?? attribute.text('value', 'string_value');
    if (key !== undefined && text !== undefined) attributes.set(key, text);
  }
  return attributes;
}

function originIn(common: Attributes, own: Attributes): Origin {
  return originFrom((...path) => own.get(path.join('.')) ?? common.get(path.join('.')));
}

function bodyOf(record: JsonView): JsonView | undefined {
  const body = record.at('body');
  const text = body?.at('stringValue') ?? body?.at('string_value');
  if (text !== undefined) return text;
  const parsed = body?.at('kvlistValue') ?? body?.at('kvlist_value');
  if (body === undefined || parsed === undefined || scanEvent(parsed.bytes).tooDeep === true)
    return undefined;
  return JsonView.all(Buffer.from(jsonOf(body.json())), record.byteOffset)[0];
}

type Step = { readonly text: string } | { readonly value: unknown };

/** An AnyValue as the JSON that it was made of. */
function jsonOf(anyValue: unknown): string {
  const out: string[] = [];
  const steps: Step[] = [{ value: anyValue }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if ('text' in step) out.push(step.text);
    else {
      const inner = stepsOf(step.value);
      // What comes first is taken first.
      for (const each of [...inner].reverse()) steps.push(each);
    }
  }
  return out.join('');
}

function stepsOf(value: unknown): readonly Step[] {
  const of = (name: string, snake: string): unknown => at(value, name) ?? at(value, snake);
  const members = of('kvlistValue', 'kvlist_value');
  if (members !== undefined) {
    const steps = asArray(at(members, 'values')).flatMap((member, i): Step[] => [
      { text: `${i === 0 ? '' : ','}${JSON.stringify(asText(at(member, 'key')) ?? '')}:` },
      { value: at(member, 'value') },
    ]);
    return [{ text: '{' }, ...steps, { text: '}' }];
  }
  const elements = of('arrayValue', 'array_value');
  if (elements !== undefined) {
    const steps = asArray(at(elements, 'values')).flatMap((element, i): Step[] => [
      { text: i === 0 ? '' : ',' },
      { value: element },
    ]);
    return [{ text: '[' }, ...steps, { text: ']' }];
  }
  const integer = of('intValue', 'int_value');
  // 64-bit integers are texts.
  if (typeof integer === 'string' && /^-?(?:0|[1-9]\d{0,18})$/.test(integer)) return [{ text: integer }];
  const scalar =
    of('stringValue', 'string_value') ??
    integer ??
    of('doubleValue', 'double_value') ??
    of('boolValue', 'bool_value') ??
    of('bytesValue', 'bytes_value');
  return [
    {
      text:
        typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean'
          ? JSON.stringify(scalar)
          : 'null',
    },
  ];
}
