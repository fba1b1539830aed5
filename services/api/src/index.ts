/** Read routes and look-up of alerts and dead letters, and redrive, for processes and the command line. */
export type { LetterRecord, RedriveResult, StoredLetter } from './dead-letter-json.ts';
export { letterOf } from './dead-letter-record.ts';
export { dropRoute, type DropResult } from './drop-route.ts';
export { type LookedUp, type LookUp, lookUpAlerts, type PartitionOf } from './look-up.ts';
export { redrive } from './redrive.ts';
export { replayRoute } from './redrive-route.ts';
export { publishedRoutes } from './routes.ts';
export { alertOf, alertsOf, type ReadAlerts, type UnreadableRecord } from './stored-alert.ts';
export type { Positions } from './positions.ts';
export { type ReadableBus, type TopicPage, TopicReader } from './topic-reader.ts';
