/**
 * arrivals dead-letters drop: deletes dead letters permanently.
 *
 * Invariant: only selected dead letters are dropped, and only after confirmation; each is a line on stdout.
 */
import type { DropResult, StoredLetter } from '@arrivals/api';
import { ArrivalsError, DEAD_LETTER_REASONS } from '@arrivals/core/light';
import { createInterface } from 'node:readline/promises';
import { userInfo, hostname } from 'node:os';
import { type Command, type Environment, EXIT, parse } from '../command.ts';
import { lettersOf, parseId } from '../dead-letters/select.ts';
import { withSource } from '../dead-letters/open-source.ts';
import type { DeadLetterSource, NamedLetter } from '../dead-letters/source.ts';
import { SOURCE_HELP, SOURCE_OPTIONS } from '../source-options.ts';
import { plural } from '../replay/plural.ts';
import { jsonLine, visible } from '../terminal-text.ts';
import { filterOf, matching } from './dead-letters.ts';

const HELP = `Usage: arrivals dead-letters drop ID… | --reason REASON | --cluster NAME | --all [--yes] [--dry-run] [--json]
                              [--url URL [--ca-file FILE] | --kafka]

Deletes dead letters permanently: they can no longer be redriven or shown. Prints each with the SHA-256 of its bytes; a
running process also logs which were dropped, and by whom.

  ID                PARTITION:OFFSET as \`list\` shows it, or the SHA-256 or its beginning
  --reason REASON   those set aside for this reason: ${DEAD_LETTER_REASONS.join(', ')}
  --cluster NAME    those of this cluster; may be given with --reason
  --all             all
    --yes             do not ask for confirmation; required without a terminal
  --dry-run         only show what would be dropped
  --json            a line of JSON for each
${SOURCE_HELP}

Kafka deletes only from the beginning of a partition: there a dead letter is left while an older one of its partition stays.

Exit code 0 if all were dropped, 2 if some were left.

Example: arrivals dead-letters drop --reason not_an_object --dry-run
`;

export const dropCommand: Command = {
  help: HELP,
  run: (args, environment) => {
    const { values, positionals } = parse(
      args,
      {
        ...SOURCE_OPTIONS,
        reason: { type: 'string' },
        cluster: { type: 'string' },
        all: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      true,
    );
    const ways = [
      positionals.length > 0,
      values.reason !== undefined || values.cluster !== undefined,
      values.all,
    ].filter(Boolean).length;
    if (ways !== 1)
      throw new ArrivalsError(
        'usage',
        `expected IDs, --reason or --cluster, or --all, found ${ways === 0 ? 'none of them' : 'several of them'}`,
      );
    positionals.forEach(parseId);
    const filter = filterOf(values);
    if (!values.yes && !values['dry-run'] && !process.stdin.isTTY)
      throw new ArrivalsError('usage', '--yes: expected it without a terminal to ask for confirmation');
    return withSource(values, environment, async (source) => {
      const letters: NamedLetter[] = [];
      // Their bytes are no longer needed.
      for await (const stored of positionals.length > 0
        ? await lettersOf(positionals, source)
        : matching(source, filter, environment))
        letters.push(namedOf(stored));
      return drop(
        source,
        letters,
        { dryRun: values['dry-run'], json: values.json, asks: !values.yes },
        environment,
      );
    });
  },
};

function namedOf({ position, letter: { sha256, reason, cluster } }: StoredLetter): NamedLetter {
  return { position, sha256, reason, cluster };
}

async function drop(
  source: DeadLetterSource,
  letters: readonly NamedLetter[],
  { dryRun, json, asks }: { readonly dryRun: boolean; readonly json: boolean; readonly asks: boolean },
  { stdout, stderr, signal }: Environment,
): Promise<number> {
  if (
    !dryRun &&
    asks &&
    letters.length > 0 &&
    !(await agreed(`Delete ${plural(letters.length, 'dead letter')} permanently? [y/N] `, stderr, signal))
  ) {
    stderr.write('nothing was dropped\n');
    return EXIT.ok;
  }
  const results =
    letters.length === 0 ? [] : await source.drop(letters, dryRun, `${userInfo().username}@${hostname()}`);
  for (const result of results)
    stdout.write(json ? jsonLine({ ...result, dryRun }) : `${resultLine(result, dryRun)}\n`);
  const dropped = results.filter(({ outcome }) => outcome === 'dropped').length;
  stderr.write(
    `${String(dropped)} ${dryRun ? 'would be dropped' : 'dropped'}, ${String(results.length - dropped)} left\n`,
  );
  return dropped < results.length ? EXIT.setAside : EXIT.ok;
}

async function agreed(question: string, output: NodeJS.WriteStream, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output });
  try {
    return /^y(es)?$/i.test((await lines.question(question, { signal })).trim());
  } finally {
    lines.close();
  }
}

function resultLine({ id, sha256, reason, cluster, outcome, why }: DropResult, dryRun: boolean): string {
  const what = `${id}  ${(sha256 ?? '').slice(0, 12)}  ${cluster ?? ''}  ${reason ?? ''}`;
  return visible(
    outcome === 'left'
      ? `${what}: left: ${why ?? ''}`
      : `${what}: ${dryRun ? 'would be dropped' : 'dropped'}`,
  );
}
