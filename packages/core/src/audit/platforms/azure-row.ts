/**
 * AKS: rows of Azure Monitor's tables, whose columns are the fields of an audit event: AKSAudit and
 * AKSAuditAdmin, as objects or as a query's table; and AzureDiagnostics, with the event's text in log_s.
 *
 * Invariant: a value keeps its bytes; one that is text where JSON belongs (the command line prints dynamic
 * columns so) is unescaped. Nothing is inferred: a row has all that the event had.
 */
import { Buffer } from 'node:buffer';
import { isJson } from '../wrappings/json-text.ts';
import { isStage } from '../validity.ts';
import type { JsonView } from './json-view.ts';

/** Columns (Azure Monitor Logs reference, AKSAudit) with the event's field, and what its JSON begins with. */
const COLUMNS: readonly (readonly [column: string, field: string, begins: '"' | '{' | '['])[] = [
  ['Level', 'level', '"'],
  ['AuditId', 'auditID', '"'],
  ['Stage', 'stage', '"'],
  ['RequestUri', 'requestURI', '"'],
  ['Verb', 'verb', '"'],
  ['User', 'user', '{'],
  ['ImpersonatedUser', 'impersonatedUser', '{'],
  ['SourceIps', 'sourceIPs', '['],
  ['UserAgent', 'userAgent', '"'],
  ['ObjectRef', 'objectRef', '{'],
  ['ResponseStatus', 'responseStatus', '{'],
  ['RequestObject', 'requestObject', '{'],
  ['ResponseObject', 'responseObject', '{'],
  ['RequestReceivedTime', 'requestReceivedTimestamp', '"'],
  ['StageReceivedTime', 'stageTimestamp', '"'],
  ['Annotations', 'annotations', '{'],
];

type Row = (column: string) => JsonView | undefined;

export function isAzureRow(value: JsonView): boolean {
  return isRow((column) => value.at(column));
}

function isRow(row: Row): boolean {
  return isStage(row('Stage')?.text()) && (row('AuditId') !== undefined || row('RequestUri') !== undefined);
}

/** The row as an event of audit.k8s.io/v1. */
export function eventOfRow(value: JsonView): Buffer {
  return eventOf((column) => value.at(column));
}

function eventOf(row: Row): Buffer {
  const parts: Buffer[] = [Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1"')];
  for (const [column, field, begins] of COLUMNS) {
    const json = jsonOf(row(column), begins);
    if (json !== undefined) parts.push(Buffer.from(`,"${field}":`), json);
  }
  return Buffer.concat([...parts, Buffer.from('}')]);
}

/** "" is how a table shows what is not there. */
function jsonOf(value: JsonView | undefined, begins: '"' | '{' | '['): Buffer | undefined {
  if (value === undefined) return undefined;
  const text = value.text();
  if (text === undefined) return value.isObject || value.isArray ? value.bytes : undefined;
  const trimmed = text.trim();
  return begins !== '"' && (trimmed.startsWith(begins) || trimmed.startsWith('"')) && isJson(trimmed)
    ? Buffer.from(trimmed)
    : value.bytes;
}

/**
 * What a query answers: {"tables":[{"columns":[{"name":…}],"rows":[[…]]}]}. Of each row the event's JSON, or
 * the text that holds it.
 */
export function* tableRows(
  value: JsonView,
): Generator<{ readonly row: JsonView; readonly event?: Buffer; readonly log?: JsonView }> {
  for (const table of value.at('tables')?.elements() ?? []) {
    const names: (string | undefined)[] = [];
    for (const column of table.at('columns')?.elements() ?? []) names.push(column.text('name'));
    for (const row of table.at('rows')?.elements() ?? []) {
      const cells = new Map<string | undefined, JsonView>();
      let i = 0;
      for (const cell of row.elements()) cells.set(names[i++], cell);
      const log = cells.get('log_s');
      if (isRow((column) => cells.get(column))) yield { row, event: eventOf((column) => cells.get(column)) };
      else yield log === undefined ? { row } : { row, log };
    }
  }
}

export function isQueryAnswer(value: JsonView): boolean {
  const first = value.at('tables')?.first();
  return first?.at('columns')?.isArray === true && first.at('rows')?.isArray === true;
}
