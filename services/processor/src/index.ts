/** Picks out what was created, says each once, and publishes the alerts. */
export { loadRiskLists } from './risk-lists.ts';
export * from './processor.ts';
export { rebuildContext, type RebuildOptions, type RebuildProgress, type RebuildReport } from './rebuild.ts';
export * from './service.ts';

/** Parts that have tests of their own. */
export { Deduplicator, type DeduplicatorOptions } from './deduplicator.ts';
export type { Candidate } from './classify.ts';
export { AttemptNotes, type Singling } from './attempt-notes.ts';
export { withinBudgetInTurns } from './budget.ts';
export { StateOutage } from './state-outage.ts';
export { Yielder } from './yielder.ts';
