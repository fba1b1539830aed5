/** arrivals rebuild: fills the context from the audit topic. */
import { ArrivalsError } from '@arrivals/core/light';
import { describeSettings } from '@arrivals/host/command';
import type { RebuildReport } from '@arrivals/processor';
import { type Command, type Environment, EXIT, parse } from '../command.ts';
import type { RebuildTarget } from '../rebuild/target.ts';
import { percent, ProgressLine } from '../rebuild/progress-line.ts';
import { plural } from '../replay/plural.ts';

const HELP = `Usage: arrivals rebuild [--kafka] [--group GROUP] [--restart] [--json]
       arrivals rebuild --data-dir DIR [--json]

Fills the context (a creation's author and authorization) from the audit topic: after Redis was emptied, or when the
processor continued without it. Reads from the beginning to the end of the topic at the start. Publishes nothing: no alert,
no dead letter, no revision; a waiting alert is revised at the next event about the same subject. It may run beside
processors and repeatedly: known facts stay unchanged.

  --data-dir DIR  the store of an \`arrivals up\` that is not running (default: ARRIVALS_DATA_DIR)
  --kafka         Kafka and Redis, with the processor's settings; also without this option if ARRIVALS_KAFKA_BROKERS is set
                  and no --data-dir is given
  --group GROUP   the consumer group that commits offsets on Kafka (default: ARRIVALS_GROUP with the suffix -rebuild). A
                  stopped rebuild continues from there; at the end the group is deleted. Several may share the work
  --restart       start from the beginning, not where an earlier one was stopped
  --json          the result as JSON on stdout

Exit code 0; 2 if something could not be read and was left out; 1 for a failure; 130 if it was stopped.

Example: ARRIVALS_KAFKA_BROKERS=kafka-1:9092 ARRIVALS_REDIS_URL=redis://redis:6379 arrivals rebuild

Settings (environment variables):
${describeSettings('processor')}
`;

const OPTIONS = {
  'data-dir': { type: 'string' },
  kafka: { type: 'boolean', default: false },
  group: { type: 'string' },
  restart: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export const rebuildCommand: Command = {
  help: HELP,
  run: async (args, environment) => {
    const { values } = parse(args, OPTIONS);
    const { 'data-dir': dataDir, group, restart, json } = values;
    if (values.kafka && dataDir !== undefined)
      throw new ArrivalsError('usage', 'expected --data-dir or --kafka, found both');
    const onKafka =
      values.kafka || (dataDir === undefined && (environment.env['ARRIVALS_KAFKA_BROKERS'] ?? '') !== '');
    if (!onKafka && (group !== undefined || restart))
      throw new ArrivalsError(
        'usage',
        '--group and --restart: expected --kafka with them; on a store it always starts from the beginning',
      );
    // The stores and the processor are slow to load.
    const { distributedTarget, embeddedTarget } = await import('../rebuild/target.ts');
    const target = onKafka ? distributedTarget(environment, group) : embeddedTarget(environment.env, dataDir);
    try {
      if (restart) await target.forget();
      const report = await rebuild(target, environment);
      environment.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(report));
      return report.unreadableRecords + report.unreadableEvents > 0 ? EXIT.setAside : EXIT.ok;
    } finally {
      await target.close();
    }
  },
};

async function rebuild(
  { bus, state, topic, group, forget }: RebuildTarget,
  { stderr, signal }: Environment,
): Promise<RebuildReport> {
  const { rebuildContext } = await import('@arrivals/processor');
  const line = new ProgressLine(stderr);
  let part: number | undefined;
  try {
    const report = await rebuildContext({
      bus,
      state,
      topic,
      ...(group === undefined ? {} : { group }),
      now: Date.now,
      signal,
      onProgress: (progress) => {
        if (part === undefined && progress.part > 0 && progress.part < 1)
          line.note(
            `continuing at ${percent(progress.part)}, where an earlier rebuild was stopped; --restart starts from the beginning`,
          );
        ({ part } = progress);
        line.show(progress);
      },
      onWaiting: ({ code, message }) => {
        line.note(`waiting: ${code}: ${message}`);
      },
    });
    // Others that share the work may still be in the group; the last one deletes it.
    await forget().catch((error: unknown) => {
      line.note(
        `the group ${group ?? ''} could not be deleted (${error instanceof Error ? error.message : String(error)}): run the next rebuild with --restart, or with another --group`,
      );
    });
    return report;
  } finally {
    line.end();
    if (signal.aborted)
      stderr.write(
        `stopped at ${percent(part ?? 0)}${group === undefined ? '' : '; run it again to continue there'}\n`,
      );
  }
}

function describe({ records, events, facts, unreadableRecords, unreadableEvents }: RebuildReport): string {
  const left = unreadableRecords + unreadableEvents;
  return (
    `${plural(records, 'record')} read with ${plural(events, 'event')}, ${plural(facts, 'fact')} stored` +
    `${left === 0 ? '' : `; left out as unreadable: ${plural(unreadableRecords, 'record')}, ${plural(unreadableEvents, 'event')}`}\n`
  );
}
