/** How long and how often: the short form runs with `npm test`, the full one with `npm run test:fault`. */
const isFull = process.env['FAULTS'] === 'full';

export const FORM: 'short' | 'full' = isFull ? 'full' : 'short';

const timed = <T>(short: T, full: T): T => (isFull ? full : short);

/** Events a second, at most. */
export const RATE: number = timed(400, 1000);
export const KILLS: number = timed(2, 8);
export const WEBHOOK_KILLS: number = timed(3, 10);
export const CYCLES: number = timed(3, 15);
export const ROLLS: number = timed(1, 4);
export const ZOMBIES: number = timed(1, 4);
/** Longer than a group waits for a member (10 s) and a broker for a transaction (15 s). */
export const ZOMBIE_MS = 17_000;
/** About as long as a group waits, too: then both may believe that the partition is theirs. */
export const ZOMBIE_MS_MIN: number = timed(ZOMBIE_MS, 9000);
export const ALL_BROKERS_AWAY_MS: readonly number[] = timed([10_000], [60_000, 300_000]);
/** It is full after some seconds. */
export const SPOOL_DISK_KIB = 4096;
export const STORE_DISK_KIB: number = timed(4096, 16_384);
export const EMBEDDED_KILLS: number = timed(4, 20);
export const HALF_OPEN_MS: number = timed(12_000, 45_000);
export const REDIS_AWAY_MS = 10_000;
/** For longer than processors wait for it (`ARRIVALS_STATE_WAIT_MS`, 60 s by default). */
export const REDIS_WAITED_FOR_MS: number = timed(4000, 60_000);
export const REDIS_LONG_AWAY_MS: number = timed(10_000, 75_000);
export const REDIS_FULL_MS: number = timed(8000, 30_000);
export const POISON_RECORDS: number = timed(60, 200);
export const BURST_ALERTS: number = timed(100, 1000);
/** Of each kind. */
export const HOSTILE_CONNECTIONS: number = timed(300, 5000);
export const HOSTILE_MS: number = timed(500, 5000);

/** For a test of one scenario. */
export const SCENARIO_MS = 900_000;
