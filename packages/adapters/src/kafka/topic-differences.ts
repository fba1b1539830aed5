/**
 * Compares a topic as it is with how it has to be.
 *
 * Invariant: a difference is `unsafe` when it breaks a guarantee: records refused, dropped or kept for longer
 * than claims. Others cost something, or are the operator's choice, and are reported all the same. Pure.
 */
import type { TopicSpec } from '@arrivals/core';

export interface TopicDifference {
  readonly topic: string;
  /** What differs: "topic", "partitions", "replication", or the name of a topic's setting. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly unsafe: boolean;
  /** The value that `arrivals topics apply` sets; absent where it cannot be changed in place. */
  readonly fix?: string;
}

export interface FoundTopic {
  readonly partitions: number;
  /** Replicas of the partition that has fewest. */
  readonly replication: number;
  /** Settings by name, with those that were not set for the topic itself. */
  readonly settings: ReadonlyMap<string, string>;
}

/**
 * From this number of replicas on, one may be away without an acknowledged record depending on the last of
 * them.
 */
const SAFE_REPLICATION = 3;

/** Anything else has the broker compress what it is sent, which costs it and our readers time. */
const READ_AS_WRITTEN: ReadonlySet<string> = new Set(['', 'producer', 'uncompressed']);

export function missingTopic({ name }: TopicSpec): TopicDifference {
  return { topic: name, what: 'topic', expected: 'it', found: 'none', unsafe: true };
}

/** The settings a topic is made with. */
export function settingsOf(spec: TopicSpec): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'LogAppendTime',
    'unclean.leader.election.enable': 'false',
    'retention.ms': String(spec.retentionMs),
    'max.message.bytes': String(spec.recordBytesMax),
    ...(spec.segmentMs === undefined ? {} : { 'segment.ms': String(spec.segmentMs) }),
    ...(spec.replication >= SAFE_REPLICATION ? { 'min.insync.replicas': '2' } : {}),
  };
}

export function differencesOf(spec: TopicSpec, found: FoundTopic): readonly TopicDifference[] {
  const differences: TopicDifference[] = [];
  const report = (what: string, expected: string, actual: string, unsafe: boolean, fix?: string): void => {
    differences.push({
      topic: spec.name,
      what,
      expected,
      found: actual,
      unsafe,
      ...(fix === undefined ? {} : { fix }),
    });
  };
  const setting = (name: string): string => found.settings.get(name) ?? '';
  const number = (name: string): number => Number(setting(name));
  if (found.partitions !== spec.partitions)
    report(
      'partitions',
      String(spec.partitions),
      String(found.partitions),
      false,
      found.partitions < spec.partitions ? String(spec.partitions) : undefined,
    );
  if (spec.replication > 0 && found.replication < spec.replication)
    report('replication', String(spec.replication), String(found.replication), false);
  if (setting('cleanup.policy') !== 'delete')
    report('cleanup.policy', 'delete', setting('cleanup.policy'), true, 'delete');
  if (setting('unclean.leader.election.enable') === 'true')
    report('unclean.leader.election.enable', 'false', 'true', true, 'false');
  if (setting('message.timestamp.type') === 'CreateTime')
    report('message.timestamp.type', 'LogAppendTime', 'CreateTime', false, 'LogAppendTime');
  const compression = setting('compression.type');
  if (!READ_AS_WRITTEN.has(compression))
    report(
      'compression.type',
      'producer: records stay as they are sent',
      `${compression}, which is read too`,
      false,
    );
  if (spec.segmentMs !== undefined && number('retention.bytes') >= 0)
    report('retention.bytes', '-1: no bound but time', setting('retention.bytes'), false);
  if (number('max.message.bytes') < spec.recordBytesMax)
    report(
      'max.message.bytes',
      `${String(spec.recordBytesMax)} or more`,
      setting('max.message.bytes'),
      true,
      String(spec.recordBytesMax),
    );
  compareRetention(spec, number('retention.ms'), setting('retention.ms'), report);
  // Filling a segment for longer keeps records for longer, which matters to who remembers creations for a
  // while only.
  if (spec.segmentMs !== undefined && number('segment.ms') > spec.segmentMs)
    report(
      'segment.ms',
      `${String(spec.segmentMs)} or less`,
      setting('segment.ms'),
      true,
      String(spec.segmentMs),
    );
  if (found.replication >= SAFE_REPLICATION && number('min.insync.replicas') < 2)
    report('min.insync.replicas', '2 or more', setting('min.insync.replicas'), true, '2');
  return differences;
}

/** Raw events (those with `segmentMs`) must not be kept for longer; others may be. */
function compareRetention(
  { retentionMs, segmentMs }: TopicSpec,
  foundMs: number,
  text: string,
  report: (what: string, expected: string, actual: string, unsafe: boolean, fix?: string) => void,
): void {
  const forever = foundMs < 0;
  if (!forever && foundMs < retentionMs)
    report('retention.ms', String(retentionMs), text, false, String(retentionMs));
  else if (segmentMs !== undefined && (forever || foundMs > retentionMs))
    report(
      'retention.ms',
      String(retentionMs),
      forever ? `${text} (for ever)` : text,
      true,
      String(retentionMs),
    );
}

export function describeDifference({ topic, what, expected, found }: TopicDifference): string {
  return what === 'topic'
    ? `${topic}: there is no such topic`
    : `${topic}: ${what}: expected ${expected}, found ${found}`;
}
