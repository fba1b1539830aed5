/**
 * The author, how their authorization came about, what they did before, and where it stands: what other events
 * have shown.
 */
import type { ActionGrant, Alert, AlertContext, Doer, ViaPod } from '@arrivals/core';
import { identityWords } from './principal.ts';
import { item, type Line, row, type Section, text } from './section.ts';
import { firstOf, listed, moment, named, quotedWhole } from './format.ts';

const SHOWN = 5;

type Author = NonNullable<Alert['author']>;
type NamespaceSurroundings = NonNullable<AlertContext['surroundings']>;

export function attribution({ author, context }: Alert): Section {
  const lines =
    author === null || context === null
      ? [text('Not asked: the state store was away, or the event names nobody.')]
      : [...authorLines(author), ...contextLines(context)];
  return { title: 'Author', tone: 'strong', lines };
}

function authorLines(author: Author): readonly Line[] {
  const {
    chain,
    chainEnd,
    madeByController,
    creator,
    templateAuthor,
    contentAuthor,
    scaler,
    replaces,
    viaPods,
  } = author;
  const owners = chain.map(ownerWords);
  if (!madeByController)
    return [
      row('Made by', doerWords(creator)),
      ...(owners.length === 0 ? [] : [row('Owner', owners.join('; of '))]),
      ...viaPods.map(viaPodLine),
    ];
  const unknownAs = chainEnd === 'forgotten' ? 'not known any more' : 'not seen';
  return [
    row(
      'Owners',
      owners.length === 0
        ? 'a controller made it, and for which owner is not recorded'
        : `${owners.join('; of ')}${endWords(chainEnd)}`,
    ),
    row('Created by', doerWords(creator, unknownAs)),
    row('Template by', `${actionWords(author)}${doerWords(templateAuthor, unknownAs)}`),
    ...(contentAuthor === null ? [] : [row('Content by', doerWords(contentAuthor))]),
    row('Scaled by', scaler === null ? 'nobody, as far as was seen' : doerWords(scaler)),
    ...(replaces === null
      ? []
      : [
          row(
            'Replaces',
            `the pod ${named(replaces.name)}, ${HOW[replaces.how] ?? 'removed by'} ${doerWords(replaces.by)}`,
          ),
        ]),
    ...viaPods.map(viaPodLine),
  ];
}

function ownerWords({
  kind,
  name,
  createdBy,
  createdThrough,
  changedBy,
  changedAt,
}: Author['chain'][number]): string {
  const made = createdBy === null ? '' : `, made by ${byWords(createdBy, createdThrough)}`;
  const changed =
    changedBy === null
      ? ''
      : `, last changed by ${named(changedBy)}${changedAt === null ? '' : `, ${moment(changedAt)}`}`;
  return `${named(kind)} ${named(name)}${made}${changed}`;
}

const HOW: Readonly<Record<string, string>> = {
  deleted: 'deleted by',
  evicted: 'evicted by',
  preempted: 'preempted by',
  nodeGone: 'whose node was gone, deleted by',
};

/** Of a version that this one does not know nothing is said. */
function actionWords({ templateAction }: Author): string {
  switch (templateAction) {
    case 'restarted':
      return 'restarted by ';
    case 'rolledBack':
      return 'rolled back by ';
    default:
      return '';
  }
}

function endWords(chainEnd: string): string {
  switch (chainEnd) {
    case 'notSeen':
      return '; above that nothing was seen';
    case 'forgotten':
      return '; above that it is not known any more, as more of its name were made than are kept';
    case 'notRecorded':
      return '; above that the audit policy records no owner';
    case 'customKind':
      return '; what its operator follows is not known here';
    default:
      return '';
  }
}

function doerWords(doer: Doer | null, unknownAs = 'not seen'): string {
  if (doer === null) return unknownAs;
  const { at, address, userAgent, gitOps, alternatives } = doer;
  const tool = gitOps === null ? '' : ` (${gitOps}: look at who changed its repository)`;
  const from = address === null ? '' : ` from ${named(address)}`;
  const client = userAgent === null ? '' : ` with ${quotedWhole(userAgent)}`;
  const others =
    alternatives.length === 0
      ? ''
      : `; or ${listed(alternatives.map(named))}, as their writes came too close together to tell`;
  return `${identityWords(doer)}${tool}, ${moment(at)}${from}${client}${others}`;
}

/** The effective user, and who authenticated for it. */
function byWords(name: string, through: string | null): string {
  return through === null ? named(name) : `${named(name)} through ${named(through)}`;
}

function viaPodLine({ namespace, name, tokenIssuedTo, creator }: ViaPod): Line {
  const issued =
    tokenIssuedTo === null || tokenIssuedTo.startsWith('system:node:')
      ? ''
      : `; the token was asked for by ${named(tokenIssuedTo)}, who is no kubelet`;
  return row(
    'Through',
    `the token of pod ${named(`${namespace}/${name}`)}${creator === null ? '' : `, made by ${named(creator)}`}${issued}`,
  );
}

function contextLines({
  grants,
  timeline,
  firstSeen,
  learning,
  serviceAccount,
  surroundings,
}: AlertContext): readonly Line[] {
  const done = timeline
    .filter(({ count }) => count > 0)
    .map(({ operation, count, atLeast }) => `${atLeast ? 'at least ' : ''}${String(count)} ${operation}`);
  const first = firstSeen.map(({ what, name }) => `${what} ${named(name)}`);
  const rights = (serviceAccount ?? []).map(
    ({ role, binding, allRights }) =>
      `${named(role?.kind ?? 'role')} ${named(role?.name ?? '?')} by ${named(binding.name)}${allRights ? ' (everything)' : ''}`,
  );
  return [
    ...grants.slice(0, 1).flatMap(grantLines),
    row(
      'Before that',
      done.length === 0 ? 'in half an hour nothing that stands out' : `in half an hour: ${done.join(', ')}`,
    ),
    row(
      'New here',
      first.length > 0
        ? firstOf(first, SHOWN)
        : learning.length > 0
          ? 'still learning what is usual'
          : 'nothing',
    ),
    ...(rights.length === 0 ? [] : [row('Its account', `holds ${firstOf(rights, SHOWN)}`)]),
    ...(surroundings === null ? [] : surroundingsLines(surroundings)),
  ];
}

/** Of those that have no binding to look at. */
const AUTHORIZERS: Readonly<Record<string, string>> = {
  systemMasters: 'a member of system:masters, whom nothing refuses',
  node: 'a kubelet’s, by the Node authorizer',
  other: 'given by another authorizer than RBAC',
  noReason: 'the server gives no reason',
};

function grantLines({
  username,
  impersonatedUsername,
  authorizer,
  changes,
  selfGranted,
  allRights,
  wholeHistory,
}: ActionGrant): readonly Line[] {
  const plain = Object.hasOwn(AUTHORIZERS, authorizer) ? AUTHORIZERS[authorizer] : undefined;
  if (plain !== undefined) return [row('Its right', plain)];
  const person = named(impersonatedUsername ?? username);
  const words = [
    allRights ? 'the role allows everything' : '',
    selfGranted === true ? `${person} granted it to themselves` : '',
    selfGranted === null ? `whether ${person} granted it to themselves is not recorded` : '',
    changes.length === 0
      ? `no change of binding or role was seen${wholeHistory ? '' : ', and none from before watching began is known'}`
      : '',
    changes.length > 0 && !wholeHistory ? 'older than what was seen of it' : '',
  ].filter((part) => part !== '');
  return [
    row('Its right', words.length === 0 ? 'seen from its beginning' : words.join('; ')),
    ...changes.slice(0, SHOWN).map(changeLine),
  ];
}

function changeLine({
  of,
  what,
  by,
  impersonatedUsername,
  address,
  at,
  secondsBefore,
  gave,
}: ActionGrant['changes'][number]): Line {
  const from = address === null ? '' : ` from ${named(address)}`;
  const changedBy = impersonatedUsername === null ? named(by) : byWords(impersonatedUsername, by);
  return item(
    `${of} ${what} by ${changedBy}${from}, ${moment(at)}, ${String(secondsBefore)} s before${gave === true ? ': this gave the right' : ''}`,
  );
}

function surroundingsLines({
  namespace,
  namespaceCreatedBy,
  namespaceCreatedThrough,
  criticalBecause,
  podSecurityLabels,
  quotas,
  networkPolicies,
  services,
}: NamespaceSurroundings): readonly Line[] {
  const levels = podSecurityLabels.map(({ key: mode, value: level }) => `${mode} ${level}`);
  const of = (what: string, all: NamespaceSurroundings['quotas']): string =>
    all.length === 0
      ? ''
      : `${what} ${firstOf(
          all.map(({ name }) => named(name)),
          SHOWN,
        )}`;
  const parts = [
    namespaceCreatedBy === null ? '' : `made by ${byWords(namespaceCreatedBy, namespaceCreatedThrough)}`,
    criticalBecause === null ? '' : `critical (${criticalBecause})`,
    levels.length === 0 ? '' : `Pod Security ${levels.join(', ')}`,
    of('quotas', quotas),
    of('NetworkPolicies', networkPolicies),
    of('Services', services),
  ].filter((part) => part !== '');
  return [row('Namespace', `${named(namespace)}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`)];
}
