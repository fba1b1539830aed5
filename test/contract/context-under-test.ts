/** A store of facts under test, as each adapter gives it to the contract. */
import type { State } from '@arrivals/core';
import { type CONTEXT } from '../support/context.ts';

export type ContextSettings = { readonly [Name in keyof typeof CONTEXT]: number };

export interface ContextUnderTest {
  /** Empty, with the settings that were asked for. */
  readonly state: State;
  /** The same state over another connection, where there can be one. */
  another(): State;
  /** Lets go of the state as after a restart, and gives another on the same context. */
  reopen(): Promise<State>;
  /** Lets so much time pass, and does what is done now and then. */
  pass(ms: number, nowMs: number): Promise<void>;
  /** How many rows it reported as evicted before their time. */
  forgotten(): number;
  dispose(): Promise<void>;
}
