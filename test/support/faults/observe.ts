/**
 * What subscribers see of a run: the alerts as they come, and afterwards what there is. On Kafka kcat tells,
 * at both isolation levels; of the embedded bus its HTTP API.
 *
 * Invariant: nothing of ours decodes what is counted here; alerts are read by JSON.parse. It judges nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTopic } from '../infrastructure/kcat.ts';
import { tied } from '../infrastructure/programs.ts';
import { run } from '../infrastructure/run.ts';

const KCAT_MS = 30_000;

export interface SeenAlert {
  readonly uid: string;
  readonly id: string;
  /** `alertId revision` */
  readonly pair: string;
  /** Said to be made without the state: it may be a repetition. */
  readonly flagged: boolean;
}

export function seenAlert(text: string): SeenAlert {
  const alert = JSON.parse(text) as {
    readonly alertId: string;
    readonly revision: number;
    readonly object: { readonly uid: string };
  };
  return {
    uid: alert.object.uid,
    id: alert.alertId,
    pair: `${alert.alertId} ${String(alert.revision)}`,
    flagged: isFlagged(alert),
  };
}

/** One that was made without the state, or with a state that had lost what it knew, says so. */
function isFlagged(alert: object): boolean {
  const { flags } = alert as { readonly flags?: readonly string[] };
  return flags !== undefined && flags.length > 0;
}

/** Notes when each creation's first alert came. */
export interface Follower {
  readonly firstSeenMs: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Follows the topic at read_committed. */
export class TopicFollower implements Follower {
  readonly firstSeenMs: Map<string, number> = new Map<string, number>();
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #stopped = false;

  constructor(brokers: readonly string[], topic: string) {
    const connection = [
      '-b',
      brokers.join(','),
      '-t',
      topic,
      '-X',
      'isolation.level=read_committed',
      '-X',
      'reconnect.backoff.max.ms=1000',
    ];
    this.#args = ['-C', '-q', '-u', '-o', 'beginning', ...connection, '-f', '%s\\n'];
    this.#start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** kcat ends when all brokers are away; another one begins anew, and what was seen stays seen. */
  #start(): void {
    const [command, args] = tied('kcat', this.#args);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { uid } = seenAlert(line);
      if (!this.firstSeenMs.has(uid)) this.firstSeenMs.set(uid, Date.now());
    });
    child.once('exit', () => {
      setTimeout(() => {
        if (!this.#stopped) this.#start();
      }, 500).unref();
    });
  }
}

/** Follows the process at `url`, also over restarts. */
export class ProcessFollower implements Follower {
  readonly firstSeenMs: Map<string, number> = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;

  constructor(url: string) {
    this.#following = this.#follow(url);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  async #follow(url: string): Promise<void> {
    const { signal } = this.#stopping;
    for (let from = '0'; !signal.aborted;) {
      try {
        const response = await fetch(`${url}/v1/alerts?from=${from}&waitMs=1000`, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
        });
        const { alerts, next } = (await response.json()) as {
          readonly alerts: readonly object[];
          readonly next: string;
        };
        for (const alert of alerts) {
          const { uid } = seenAlert(JSON.stringify(alert));
          if (!this.firstSeenMs.has(uid)) this.firstSeenMs.set(uid, Date.now());
        }
        from = next;
      } catch {
        await sleep(100, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

export interface Holdings {
  readonly uids: ReadonlySet<string>;
  readonly records: number;
  /** Records that say that they may be a repetition. */
  readonly flagged: number;
  /** Records beyond the first of each pair of alert id and revision. */
  readonly repeated: number;
  /**
   * Of these, the ones of pairs of which a record is flagged: subscribers are told that it may be a
   * repetition.
   */
  readonly repeatedFlagged: number;
  /** Creations told under more than one alert id. */
  readonly toldUnderTwoIds: number;
}

/** What the topic of JSON alerts holds now. */
export async function topicHoldings(
  brokers: readonly string[],
  topic: string,
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<Holdings> {
  return holdings(
    (await readTopic({ brokers, topic, isolation })).map(({ value }) => value.toString('utf8')),
  );
}

/** Of alerts, each as JSON. */
export function holdings(texts: readonly string[]): Holdings {
  const alerts = texts.map(seenAlert);
  const byPair = grouped(alerts, ({ pair }) => pair);
  const beyondFirst = (groups: readonly (readonly SeenAlert[])[]): number =>
    groups.reduce((sum, group) => sum + group.length - 1, 0);
  const byUid = grouped(alerts, ({ uid }) => uid);
  return {
    uids: new Set(byUid.keys()),
    records: alerts.length,
    flagged: alerts.filter(({ flagged }) => flagged).length,
    repeated: beyondFirst([...byPair.values()]),
    repeatedFlagged: beyondFirst(
      [...byPair.values()].filter((group) => group.some(({ flagged }) => flagged)),
    ),
    toldUnderTwoIds: [...byUid.values()].filter((group) => new Set(group.map(({ id }) => id)).size > 1)
      .length,
  };
}

function grouped(
  alerts: readonly SeenAlert[],
  nameOf: (alert: SeenAlert) => string,
): ReadonlyMap<string, readonly SeenAlert[]> {
  const groups = new Map<string, SeenAlert[]>();
  for (const alert of alerts) {
    const group = groups.get(nameOf(alert));
    if (group === undefined) groups.set(nameOf(alert), [alert]);
    else group.push(alert);
  }
  return groups;
}

/** Whether a reader at read_committed is kept from the end of a partition. */
export async function hasOpenTransactions(brokers: readonly string[], topic: string): Promise<boolean> {
  const [committed, uncommitted] = await Promise.all([
    ends(brokers, topic, 'read_committed'),
    ends(brokers, topic, 'read_uncommitted'),
  ]);
  return committed !== uncommitted;
}

/** Where kcat says that each partition ends. */
async function ends(brokers: readonly string[], topic: string, isolation: string): Promise<string> {
  const args = [
    '-C',
    '-e',
    '-o',
    'end',
    '-b',
    brokers.join(','),
    '-t',
    topic,
    '-X',
    `isolation.level=${isolation}`,
  ];
  const { code, stderr } = await run('kcat', args, { timeoutMs: KCAT_MS });
  if (code !== 0) throw new Error(`kcat ended with ${String(code)}: ${stderr.trim()}`);
  return [...stderr.matchAll(/\[\d+\] at offset \d+/g)].map(String).sort().join('\n');
}
