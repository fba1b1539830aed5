/** Where alerts are read from: a running process, or Kafka. */
import type { UnreadableRecord } from '@arrivals/api';
import type { Alert } from '@arrivals/core';
import { visible } from '../terminal-text.ts';

export interface PagesOptions {
  /** How many of those that are there to begin with. */
  readonly last: number;
  /** Goes on with new ones until the command is stopped, also while what is read from is away. */
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
   * @param backMs how far to look back
   * @throws ArrivalsError usage, alert_unknown, alert_ambiguous, server_unreachable, bus_unavailable,
   * topic_unknown
   */
  find(id: string, backMs: number | undefined): Promise<Alert>;
  close(): Promise<void>;
}

/** A line for people about a record that holds no alert. */
export function leftOutLine({ topic, partition, offset, why }: UnreadableRecord): string {
  return `left out: ${visible(`${topic} ${String(partition)}:${String(offset)}: ${why}`)}\n`;
}
