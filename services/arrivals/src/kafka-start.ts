/**
 * How long a command waits for Kafka; it reports the wait once, on stderr.
 *
 * Invariant: a command that is interrupted stops waiting.
 */
import type { StartRetry } from '@arrivals/adapters/kafka';
import type { Config } from '@arrivals/host';
import type { Environment } from './command.ts';

export function kafkaStartRetry(
  { startTimeoutMs: timeoutMs }: Config,
  { stderr, signal }: Pick<Environment, 'stderr' | 'signal'>,
): StartRetry {
  return {
    timeoutMs,
    signal,
    onWait: ({ message }, forMs) => {
      stderr.write(
        `${message}\nretrying for up to ${String(Math.ceil(forMs / 1000))} s (at most ARRIVALS_START_TIMEOUT_MS) …\n`,
      );
    },
  };
}
