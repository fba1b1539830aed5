/**
 * The account that a pod runs with, and the volumes and Secrets that an investigator looks at: what is empty
 * or generated is left out.
 */
import type { Alert, Container, Volume } from '@arrivals/core';
import { isPartial } from './partial.ts';
import { type Line, row } from './section.ts';
import { firstOf, named } from './format.ts';

const SHOWN_MAX = 8;
/** What holds nothing from elsewhere, and what has rows of its own. */
const NOT_SHOWN: readonly string[] = [
  'emptyDir',
  'downwardAPI',
  'configMap',
  'projected',
  'hostPath',
  'secret',
  'persistentVolumeClaim',
];
const TOKEN = 'serviceAccountToken';

export function volumeLines(alert: Alert): readonly Line[] {
  const { volumes, containers } = alert.object;
  const all = volumes ?? [];
  const others = all.filter(({ type }) => type === null || !NOT_SHOWN.includes(type));
  const rows: readonly (readonly [label: string, parts: readonly string[]])[] = [
    ['Tokens', all.flatMap(audiences)],
    [
      'Secrets',
      [
        ...all.filter(({ type }) => type === 'secret').map(sourceWords),
        ...(containers ?? []).flatMap(secretsOfEnv),
      ],
    ],
    ['Claims', all.filter(({ type }) => type === 'persistentVolumeClaim').map(sourceWords)],
    [
      'Volumes',
      others.map(
        (volume) =>
          `${volume.type === null ? 'of an unknown kind' : named(volume.type)} ${sourceWords(volume)}`,
      ),
    ],
  ];
  const filled = rows.filter(([, parts]) => parts.length > 0);
  return [
    row('Account', accountWords(alert)),
    ...filled.map(([label, parts]) => row(label, firstOf(parts, SHOWN_MAX))),
  ];
}

/** With whether its token for the API is in the pod; before the server has added it nobody can tell. */
function accountWords(alert: Alert): string {
  const { serviceAccountName, namespace, volumes, containers, specFrom } = alert.object;
  if (serviceAccountName === null)
    return specFrom === 'answer' && !isPartial(alert, 'object.serviceAccountName') ? 'none' : 'not seen';
  const account = named(namespace === null ? serviceAccountName : `${namespace}/${serviceAccountName}`);
  const tokens = (volumes ?? [])
    .filter(({ type, source }) => type === 'projected' && partsOf(source).includes(TOKEN))
    .map(({ name }) => name);
  const holders = (containers ?? []).filter(({ volumeMounts }) =>
    volumeMounts.some(({ name }) => tokens.includes(name)),
  );
  if (holders.length > 0)
    return `${account}; its token for the API is mounted in ${firstOf(
      holders.map(({ name }) => named(name ?? '?')),
      SHOWN_MAX,
    )}`;
  return specFrom === 'answer' && !isPartial(alert, 'object.volumes', 'object.containers')
    ? `${account}; no token of it is mounted`
    : account;
}

function audiences({ name, type, source }: Volume): readonly string[] {
  if (type !== 'projected') return [];
  return partsOf(source)
    .filter((part) => part.startsWith(`${TOKEN} `))
    .map((part) => `for ${named(part.slice(TOKEN.length + 1))} (volume ${named(name ?? '?')})`);
}

function partsOf(source: string | null): readonly string[] {
  return (source ?? '').split(', ');
}

function sourceWords({ name, source }: Volume): string {
  return `${source === null ? '' : `${named(source)} `}(volume ${named(name ?? '?')})`;
}

/** As the alert words it: "secret db-pass, key password", or "secret db-pass" for all its keys. */
const SECRET_FROM = /^secret (.*?)(?:, key (.*))?$/s;

function secretsOfEnv({ name, env }: Container): readonly string[] {
  return env.flatMap((variable) => {
    const [, secret, key] = SECRET_FROM.exec(variable.from ?? '') ?? [];
    if (secret === undefined) return [];
    return [
      `${named(secret)} (${key === undefined ? '' : `its key ${named(key)} `}as ${named(variable.name)} in ${named(name ?? '?')})`,
    ];
  });
}
