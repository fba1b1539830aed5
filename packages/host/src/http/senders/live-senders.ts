/**
 * Who may send, by the current senders file, which is reloaded periodically.
 *
 * Invariant: only a file without problems is used. A removed sender is unknown from its next request on.
 * Clusters that a file has named stay configured until the process ends, so that their events stay counted
 * under their names.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { CLUSTERS_MAX, type Config, sendersProblem } from '../../config/config.ts';
import { canBeWatched, readAll, watchFiles, type WatchOptions } from '../../file-watch.ts';
import { parseSenders, type Senders } from './senders-file.ts';

export interface LiveSenders {
  /** null: every client may send. */
  readonly senders: Senders | null;
  readonly clusters: ReadonlySet<string>;
  close(): void;
}

export function liveSenders(config: Config, watch: WatchOptions): LiveSenders {
  const { sendersFile, senders } = config;
  const live = { senders, clusters: config.clusters, close: (): void => undefined };
  if (senders === null || !canBeWatched([sendersFile])) return live;
  const files = [sendersFile];
  const use = ([content]: readonly Buffer[]): void => {
    const problems: string[] = [];
    const found = parseSenders(content?.toString('utf8') ?? '', problems);
    const problem = sendersProblem(config, found);
    if (problem !== undefined) problems.push(problem);
    const clusters = new Set([...live.clusters, ...[...found.values()].flatMap((names) => [...names])]);
    if (clusters.size > CLUSTERS_MAX)
      problems.push(`expected at most ${String(CLUSTERS_MAX)} clusters, found ${String(clusters.size)}`);
    if (problems.length > 0) throw new ArrivalsError('config_invalid', problems.join('; '));
    live.senders = found;
    live.clusters = clusters;
  };
  const watching = watchFiles({ of: 'senders', files, inUse: readAll(files), use }, watch);
  live.close = () => {
    watching.close();
  };
  return live;
}
