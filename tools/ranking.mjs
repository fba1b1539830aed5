// How the risk score ranks attacks against what clusters ordinarily run. Pure: rows {verdict, score,
// severity} in, text out.

const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'];

const percentile = (scores, share) => scores[Math.min(scores.length - 1, Math.floor(share * scores.length))];

/** The chance that an attack scores above a benign pod; equal scores count half. */
function areaUnderCurve(attacks, benign) {
  let above = 0;
  for (const attack of attacks)
    for (const other of benign) above += attack > other ? 1 : attack === other ? 0.5 : 0;
  return above / attacks.length / benign.length;
}

export function rankingOf(rows) {
  const of = (verdict) => rows.filter((row) => row.verdict === verdict);
  const scores = (verdict) => of(verdict).map(({ score }) => score).sort((a, b) => a - b); // prettier-ignore
  const lines = ['benign', 'attack'].map((verdict) => {
    const counts = SEVERITIES.map(
      (severity) => `${of(verdict).filter((row) => row.severity === severity).length} ${severity}`,
    );
    return `${verdict}: ${of(verdict).length} pods: ${counts.join(', ')}`;
  });
  const [attacks, benign] = [scores('attack'), scores('benign')];
  if (attacks.length === 0 || benign.length === 0) return lines.join('\n');
  const above = (share) => {
    const limit = percentile(benign, share);
    const count = attacks.filter((score) => score > limit).length;
    return `${((100 * count) / attacks.length).toFixed(1)} % of the attacks score above ${limit}, the benign ${share * 100}th percentile`;
  };
  return [...lines, above(0.95), above(0.99), `AUC ${areaUnderCurve(attacks, benign).toFixed(3)}`].join('\n');
}
