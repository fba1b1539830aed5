/**
 * A client that does as an API server does: posts batches over https with its certificate, mostly on a
 * connection it keeps.
 */
import { once } from 'node:events';
import { Agent, type AgentOptions, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answered {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly failed: readonly string[];
  /** Ascending. */
  readonly tookMs: readonly number[];
}

export function answered(tookMs: readonly number[], failed: readonly string[]): Answered {
  const ascending = tookMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), requests: ascending.length, failed, tookMs: ascending };
}

export function together(some: Answered, others: Answered): Answered {
  return answered([...some.tookMs, ...others.tookMs], [...some.failed, ...others.failed]);
}

const PAUSE_MS = 10;
/** Every so often it connects anew. */
const ANEW_EVERY = 20;

export class GoodClient {
  readonly #options: AgentOptions & { readonly port: number };
  readonly #body: string;
  readonly #agent: Agent;

  constructor(options: AgentOptions & { readonly port: number }, body: string) {
    this.#options = { host: '127.0.0.1', servername: 'localhost', ...options, port: options.port };
    this.#body = body;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Posts one after the other until `signal` aborts. */
  async post(signal: AbortSignal): Promise<Answered> {
    const tookMs: number[] = [];
    const failed: string[] = [];
    for (let i = 0; !signal.aborted; i++) {
      const startedMs = performance.now();
      try {
        const status = await this.#postOnce(i % ANEW_EVERY === ANEW_EVERY - 1 ? false : this.#agent);
        if (status !== 200) failed.push(String(status));
      } catch (error) {
        failed.push(error instanceof Error ? error.message : String(error));
      }
      tookMs.push(performance.now() - startedMs);
      await sleep(PAUSE_MS);
    }
    return answered(tookMs, failed);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #postOnce(agent: Agent | false): Promise<number> {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(this.#body) };
    const outgoing = request({
      ...this.#options,
      agent,
      method: 'POST',
      path: '/v1/clusters/prod/audit',
      headers,
    });
    outgoing.end(this.#body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.resume();
    await once(incoming, 'end');
    return incoming.statusCode ?? 0;
  }
}
