/**
 * What a command needs of the host: the process's end, settings, the rules of names and addresses.
 *
 * Invariant: it loads no log, no metrics and no HTTP server. Those are of services, and take longer to load
 * than most commands take to do their work.
 */
export { readConfig, unknownSettings } from './config/config.ts';
export { inflateWithin } from './http/gzip.ts';
export { kafkaOptions, topicNames, topicSpecs } from './config/kafka-options.ts';
export { isLoopback } from './http/loopback.ts';
export { contextOptions, redisOptions } from './config/redis-options.ts';
export { EXIT, EXIT_WORDS, runProcess } from './run-process.ts';
export { parseSenders } from './http/senders/senders-file.ts';
export { helpOf } from './service-help.ts';
export { describeSettings, SETTINGS } from './config/settings.ts';
export { parseQuantity, QUANTITY_WORDS } from './config/settings/quantity.ts';
