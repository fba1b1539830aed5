/**
 * What a reader at read_committed must leave out of a fetch: records of transactions that were aborted.
 *
 * Invariant: a record is left out exactly when its producer has an aborted transaction that began at or
 * before it and has not ended before it; the end is the producer's own abort marker. As the Java client does.
 * kafkajs 2.2.4 takes one aborted transaction a record, in the order the broker lists them, and takes any key
 * of four zero bytes for a marker: it lets aborted records through when the aborts of two producers overlap.
 */

/** A decoded record of a fetch, as far as this needs it. */
export interface FetchedRecord {
  readonly offset: string;
  /** Of a control record: int16 version 0, int16 type: 0 aborts, 1 commits (KIP-98). */
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

export interface Fetched<T extends FetchedRecord> {
  /** In rising order of offset. */
  readonly messages: readonly T[];
  readonly abortedTransactions?: readonly AbortedTransaction[] | null;
}

/** Control records stay in: callers leave them out by `isControlRecord`. */
export function withoutAborted<T extends FetchedRecord>({
  messages,
  abortedTransactions,
}: Fetched<T>): readonly T[] {
  if (abortedTransactions === undefined || abortedTransactions === null || abortedTransactions.length === 0)
    return messages;
  const waiting = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<string>();
  return messages.filter((message) => {
    const offset = Number(message.offset);
    for (let next = waiting[0]; next !== undefined && next.firstOffset <= offset; next = waiting[0]) {
      aborting.add(next.producerId);
      waiting.shift();
    }
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) {
      if (message.key?.equals(ABORT_MARKER) === true) aborting.delete(producerId);
      return true;
    }
    return !(inTransaction && aborting.has(producerId));
  });
}
