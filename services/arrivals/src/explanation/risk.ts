/** How risky the creation is, each reason with its points, and what nobody could look for. */
import {
  type Alert,
  type NotAssessed,
  type RiskConfidence,
  type RiskSeverity,
  techniqueName,
} from '@arrivals/core';
import { item, type Line, type Section, text } from './section.ts';

const SCORE_MAX = 100;

export function risk({ risk: assessed, severity, score }: Alert): Section {
  return { title: 'Risk', tone: 'strong', lines: lines(assessed, severity, score) };
}

function lines(
  { confidence, attackVersion, signals, notAssessed }: Alert['risk'],
  severity: RiskSeverity,
  score: number,
): readonly Line[] {
  const sum = signals.reduce((total, { points }) => total + points, 0);
  const capped = sum > SCORE_MAX ? ` (the points add up to ${String(sum)})` : '';
  const hasTechniques = signals.some(({ techniqueIds }) => techniqueIds.length > 0);
  return [
    text(
      `${severity.toUpperCase()}: ${String(score)} of ${String(SCORE_MAX)}${capped}. Confidence ${confidence.toUpperCase()}: ${confidenceWords(confidence)}.`,
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
    case 'high':
      return 'all that the signals look at was seen';
    case 'medium':
      return 'something that the signals look at was not seen';
    case 'low':
      return 'what decides was not seen';
  }
}

function signalItem({ id, points, techniqueIds, text: sentence }: Alert['risk']['signals'][number]): Line {
  const named = techniqueIds.map((technique) => `${technique} ${techniqueName(technique) ?? ''}`.trimEnd());
  return item(`${sentence} [${[id, ...named].join('; ')}]`, [], `${points > 0 ? '+' : ''}${String(points)}`);
}

function notAssessedItem({ signals, detail }: NotAssessed): Line {
  return item(`${signals.join(', ')}: ${detail}`);
}
