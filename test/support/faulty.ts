/** A bus and a state that fail on demand, in front of the real ones. The only fakes: they inject faults, nothing else. */
import { ArrivalsError, type Bus, type ConsumedBatch, type State } from '@arrivals/core';

export interface Faults {
  /** What the next calls do instead of their work, in order; then they work again. */
  readonly publish: (() => Promise<void>)[];
  /** After its work, before it answers. */
  readonly published: (() => Promise<void>)[];
  readonly transact: (() => Promise<void>)[];
  readonly claim: (() => Promise<void>)[];
  /** While it is set, every call of the state does this instead of its work. */
  state?: (() => Promise<never>) | undefined;
}

export const noFaults = (): Faults => ({ publish: [], published: [], transact: [], claim: [] });

export const unavailable = (): Promise<never> => Promise.reject(new ArrivalsError('bus_unavailable', 'injected'));
export const stateAway = (): Promise<never> => Promise.reject(new ArrivalsError('state_unavailable', 'injected'));
export const hang = (): Promise<never> => new Promise(() => undefined);

export function faultyBus(bus: Bus, faults: Faults): Bus {
  const around = (batch: ConsumedBatch): ConsumedBatch => ({
    ...batch,
    transact: async (outputs, nextOffset) => {
      await faults.transact.shift()?.();
      await batch.transact(outputs, nextOffset);
    },
  });
  return {
    publish: async (records, signal) => {
      await faults.publish.shift()?.();
      const positions = await bus.publish(records, signal);
      await faults.published.shift()?.();
      return positions;
    },
    subscribe: (options, handle) => bus.subscribe(options, (batch) => handle(around(batch))),
    read: (options) => bus.read(options),
    offsets: (topic) => bus.offsets(topic),
    committed: (topic, group) => bus.committed(topic, group),
    check: (signal) => bus.check(signal),
    close: () => bus.close(),
  };
}

/** Fails after the claim was made, as when the answer is lost on the way. */
export function faultyState(state: State, faults: Faults): State {
  return {
    begin: async (isNew, nowMs) => {
      await faults.state?.();
      await state.begin(isNew, nowMs);
    },
    claim: async (requests, nowMs) => {
      await faults.state?.();
      const results = await state.claim(requests, nowMs);
      await faults.claim.shift()?.();
      return results;
    },
    check: (signal) => faults.state?.() ?? state.check(signal),
    close: () => state.close(),
  };
}
