/** arrivals topics: makes, changes or checks the topics on Kafka. */
import type * as kafka from '@arrivals/adapters/kafka';
import type { StartRetry, TopicDifference } from '@arrivals/adapters/kafka';
import type { KafkaOptions, TopicSpec } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { describeSettings, kafkaOptions, readConfig, topicSpecs } from '@arrivals/host/command';
import { type Command, type Environment, EXIT, parse } from '../command.ts';
import { kafkaStartRetry } from '../kafka-start.ts';

const HELP = `Usage: arrivals topics apply|check [--json]

check   says how the topics differ from what they have to be, and ends with exit code 1 when something is unsafe
apply   makes topics that are missing, adds partitions and changes settings; it deletes nothing and leaves settings alone
        that are not its own

  --json   the result as JSON on stdout

Example: ARRIVALS_KAFKA_BROKERS=kafka-1:9092 ARRIVALS_TOPIC_REPLICATION=3 arrivals topics apply

Settings (environment variables):
${describeSettings('topics')}
`;

export const topicsCommand: Command = {
  help: HELP,
  run: async (args, environment) => {
    const { values, positionals } = parse(args, { json: { type: 'boolean', default: false } }, true);
    const [action, ...more] = positionals;
    if ((action !== 'apply' && action !== 'check') || more.length > 0)
      throw new ArrivalsError(
        'usage',
        `expected apply or check, found ${positionals.length === 0 ? 'nothing' : JSON.stringify(positionals.join(' '))}`,
      );
    const config = readConfig(environment.env, 'topics');
    const specs = topicSpecs(config);
    // Its library takes its time to load, and other commands do not need it.
    const { applyTopics, checkTopics, describeDifference } = await import('@arrivals/adapters/kafka');
    const connection = kafkaOptions(config);
    const startRetry = kafkaStartRetry(config, environment);
    const report =
      action === 'apply'
        ? await apply(applyTopics, connection, specs, startRetry)
        : { created: [], changed: [], differences: await checkTopics(connection, specs, startRetry) };
    if (values.json)
      environment.stdout.write(`${JSON.stringify({ topics: specs.map(({ name }) => name), ...report })}\n`);
    else write(report, specs, describeDifference, environment);
    return report.differences.some(({ unsafe }) => unsafe) ? EXIT.failed : EXIT.ok;
  },
};

interface Report {
  readonly created: readonly string[];
  readonly changed: readonly TopicDifference[];
  readonly differences: readonly TopicDifference[];
}

type Kafka = typeof kafka;

async function apply(
  applyTopics: Kafka['applyTopics'],
  connection: KafkaOptions,
  specs: readonly TopicSpec[],
  startRetry: StartRetry,
): Promise<Report> {
  const { created, changed, remaining } = await applyTopics(connection, specs, startRetry);
  return { created, changed, differences: remaining };
}

function write(
  { created, changed, differences }: Report,
  specs: readonly TopicSpec[],
  describeDifference: Kafka['describeDifference'],
  { stdout }: Environment,
): void {
  for (const topic of created) stdout.write(`${topic}: made\n`);
  for (const { topic, what, found, fix } of changed)
    stdout.write(`${topic}: ${what}: changed from ${found} to ${fix ?? ''}\n`);
  for (const difference of differences)
    stdout.write(`${describeDifference(difference)}${difference.unsafe ? ' (unsafe)' : ''}\n`);
  if (differences.length === 0) stdout.write(`${String(specs.length)} topics are as they have to be.\n`);
}
