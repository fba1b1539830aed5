/**
 * Loaded by every run of mocha (.mocharc.json): what tests started is gone at its end. Starts and loads
 * nothing itself.
 */
import { endAll } from './programs.ts';

export async function mochaGlobalTeardown(): Promise<void> {
  await endAll();
}
