/**
 * The log on stderr, by winston: JSON lines, or text for people on a terminal; one line a batch at most.
 *
 * Invariant: outside text only ever stands inside a JSON string, so that nobody forges a line or moves a cursor.
 */
import winston from 'winston';
import type { LogFormat } from './log-format.ts';

export interface Log {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a terminal may obey although JSON allows it in a string: delete, C1 controls, line separators, direction marks. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Where winston keeps the finished line (triple-beam). */
const LINE = Symbol.for('message');

const escaped = winston.format((info) => {
  const line = info[LINE];
  if (typeof line === 'string') info[LINE] = line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return info;
});

/** Time of day, level, message, and the fields as JSON. */
const asText = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const more = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  return `${String(timestamp).slice(11, 19)} ${level.toUpperCase().padEnd(5)} ${JSON.stringify(message).slice(1, -1)}${more}`;
});

export function createLog(level: string, format: LogFormat = 'json'): Log {
  return winston.createLogger({
    level,
    format: winston.format.combine(winston.format.timestamp(), format === 'json' ? winston.format.json() : asText, escaped()),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's own types do not meet
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
}
