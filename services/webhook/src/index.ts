/** Receives audit batches from API servers and puts them on the bus. */
export * from './body.ts';
export * from './webhook.ts';
export * from './service.ts';
