/** What the alert could not know and why, by reason, and what was shortened in it. */
import type { Alert, Unknown, UnknownReason } from '@arrivals/core';
import { item, type Line, type Section, text } from './section.ts';
import { firstOf } from './format.ts';

const CUTS_SHOWN_MAX = 12;

export function unseen({ unknown, cuts, risk }: Alert): Section {
  const lines = [
    ...byReason(unknown),
    ...(unknown.some(({ reason }) => reason === 'auditLevel')
      ? [
          text(
            'An audit policy that records pods and namespaces at RequestResponse shows them: `arrivals webhook-config --part policy` prints one.',
          ),
        ]
      : []),
    ...(cuts.length === 0
      ? []
      : [
          item(
            `Shortened, to keep the record small: ${firstOf(
              cuts.map(({ path, kept, of }) => `${path} (${String(kept)} of ${String(of)})`),
              CUTS_SHOWN_MAX,
            )}`,
          ),
        ]),
  ];
  return {
    title: 'What could not be seen',
    tone: 'strong',
    lines: [...lines, ...unassessed(risk, lines.length === 0)],
  };
}

/** What no signal could look for is told with the risk; it is not seen all the same. */
function unassessed(risk: Alert['risk'], isAlone: boolean): readonly Line[] {
  const count = risk.notAssessed.length;
  if (!isAlone) return [];
  const rest = count === 0 ? '' : ' What the risk could not be judged by stands with it: not assessed.';
  return [text(`${count === 0 ? 'Nothing: the' : 'The'} event showed all that an alert tells.${rest}`)];
}

/** A reason of a later version is shown as it is. */
const REASONS: Readonly<Record<UnknownReason, string>> = {
  auditLevel: 'The audit policy records too little',
  truncated: 'Taken out for its size',
  answerShape: 'The client asked for an answer that shows less',
  notInEvent: 'Not in the event',
  notSeen: 'Not shown by other events so far',
  notRbac: 'Not decided by RBAC',
};

function byReason(unknown: readonly Unknown[]): readonly Line[] {
  const reasons = [...new Set(unknown.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const ofReason = unknown.filter((entry) => entry.reason === reason);
    const details = [...new Set(ofReason.map(({ detail }) => detail))];
    const pathsOf = (detail: string): string =>
      ofReason
        .filter((entry) => entry.detail === detail)
        .map(({ path }) => path)
        .join(', ');
    return item(
      Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason,
      details.map((detail) => item(`${pathsOf(detail)}: ${detail}`)),
    );
  });
}
