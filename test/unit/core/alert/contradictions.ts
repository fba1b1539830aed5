/**
 * Rules that no alert breaks: two facts of one alert never contradict each other. Each gives what is wrong,
 * or nothing.
 */
import { instructionOf, type Alert } from '@arrivals/core';

export type Rule = (alert: Alert) => string | undefined;

const CONTROLLER =
  /^system:serviceaccount:kube-system:(?:replicaset|replication|statefulset|daemon-set|job)-controller$/;
/** Also where the record leaves it to the runbook. */
const answerOf = ({ kind, investigation }: Alert, id: string): string => {
  const { answer, status } = investigation.find((step) => step.id === id) ?? { answer: null, status: null };
  const standard = Object.entries(instructionOf(kind, 'investigation', id)?.answers ?? {});
  return answer ?? standard.find(([of]) => of === status)?.[1] ?? '';
};
const signal = ({ risk }: Alert, id: string) => risk.signals.find((entry) => entry.id === id);
const unless = (isRight: boolean, wrong: string): string | undefined => (isRight ? undefined : wrong);
/** What the sentence says in words of its own: names are quoted, and may hold anything. */
const ownWords = ({ headline }: Alert): string => headline.replace(/“[^”]*”/g, '“”');

export const RULES: Readonly<Record<string, Rule>> = {
  'says privileged of privileged containers alone': (alert) => {
    const says = /\bprivileged\b/.test(ownWords(alert));
    const has = (alert.object.hostAccess?.privilegedContainers.length ?? 0) > 0;
    return unless(
      says === has || alert.object.kind === 'Namespace',
      `“privileged” ${says ? 'said' : 'not said'}, containers ${has ? 'are' : 'are not'}`,
    );
  },
  'names an ability in its headline that its host access has': (alert) => {
    const { hostAccess } = alert.object;
    if (hostAccess === null) return undefined;
    const wrong = [
      ['host network', hostAccess.network],
      ['host PID', hostAccess.pid],
      ['host IPC', hostAccess.ipc],
      ['hostPath', hostAccess.paths.length > 0],
      ['hostPort', hostAccess.ports.length > 0],
    ].filter(([words, has]) => ownWords(alert).includes(String(words)) && has !== true);
    return unless(wrong.length === 0, String(wrong));
  },
  'names some ability where the level is privileged': (alert) =>
    unless(
      alert.podSecurity?.level !== 'privileged' || / privileged | with /.test(ownWords(alert)),
      alert.headline,
    ),
  'calls critical as of the system only what is on the list of the system': ({ context }) => {
    const because = context?.surroundings?.criticalBecause ?? '';
    return unless(
      !because.startsWith('system: ') || /^system: kube-(?:system|public|node-lease)$/.test(because),
      because,
    );
  },
  'does not call critical a namespace that passes for another': (alert) =>
    unless(
      signal(alert, 'system-like-namespace') === undefined ||
        alert.context?.surroundings?.criticalBecause?.startsWith('system') !== true,
      'critical',
    ),
  'has no controller for an author': ({ author, actor }) =>
    unless(
      author === null ||
        actor.impersonatedUsername !== null ||
        !author.madeByController ||
        !CONTROLLER.test(author.creator?.username ?? ''),
      author?.creator?.username ?? '',
    ),
  'does not say made directly of a controller’s pod whose owner was not seen': (alert) =>
    unless(
      alert.object.ownerReferences !== null ||
        !CONTROLLER.test(alert.actor.username ?? '') ||
        alert.actor.impersonatedUsername !== null ||
        !answerOf(alert, 'source').startsWith('Made directly'),
      answerOf(alert, 'source'),
    ),
  'does not call all known where names are missing': (alert) => {
    const { username, peerAddress, userAgent } = alert.actor;
    const hasAll =
      ![username, peerAddress, userAgent].includes(null) &&
      (alert.object.kind === 'Namespace' || alert.object.images.length > 0);
    return unless(
      !answerOf(alert, 'first-seen').startsWith('Nothing about it is new') ||
        hasAll ||
        alert.author?.madeByController === true,
      answerOf(alert, 'first-seen'),
    );
  },
  'does not say never seen of a name that is dated': (alert) => {
    const dated = alert.context?.firstSeen.filter(({ since }) => since !== null) ?? [];
    const texts = alert.risk.signals.filter(({ id }) => id.startsWith('first-seen-')).map(({ text }) => text);
    return dated
      .map(({ name }) => texts.find((text) => text.includes(`"${name}" (never seen`)))
      .find((text) => text !== undefined);
  },
  'asks what a user may do with the groups that he had': (alert) => {
    const { username, groups, impersonatedUsername, impersonatedGroups } = alert.actor;
    const its = impersonatedUsername === null ? groups : impersonatedGroups;
    const asked = alert.investigation
      .map(({ command }) => command ?? '')
      .find(
        (line) =>
          line.includes(`--as=${impersonatedUsername ?? username ?? ''} `) ||
          line.endsWith(`--as=${impersonatedUsername ?? username ?? ''}`),
      );
    return unless(
      asked === undefined || alert.object.kind === 'Pod' || its.every((group) => asked.includes(group)),
      asked ?? '',
    );
  },
  'says what is risky about a risky pod': (alert) => {
    const { text = '' } = signal(alert, 'risky-in-new-namespace') ?? {};
    return unless(
      text === '' || alert.risk.signals.some(({ id, points }) => points > 0 && text.includes(id)),
      text,
    );
  },
  'is sure only where everything was assessed': ({ risk }) =>
    unless(risk.confidence !== 'high' || risk.notAssessed.length === 0, JSON.stringify(risk.notAssessed)),
  'assesses no signal that it has found not to be assessed': ({ risk }) => {
    const found = new Set(risk.signals.map(({ id }) => id));
    const both = risk.notAssessed.flatMap(({ signals }) => signals).filter((id) => found.has(id));
    return unless(both.length === 0, both.join(', '));
  },
  'does not leave open who granted it and assess that': ({ context, risk }) => {
    const [grant] = context?.grants ?? [];
    const within =
      grant?.changes.some(
        ({ by, secondsBefore, gave }) => by === grant.username && gave !== false && secondsBefore <= 86_400,
      ) === true;
    const isReported = risk.notAssessed.some(({ signals }) => signals.includes('self-granted-day'));
    return unless(grant?.selfGranted !== null || !within || isReported, JSON.stringify(grant));
  },
  'says that somebody granted it to themselves in its headline only where the grant says so': (alert) =>
    unless(
      !ownWords(alert).includes('granting themselves') ||
        alert.context?.grants.some(({ selfGranted }) => selfGranted === true) === true,
      alert.headline,
    ),
  'has points that come to its score': ({ risk, score }) => {
    const sum = Math.min(
      100,
      risk.signals.reduce((total, { points }) => total + points, 0),
    );
    return unless(sum === score, `${String(sum)} and ${String(score)}`);
  },
  'knows a spec where it knows what it violates': ({ object, podSecurity }) =>
    unless(podSecurity === null || object.specFrom !== null, 'no spec'),
  'says in its headline that nobody confirmed it where a flag does': (alert) =>
    unless(
      alert.flags.includes('unconfirmed') === ownWords(alert).includes('whether it was stored is not known'),
      alert.headline,
    ),
};
