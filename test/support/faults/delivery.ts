/**
 * Posts one batch until it is answered with 200, byte for byte the same at every try.
 *
 * `patient` never gives up: the truth of a run is then all that was sent. `api-server` waits and gives up as
 * kube-apiserver 1.35 does: five tries, 10 s apart and growing; where 429 or 503 brings Retry-After, each of
 * the five is a group of up to ten more, of at most 30 s.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export type Retry = 'patient' | 'api-server';

export interface Delivery {
  readonly retry: Retry;
  readonly target: () => string | undefined;
  /** Of each answer the status, 0 when there was none. */
  readonly onAnswer: (status: number) => void;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** How long an API server waits for an answer. */
const ANSWER_TIMEOUT_MS = 30_000;
const PATIENT_WAIT_MS = 300;
const TRIES = 5;
const FIRST_WAIT_MS = 10_000;
const FACTOR = 1.5;
const JITTER = 0.2;
const GROUP_TRIES = 10;
const GROUP_MS = 30_000;

/** Whether it was acknowledged. */
export async function deliver(body: Buffer, delivery: Delivery): Promise<boolean> {
  return delivery.retry === 'patient' ? patiently(body, delivery) : asApiServer(body, delivery);
}

async function patiently(body: Buffer, delivery: Delivery): Promise<boolean> {
  while (!delivery.signal.aborted) {
    const { acknowledged, retryAfterMs } = await post(body, delivery);
    if (acknowledged) return true;
    await pause(retryAfterMs ?? PATIENT_WAIT_MS, delivery);
  }
  return false;
}

async function asApiServer(body: Buffer, delivery: Delivery): Promise<boolean> {
  for (let tries = 1, waitMs = FIRST_WAIT_MS; !delivery.signal.aborted; tries++, waitMs *= FACTOR) {
    if (await group(body, delivery)) return true;
    if (tries === TRIES) return false;
    await pause(waitMs * (1 + Math.random() * JITTER), delivery);
  }
  return false;
}

async function group(body: Buffer, delivery: Delivery): Promise<boolean> {
  const endMs = performance.now() + GROUP_MS;
  for (let tries = 0; ; tries++) {
    const { acknowledged, retryAfterMs } = await post(body, delivery);
    if (acknowledged) return true;
    if (
      retryAfterMs === undefined ||
      tries === GROUP_TRIES ||
      performance.now() + retryAfterMs > endMs ||
      delivery.signal.aborted
    )
      return false;
    await pause(retryAfterMs, delivery);
  }
}

interface Answer {
  readonly acknowledged: boolean;
  readonly retryAfterMs: number | undefined;
}

async function post(body: Buffer, { target, onAnswer, signal }: Delivery): Promise<Answer> {
  const url = target();
  if (url === undefined) return { acknowledged: false, retryAfterMs: undefined };
  try {
    const response = await fetch(`${url}/v1/clusters/default/audit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Uint8Array(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    await response.arrayBuffer();
    onAnswer(response.status);
    const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
    return {
      acknowledged: response.status === 200,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    };
  } catch {
    onAnswer(0);
    return { acknowledged: false, retryAfterMs: undefined };
  }
}

async function pause(ms: number, { signal }: Delivery): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
