/** Where alerts are read from: a running process, or Kafka. */
import type { UnreadableRecord } from '@arrivals/api';
import type { Alert } from '@arrivals/core';
import { visible } from '../terminal-text.ts';

export interface PagesOptions {
  /** How many existing alerts to begin with. */
  readonly last: number;
  /** Continues with new ones until the command is stopped, also while the source is unavailable. */
  readonly follow: boolean;
}

export interface AlertSource {
  /**
   * Oldest first; at least one page, which may be empty.
   * @throws ArrivalsError server_unreachable, bus_unavailable, topic_unknown
   */
  pages(options: PagesOptions): AsyncIterable<readonly unknown[]>;
  /**
   * @param id as parseAlertId gives it
   * @param backMs how far back to search
   * @throws ArrivalsError usage, alert_unknown, alert_ambiguous, server_unreachable, bus_unavailable,
   * topic_unknown
   */
  find(id: string, backMs: number | undefined): Promise<Alert>;
  close(): Promise<void>;
}

/** A line about a record without an alert. */
export function leftOutLine({ topic, partition, offset, why }: UnreadableRecord): string {
  return `left out: ${visible(`${topic} ${String(partition)}:${String(offset)}: ${why}`)}\n`;
}
