/**
 * Tells of the connection: that Redis is away, that it is back, and that it is set up so that claims can get
 * lost.
 *
 * Invariant: one 'unreachable' an outage, then one 'reconnected', however many calls fail in between. An
 * outage ends when every server that holds claims has answered. How they are set up is looked at whenever
 * there is a new connection, as a failover or an operator may have changed it. Whether claims work does not
 * depend on any of this.
 */
import type { DependencyWarning, Telemetry } from '@arrivals/core';
import { Cluster, type Redis } from 'ioredis';
import type { Client } from './client.ts';
import { type Connection, isReply } from './connection.ts';

const PROBE_WAIT_MS = 1000;

export class HealthMonitor {
  readonly #connection: Connection;
  readonly #telemetry: Telemetry;
  /** Resolves when every server that holds claims has answered. */
  readonly #probe: () => Promise<void>;
  /** Servers whose settings were looked at since the last outage. */
  readonly #known = new Set<string>();
  #losses = 0;
  #away = false;
  #settling = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(connection: Connection, telemetry: Telemetry, probe: () => Promise<void>) {
    this.#connection = connection;
    this.#telemetry = telemetry;
    this.#probe = probe;
    connection.on('lost', (words) => {
      this.#lost(words);
    });
    connection.on('ready', () => {
      this.#known.clear();
      void this.#settle();
    });
    // The map of a cluster was read again: there may be other masters.
    connection.client.on('refresh', () => {
      if (!this.#away && connection.client.status === 'ready') void this.#inspect();
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #lost(words: string): void {
    if (this.#stopped) return;
    this.#losses++;
    if (!this.#away) {
      this.#away = true;
      this.#warn('unreachable', words);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#settle();
    }, PROBE_WAIT_MS).unref();
  }

  /**
   * Ends the outage if there is one and it is over. A probe that fails for want of a connection comes back by
   * #lost.
   */
  async #settle(): Promise<void> {
    if (this.#settling) return;
    this.#settling = true;
    const losses = this.#losses;
    await this.#probe().catch(() => undefined);
    this.#settling = false;
    if (this.#stopped || losses !== this.#losses) return;
    if (this.#away) {
      this.#away = false;
      this.#known.clear();
      this.#warn('reconnected', 'Redis answers again');
    }
    await this.#inspect();
  }

  async #inspect(): Promise<void> {
    const servers = serversOf(this.#connection.client);
    for (const name of this.#known) if (!servers.has(name)) this.#known.delete(name);
    const fresh = [...servers].filter(([name]) => !this.#known.has(name));
    for (const [name] of fresh) this.#known.add(name);
    await Promise.all(
      fresh.map(async ([name, server]) => {
        const settings = await settingsOf(server);
        if (settings !== undefined && !this.#stopped) this.#assess(name, settings);
      }),
    );
  }

  #assess(name: string, { evicts, appends }: Settings): void {
    const twice = 'a creation whose claim is lost may be alerted twice';
    if (evicts === undefined || appends === undefined) {
      this.#warn(
        'settings_hidden',
        `${name} does not tell how it is set up; see to it that maxmemory-policy is noeviction and appendonly is yes`,
      );
    }
    if (evicts !== undefined && evicts !== 'noeviction')
      this.#warn('may_evict', `${name} has maxmemory-policy ${evicts} instead of noeviction: ${twice}`);
    if (appends === '0')
      this.#warn(
        'not_persistent',
        `${name} has appendonly no, and forgets what it has not saved when it restarts: ${twice}`,
      );
  }

  #warn(what: DependencyWarning, detail: string): void {
    this.#telemetry.emit({ type: 'dependency_warning', of: 'redis', what, detail });
  }
}

function serversOf(client: Client): ReadonlyMap<string, Redis> {
  if (!(client instanceof Cluster)) return new Map([['Redis', client]]);
  return new Map(
    client
      .nodes('master')
      .map((node) => [`Redis ${node.options.host ?? ''}:${String(node.options.port)}`, node]),
  );
}

interface Settings {
  readonly evicts: string | undefined;
  readonly appends: string | undefined;
}

/**
 * From INFO, which says the same as CONFIG GET and is allowed where that is not. Undefined when there was no
 * answer.
 */
async function settingsOf(server: Redis): Promise<Settings | undefined> {
  try {
    const info = `${await server.info('memory')}\n${await server.info('persistence')}`;
    return {
      evicts: /^maxmemory_policy:(\S+)/m.exec(info)?.[1],
      appends: /^aof_enabled:(\d)/m.exec(info)?.[1],
    };
  } catch (error) {
    return isReply(error) ? { evicts: undefined, appends: undefined } : undefined;
  }
}
