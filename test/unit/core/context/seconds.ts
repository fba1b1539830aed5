/** Events of tests, each in a second of its own. */
import { eventWith, type Json } from '../samples.ts';

/** An event in the given second. */
export function at(second: number, username: string, changes: Json): Json {
  const time = `2026-11-22T14:${String(10 + Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}`;
  return eventWith({
    user: { username },
    requestReceivedTimestamp: `${time}.000000Z`,
    stageTimestamp: `${time}.001000Z`,
    auditID: `${String(second)}-${username}`,
    ...changes,
  });
}
