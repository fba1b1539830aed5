/** Whether a text is one JSON value, without building it. */
import { Buffer } from 'node:buffer';
import { JsonScanner, JsonSyntaxError } from '../json-scanner.ts';

export function isJson(text: string | Buffer): boolean {
  const scanner = new JsonScanner(typeof text === 'string' ? Buffer.from(text) : text);
  try {
    scanner.value();
    scanner.end();
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}
