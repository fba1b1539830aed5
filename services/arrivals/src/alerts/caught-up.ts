/**
 * Waits until a running process has processed all accepted events, so that `replay --to … && alerts` shows
 * what was sent.
 *
 * Invariant: it does not wait for later events, so that a process under load cannot delay it, and never
 * longer than its bound. A failing request is ignored: reading the alerts then reports the error.
 */
import { asInteger, at } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from '../api-client/http-client.ts';

const CAUGHT_UP_MS = 2000;
const POLL_MS = 20;

export async function caughtUp(client: HttpClient, base: URL, signal: AbortSignal): Promise<void> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/v1/ledger`, base).href;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(CAUGHT_UP_MS)]);
  let wanted: number | undefined;
  try {
    for (;;) {
      const { status, text } = await client.get(url, bounded);
      if (status !== 200) return;
      const ledger: unknown = JSON.parse(text);
      const [accepted = 0, inFlight = 0] = [
        asInteger(at(ledger, 'accepted')),
        asInteger(at(ledger, 'inFlight')),
      ];
      wanted ??= accepted;
      if (accepted - inFlight >= wanted) return;
      await sleep(POLL_MS, undefined, { signal: bounded });
    }
  } catch {
    // Unreachable, too slow, or interrupted: reading the alerts reports it.
  }
}
