/**
 * Which connections are overdue: every wait for a client ends.
 *
 * Invariant: pure. Only the work on an answer has no time-out here: it waits for no client. Time is that of a
 * clock which does not count what the process itself held up (connections.ts).
 */
import type { ConnectionDropReason } from '@arrivals/core';
import type { Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';

/** Of a body; an API server sends millions. */
const BYTES_PER_SECOND_MIN = 1024;
/** For who takes an answer, but hardly: so it cannot be made to last. */
const ANSWER_MS_MAX = 5 * 60_000;
/** For a client to read why its connection ends, and to close its side. */
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

/** Whether too little came in a whole window. What came and waits for us is no fault of the client. */
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
