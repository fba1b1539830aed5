/**
 * Steps that a store needs now and then, one after the other.
 *
 * Invariant: there is one run at a time, and the store is closed behind it, not under it: whoever closes
 * waits for the step under way, and no other begins.
 */
export class Maintenance {
  readonly #steps: readonly (() => Promise<void>)[];
  #running: Promise<void> | undefined;
  #isClosing = false;

  constructor(steps: readonly (() => Promise<void>)[]) {
    this.#steps = steps;
  }

  /** Resolves, or rejects, with the run that is under way where there is one. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Never rejects: what failed is said by run(). May be called again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#running?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    for (const step of this.#steps) if (!this.#isClosing) await step();
  }
}
