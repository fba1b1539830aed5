/** What every service needs to run: settings, log, telemetry, HTTP, health. */
export * from './config.ts';
export * from './health.ts';
export * from './http-server.ts';
export * from './inflation.ts';
export * from './log.ts';
export { type LogFormat, logFormat } from './log-format.ts';
export * from './loopback.ts';
export * from './senders/authorize.ts';
export * from './senders/senders-file.ts';
export * from './settings.ts';
export { parseQuantity, QUANTITY_WORDS } from './settings/quantity.ts';
export * from './telemetry.ts';
export * from './kafka-options.ts';
export * from './redis-options.ts';
export * from './run-process.ts';
export * from './run-service.ts';
export * from './listen-options.ts';
export * from './spool-gauges.ts';
