/**
 * What a request shows about its tool: the field manager, which kubectl's commands set, and what follows from
 * it.
 *
 * Invariant: a client chooses this value. A hint decides only between writes that were all really made and
 * race with each other; it never makes an author of somebody who wrote nothing, nor hides one who wrote last.
 */

/** What a write with this field manager does to a workload's pod template. */
export type TemplateHint = 'changes' | 'restartsOrPauses' | 'leaves' | 'mayChange';

/**
 * kubectl 1.35 (measured): the command's name is part of the manager's. `set` is for images, variables,
 * resources and service accounts.
 */
const KUBECTL: Readonly<Record<string, TemplateHint>> = {
  'kubectl-set': 'changes',
  'kubectl-rollout': 'restartsOrPauses',
  'kubectl-annotate': 'leaves',
  'kubectl-label': 'leaves',
  'kubectl-scale': 'leaves',
  'kubectl-autoscale': 'leaves',
  'kubectl-expose': 'leaves',
};

/** As Go reads the query: the first one counts. */
export function fieldManagerOf(requestUri: string): string | undefined {
  const question = requestUri.indexOf('?');
  if (question === -1) return undefined;
  const manager = new URLSearchParams(`?${requestUri.slice(question + 1)}`).get('fieldManager');
  return manager === null || manager === '' ? undefined : manager;
}

export function templateHint(fieldManager: string | undefined): TemplateHint {
  return fieldManager !== undefined && Object.hasOwn(KUBECTL, fieldManager)
    ? (KUBECTL[fieldManager] ?? 'mayChange')
    : 'mayChange';
}
