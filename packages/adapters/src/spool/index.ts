/** Batches on local disk that wait for the bus, in LMDB under a folder of their own. */
export { openSpool } from './lmdb-spool.ts';
export type { Spool, SpooledBatch, SpoolOptions, SpoolStats } from './spool.ts';
