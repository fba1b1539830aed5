/** How risky the creation is, each reason with its points, and what nobody could look for. */
import type { Alert, NotAssessed, RiskConfidence, RiskSignal } from '@arrivals/core';
import { item, type Line, type Section, text } from './section.ts';

const SCORE_MAX = 100;

export function risk({ risk: assessed }: Alert): Section {
  return {
    title: 'Risk',
    tone: 'strong',
    lines:
      assessed === null
        ? [text('Not assessed: the record is of an earlier version of Arrivals.')]
        : lines(assessed),
  };
}

function lines({
  score,
  severity,
  confidence,
  attackVersion,
  signals,
  notAssessed,
}: NonNullable<Alert['risk']>): readonly Line[] {
  const sum = signals.reduce((total, { points }) => total + points, 0);
  const capped = sum > SCORE_MAX ? ` (the points add up to ${String(sum)})` : '';
  const hasTechniques = signals.some(({ techniques }) => techniques.length > 0);
  return [
    text(
      `${severity}: ${String(score)} of ${String(SCORE_MAX)}${capped}. Confidence ${confidence}: ${confidenceWords(confidence)}.`,
    ),
    ...(signals.length === 0 ? [text('Nothing was found that raises it.')] : signals.map(signalItem)),
    ...(hasTechniques ? [text(`Techniques are those of MITRE ATT&CK v${attackVersion}.`)] : []),
    ...(notAssessed.length === 0
      ? []
      : [text('Not assessed, which does not mean harmless:'), ...notAssessed.map(notAssessedItem)]),
  ];
}

function confidenceWords(confidence: RiskConfidence): string {
  switch (confidence) {
    case 'HIGH':
      return 'all that the signals look at was seen';
    case 'MEDIUM':
      return 'something that the signals look at was not seen';
    case 'LOW':
      return 'what decides was not seen';
  }
}

function signalItem({ id, points, techniques, text: sentence }: RiskSignal): Line {
  const named = techniques.map((technique) => `${technique.id} ${technique.name}`);
  return item(`${sentence} [${[id, ...named].join('; ')}]`, [], `${points > 0 ? '+' : ''}${String(points)}`);
}

function notAssessedItem({ signals, detail }: NotAssessed): Line {
  return item(`${signals.join(', ')}: ${detail}`);
}
