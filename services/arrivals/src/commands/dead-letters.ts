/** arrivals dead-letters list, show and replay: what was set aside, on a running process or on Kafka. */
import type { LetterRecord, RedriveResult, StoredLetter } from '@arrivals/api';
import { idOf, letterJson } from '@arrivals/api/light';
import { ArrivalsError, CLUSTER_NAME, DEAD_LETTER_REASONS, didYouMean } from '@arrivals/core/light';
import { choice, type Command, type Environment, EXIT, parse, wholeNumber } from '../command.ts';
import { letterHeader, letterRow, wholeLetter } from '../dead-letters/output.ts';
import { type LetterFilter, lettersOf, parseId, takes } from '../dead-letters/select.ts';
import { withSource } from '../dead-letters/open-source.ts';
import type { DeadLetterSource } from '../dead-letters/source.ts';
import { SOURCE_HELP, SOURCE_OPTIONS } from '../source-options.ts';
import { jsonLine, visible } from '../terminal-text.ts';

const FORMATS = ['table', 'json'] as const;
/** What `list` holds while it searches for the last ones. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
/** What `replay` redrives at a time. */
const CHUNK_LETTERS_MAX = 100;
const CHUNK_BYTES_MAX = 8_000_000;

const LIST_HELP = `Usage: arrivals dead-letters [list] [--last N] [--reason REASON] [--cluster NAME] [--format table|json] [--json] [--raw]
                              [--url URL [--ca-file FILE] | --kafka]

Prints what was set aside, oldest first, and why.

  --last N          the last N of them (default 100)
  --reason REASON   those set aside for this reason: ${DEAD_LETTER_REASONS.join(', ')}
  --cluster NAME    those of this cluster
    --format FORMAT   table: for people, default on a terminal; json: one a line, with its text, default elsewhere
  --json            --format json
    --raw             as JSON, with the unchanged bytes, also in base64: secrets in them are not masked
${SOURCE_HELP}

Example: arrivals dead-letters list --reason alert_failed --last 10
`;

const SHOW_HELP = `Usage: arrivals dead-letters show ID [--json] [--raw] [--url URL [--ca-file FILE] | --kafka]

Prints a complete dead letter. Its text is external: possible secrets are masked, and control characters are
escaped.

  ID              PARTITION:OFFSET as \`list\` shows it, or the SHA-256 or its beginning
  --json          as JSON
    --raw           nothing masked; with --json also the unchanged bytes in base64
${SOURCE_HELP}

Example: arrivals dead-letters show 0:17
`;

const REPLAY_HELP = `Usage: arrivals dead-letters replay ID… | --reason REASON | --all [--dry-run] [--json] [--url URL [--ca-file FILE] | --kafka]

Redrives dead letters: publishes them to the audit topic, where the processor reads them again. Use it after an upgrade that
can read them, or once a topic accepts what it refused. They keep their original position, so that no creation is alerted
twice, even if redriven twice. Incomplete ones, and those that are still no audit event, are left and reported. Dead letters
stay in their topic.

  ID                PARTITION:OFFSET as \`list\` shows it, or the SHA-256 or its beginning
  --reason REASON   all that were set aside for this reason: ${DEAD_LETTER_REASONS.join(', ')}
  --all             all
    --dry-run         only show what would be redriven
  --json            a line of JSON for each
${SOURCE_HELP}

Exit code 0 if all were redriven, 2 if some were left.

Example: arrivals dead-letters replay --reason processing_failed --dry-run
`;

export const listCommand: Command = {
  help: LIST_HELP,
  run: (args, environment) => {
    const { values } = parse(args, {
      ...SOURCE_OPTIONS,
      last: { type: 'string', default: '100' },
      reason: { type: 'string' },
      cluster: { type: 'string' },
      format: { type: 'string' },
      json: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
    });
    const filter = filterOf(values);
    const last = wholeNumber('last', values.last, 1_000_000);
    const format = values.format === undefined ? undefined : choice('format', values.format, FORMATS);
    if (format === 'table' && values.json)
      throw new ArrivalsError('usage', 'expected --format table or --json, found both');
    const table = format === 'table' || (format === undefined && !values.json && environment.stdout.isTTY);
    return withSource(values, environment, (source) =>
      list(source, filter, last, { table, raw: values.raw }, environment),
    );
  },
};

export const showCommand: Command = {
  help: SHOW_HELP,
  run: (args, environment) => {
    const { values, positionals } = parse(
      args,
      {
        ...SOURCE_OPTIONS,
        json: { type: 'boolean', default: false },
        raw: { type: 'boolean', default: false },
      },
      true,
    );
    if (positionals.length !== 1)
      throw new ArrivalsError('usage', `expected one ID, found ${String(positionals.length)}`);
    positionals.forEach(parseId);
    return withSource(values, environment, async (source) => {
      for (const stored of await lettersOf(positionals, source))
        environment.stdout.write(
          values.json ? jsonLine(letterJson(stored, values.raw)) : wholeLetter(stored, values.raw),
        );
      return EXIT.ok;
    });
  },
};

export const replayDeadLettersCommand: Command = {
  help: REPLAY_HELP,
  run: (args, environment) => {
    const { values, positionals } = parse(
      args,
      {
        ...SOURCE_OPTIONS,
        reason: { type: 'string' },
        all: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      true,
    );
    const ways = [positionals.length > 0, values.reason !== undefined, values.all].filter(Boolean).length;
    if (ways !== 1)
      throw new ArrivalsError(
        'usage',
        `expected IDs, --reason or --all, found ${ways === 0 ? 'none of them' : 'several of them'}`,
      );
    positionals.forEach(parseId);
    const filter = filterOf(values);
    const { json, 'dry-run': dryRun } = values;
    return withSource(values, environment, async (source) => {
      const letters =
        positionals.length > 0 ? await lettersOf(positionals, source) : matching(source, filter, environment);
      return replay(source, letters, { dryRun, json }, environment);
    });
  },
};

/** `arrivals dead-letters` alone, as it was before it had actions. */
export const deadLettersCommand: Command = {
  ...listCommand,
  run: (args, environment) => {
    const [word] = args;
    if (word !== undefined && !word.startsWith('-'))
      throw new ArrivalsError(
        'usage',
        `expected list, show, replay or drop, found ${JSON.stringify(word)}${didYouMean(word, ['list', 'show', 'replay', 'drop'])}`,
      );
    return listCommand.run(args, environment);
  },
};

/** @throws ArrivalsError usage */
export function filterOf({
  reason,
  cluster,
}: {
  readonly reason?: string | undefined;
  readonly cluster?: string | undefined;
}): LetterFilter {
  if (cluster !== undefined && !CLUSTER_NAME.test(cluster))
    throw new ArrivalsError('usage', `--cluster: expected a cluster name, found ${JSON.stringify(cluster)}`);
  return {
    reason: reason === undefined ? undefined : choice('reason', reason, DEAD_LETTER_REASONS),
    cluster,
  };
}

interface Listing {
  readonly table: boolean;
  readonly raw: boolean;
  readonly readsAll?: boolean;
}

async function list(
  source: DeadLetterSource,
  filter: LetterFilter,
  last: number,
  { table, raw, readsAll = false }: Listing,
  environment: Environment,
): Promise<number> {
  const filtered = filter.reason !== undefined || filter.cluster !== undefined;
  const lines: string[] = [];
  let held = 0;
  // Where some were dropped, the last so many places hold fewer.
  for await (const stored of matching(source, filter, environment, filtered || readsAll ? undefined : last)) {
    const line = table ? `${letterRow(stored)}\n` : jsonLine(letterJson(stored, raw));
    lines.push(line);
    held += line.length;
    if (lines.length > last) held -= lines.shift()?.length ?? 0;
    if (held > HELD_BYTES_MAX)
      throw new ArrivalsError(
        'usage',
        `--last: the last ${String(last)} have more than ${String(HELD_BYTES_MAX)} bytes together`,
      );
  }
  if (!filtered && !readsAll && lines.length < last)
    return list(source, filter, last, { table, raw, readsAll: true }, environment);
  if (table) environment.stdout.write(`${letterHeader()}\n`);
  for (const line of lines) environment.stdout.write(line);
  return EXIT.ok;
}

/** A record that is no dead letter is named on stderr and skipped. */
export async function* matching(
  source: DeadLetterSource,
  filter: LetterFilter,
  { stderr }: Environment,
  last?: number,
): AsyncGenerator<StoredLetter> {
  for await (const record of source.read(last)) {
    if (!takes(filter, record)) continue;
    if ('letter' in record) yield record;
    else stderr.write(`${foreignLine(record)}\n`);
  }
}

function foreignLine(record: Exclude<LetterRecord, StoredLetter>): string {
  return `${idOf(record.position)} is no dead letter: ${visible(record.foreign)}`;
}

async function replay(
  source: DeadLetterSource,
  letters: Iterable<StoredLetter> | AsyncIterable<StoredLetter>,
  { dryRun, json }: { readonly dryRun: boolean; readonly json: boolean },
  { stdout, stderr }: Environment,
): Promise<number> {
  const counts = { redriven: 0, left: 0 };
  let chunk: StoredLetter[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    for (const result of chunk.length === 0 ? [] : await source.redrive(chunk, dryRun)) {
      counts[result.outcome]++;
      stdout.write(json ? jsonLine({ ...result, dryRun }) : `${resultLine(result, dryRun)}\n`);
    }
    chunk = [];
    bytes = 0;
  };
  for await (const stored of letters) {
    chunk.push(stored);
    bytes += stored.letter.bytes.length;
    if (chunk.length === CHUNK_LETTERS_MAX || bytes > CHUNK_BYTES_MAX) await flush();
  }
  await flush();
  stderr.write(
    `${String(counts.redriven)} ${dryRun ? 'would be redriven' : 'redriven'}, ${String(counts.left)} left\n`,
  );
  return counts.left > 0 ? EXIT.setAside : EXIT.ok;
}

function resultLine({ id, sha256, reason, cluster, outcome, why }: RedriveResult, dryRun: boolean): string {
  const what = `${id}  ${(sha256 ?? '').slice(0, 12)}  ${cluster ?? ''}  ${reason ?? ''}`;
  return visible(
    outcome === 'left'
      ? `${what}: left: ${why ?? ''}`
      : `${what}: ${dryRun ? 'would be redriven' : 'redriven'}`,
  );
}
