/**
 * Which connections are overdue: every wait for a client is bounded.
 *
 * Invariant: pure. Only the handler has no time-out here: it does not wait for the client. The clock does not
 * count time in which this process was blocked (connections.ts).
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';

/** Of a body; an API server sends millions. */
const BYTES_PER_SECOND_MIN = 1024;
/** For a client that reads its response slowly: it cannot prolong it without end. */
const ANSWER_MS_MAX = 5 * 60_000;
/** For a client to read the last response, and to close its side. */
export const ENDING_MS = 2000;

export function overdue(
  connection: Connection,
  clockMs: number,
  limits: ConnectionLimits,
): ConnectionDropReason | undefined {
  const atMs = clockMs - connection.sinceMs;
  switch (connection.phase) {
    case 'handshaking':
      return atMs >= limits.handshakeTimeoutMs ? 'handshake_timeout' : undefined;
    case 'waiting':
      if (connection.asked || connection.standing !== 'stranger')
        return atMs >= limits.idleTimeoutMs ? 'idle' : undefined;
      return atMs >= limits.headerTimeoutMs ? 'header_timeout' : undefined;
    case 'head':
      return atMs >= limits.headerTimeoutMs ? 'header_timeout' : undefined;
    case 'body':
      if (atMs >= limits.bodyTimeoutMs) return 'body_timeout';
      return stalls(connection, clockMs, limits.bodyStallMs) ? 'body_stalled' : undefined;
    case 'working':
      return undefined;
    case 'answering':
      return atMs >= ANSWER_MS_MAX ? 'answer_unread' : undefined;
    case 'ending':
      return atMs >= ENDING_MS ? 'half_closed' : undefined;
  }
}

/** Whether too little arrived in a whole window. Bytes that wait to be read here count as arrived. */
function stalls(connection: Connection, clockMs: number, windowMs: number): boolean {
  const bytes = connection.socket?.bytesRead ?? 0;
  const forMs = clockMs - connection.progressMs;
  if (forMs < windowMs) return false;
  const enough = bytes - connection.progressBytes >= (BYTES_PER_SECOND_MIN * forMs) / 1000;
  const ours = (connection.message?.readableLength ?? 0) > 0;
  if (!enough && !ours) return true;
  connection.progressBytes = bytes;
  connection.progressMs = clockMs;
  return false;
}
