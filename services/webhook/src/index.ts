/** Receives audit batches from API servers and publishes them to the bus. */
export { type Delivery, directDelivery, type DirectOptions } from './delivery.ts';
export { type IngestLimits, IngestThreads } from './ingest-threads.ts';
export { DeadLetters, type LetterContext } from './dead-letters.ts';
export { SpoolingDelivery, type SpoolingOptions } from './spooling.ts';
export * from './webhook.ts';
export * from './service.ts';
