/**
 * A bus and a state that fail on demand, in front of the real ones. The only fakes: they inject faults,
 * nothing else.
 */
import {
  ArrivalsError,
  type AuditEvent,
  type Bus,
  type ConsumedBatch,
  type OutgoingRecord,
  parseAuditEvent,
  type State,
} from '@arrivals/core';

export interface Faults {
  /** What the next calls do instead of their work, in order; then they work again. */
  readonly publish: (() => Promise<void>)[];
  /** After its work, before it answers. */
  readonly published: (() => Promise<void>)[];
  readonly transact: (() => Promise<void>)[];
  readonly claim: (() => Promise<void>)[];
  /** After the next calls about context have done their work, before they answer. */
  readonly context: (() => Promise<void>)[];
  /** As a topic that takes no larger record: no call that brings one works. */
  readonly recordBytesMax: Map<string, number>;
  /** How often the events whose text has this in it fail while they are read: Infinity is for ever. */
  readonly unreadable: Map<string, number>;
  /** While it is set, every call of the state does this instead of its work. */
  state?: (() => Promise<never>) | undefined;
}

export const noFaults = (): Faults => ({
  publish: [],
  published: [],
  transact: [],
  claim: [],
  context: [],
  recordBytesMax: new Map(),
  unreadable: new Map(),
});

export const unavailable = (): Promise<never> =>
  Promise.reject(new ArrivalsError('bus_unavailable', 'injected'));
export const stateAway = (): Promise<never> =>
  Promise.reject(new ArrivalsError('state_unavailable', 'injected'));
export const tooLarge = (): Promise<never> =>
  Promise.reject(new ArrivalsError('record_too_large', 'injected'));
export const hang = (): Promise<never> => new Promise(() => undefined);

export function faultyBus(bus: Bus, faults: Faults): Bus {
  const around = (batch: ConsumedBatch): ConsumedBatch => ({
    ...batch,
    transact: async (outputs, nextOffset) => {
      await faults.transact.shift()?.();
      refuseTooLarge(outputs, faults);
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

function refuseTooLarge(outputs: readonly OutgoingRecord[], { recordBytesMax }: Faults): void {
  const refused = outputs.find(
    ({ topic, value }) => value.length > (recordBytesMax.get(topic) ?? Number.POSITIVE_INFINITY),
  );
  if (refused !== undefined)
    throw new ArrivalsError('record_too_large', 'injected', { topic: refused.topic });
}

/** Reads events, but for those that it fails on as if there were a fault in Arrivals. */
export function faultyParse({ unreadable }: Faults): (bytes: Buffer) => AuditEvent {
  return (bytes) => {
    for (const [text, times] of unreadable) {
      if (times <= 0 || !bytes.includes(text)) continue;
      unreadable.set(text, times - 1);
      throw new TypeError(`injected: ${text}`);
    }
    return parseAuditEvent(bytes);
  };
}

/** Fails after the claim was made, or the context changed, as when the answer is lost on the way. */
export function faultyState(state: State, faults: Faults): State {
  const aboutContext = async <T>(call: () => Promise<T>): Promise<T> => {
    await faults.state?.();
    const result = await call();
    await faults.context.shift()?.();
    return result;
  };
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
    remember: (facts, nowMs) => aboutContext(() => state.remember(facts, nowMs)),
    recall: (subjects, nowMs) => aboutContext(() => state.recall(subjects, nowMs)),
    watch: (waiting, nowMs) => aboutContext(() => state.watch(waiting, nowMs)),
    revise: (requests, nowMs) => aboutContext(() => state.revise(requests, nowMs)),
    check: (signal) => faults.state?.() ?? state.check(signal),
    close: () => state.close(),
  };
}
