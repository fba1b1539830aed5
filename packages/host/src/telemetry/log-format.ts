/**
 * In which form a service's log is written, and that in JSON nothing else comes on its stream.
 *
 * Invariant: once `keepToJson` has been called, Node's warnings and what nobody caught are lines of JSON too.
 */
import type { Log, LogFormat } from './log.ts';
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { SETTINGS } from '../config/settings.ts';

/** Known before the settings are checked, as errors in them are logged in it too. */
export function logFormat(
  env: Readonly<Record<string, string | undefined>>,
  { isTTY }: { readonly isTTY?: boolean },
): LogFormat {
  const chosen = env[SETTINGS.logFormat.env];
  return chosen === 'json' || chosen === 'text' ? chosen : isTTY === true ? 'text' : 'json';
}

/** For the rest of the process's life. */
export function keepToJson(log: Log): void {
  // Node's own listener prints them as text.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    log.warn(message, { warning: name });
  });
  process.on('uncaughtException', (error) => {
    logFatal(log, error);
    process.exit(1);
  });
}

/** What ends the process. */
export function logFatal(log: Log, error: unknown): void {
  if (error instanceof ArrivalsError)
    log.error(error.message, { code: error.code, meaning: error.entry.meaning, remedy: error.entry.remedy });
  else log.error(messageOf(error), { stack: error instanceof Error ? error.stack : undefined });
}
