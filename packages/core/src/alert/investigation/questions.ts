/**
 * The investigation as questions with their answers: one for each line of the brief, answered by the stream
 * or with the way to look.
 *
 * Invariant: total; the ids of alert/investigation/runbook.ts keep their meaning, and each of them is there.
 */
import { namespaceQuestions } from './namespace.ts';
import { podQuestions } from './pod.ts';
import type { Findings, Question } from './question.ts';

export function questionsOf(findings: Findings): readonly Question[] {
  return findings.kind === 'newPod' ? podQuestions(findings) : namespaceQuestions(findings);
}
