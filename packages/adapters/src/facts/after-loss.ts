/** Revisions after part of the state was lost: their numbers may have been allotted before. */
import type { RevisionResult } from '@arrivals/core';

export function mayRepeat(result: RevisionResult): RevisionResult {
  return result.outcome === 'revision' ? { ...result, afterLoss: true } : result;
}
