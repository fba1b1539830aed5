/** Texts of a bounded number of bytes: two that differ stay different. */
import { Buffer } from 'node:buffer';
import { digestOf } from '../base/digest.ts';

/** At most so many bytes as JSON, well-formed; two texts that differ stay different. */
export function bounded(text: string, bytesMax: number): string {
  const formed = text.toWellFormed();
  if (formed === text && text.length <= bytesMax && jsonBytes(text) <= bytesMax) return text;
  const tail = `…${digestOf(text).slice(0, 16)}`;
  let bytes = Buffer.byteLength(tail);
  let kept = '';
  for (const character of formed) {
    bytes += jsonBytes(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return `${kept}${tail}`;
}

export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

export function boundedOr(text: string | undefined, bytesMax: number): string | undefined {
  return text === undefined ? undefined : bounded(text, bytesMax);
}
