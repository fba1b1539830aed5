/**
 * The log on stderr, by winston: JSON lines, or text for people on a terminal; one line a batch at most.
 *
 * Invariant: outside text only ever stands inside a JSON string, masked and with nothing unseen in it, so
 * that nobody forges a line, moves a cursor or has a secret kept.
 */
import type { LogLevel } from '@arrivals/core';
import { MASK, maskEntry, maskText, visibleJson } from '@arrivals/core/light';
import winston from 'winston';

export type LogFormat = 'json' | 'text';

export interface Log {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Where winston keeps the finished line (triple-beam). */
const LINE = Symbol.for('message');

const escaped = winston.format((info) => {
  const line = info[LINE];
  if (typeof line === 'string') info[LINE] = visibleJson(line);
  return info;
});

const FIELDS_DEPTH_MAX = 4;

/**
 * Fields hold what others sent, and what other programs said of it. The message is ours, but for what an
 * error said.
 */
const masked = winston.format((info) => {
  for (const [name, value] of Object.entries(info))
    if (name !== 'level' && name !== 'timestamp') info[name] = maskedField(name, value, 0);
  return info;
});

function maskedField(name: string, value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskEntry(name, value);
  if (value instanceof Error) return maskText(value.message);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > FIELDS_DEPTH_MAX) return MASK;
  if (Array.isArray(value)) return value.map((entry: unknown) => maskedField(name, entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [maskText(key), maskedField(key, entry, depth + 1)]),
  );
}

/** Time of day, level, message, and the fields as JSON. */
const asText = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const more = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  return `${String(timestamp).slice(11, 19)} ${level.toUpperCase().padEnd(5)} ${JSON.stringify(message).slice(1, -1)}${more}`;
});

export function createLog(level: LogLevel, format: LogFormat = 'json'): Log {
  return winston.createLogger({
    level,
    format: winston.format.combine(
      masked(),
      winston.format.timestamp(),
      format === 'json' ? winston.format.json() : asText,
      escaped(),
    ),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's own types do not meet
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
}
