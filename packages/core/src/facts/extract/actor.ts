/**
 * Facts about the sender of an event: what he was refused, Secrets he read, rights he wrote, exec and attach
 * sessions he opened, tokens he requested, and whom he impersonated.
 *
 * Invariant: about the effective user, as others come through the same account. Whoever impersonates is
 * charged with the action as well, except a program, which does it for many; the impersonation itself is
 * always about the impersonator. A stream has an event at its start and one at its end, which give one fact:
 * nothing in a value comes from the stage.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { defined, textAt } from '../../base/json.ts';
import type { Fact } from '../../ports/fact-store.ts';
import { type Action } from '../action.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { isProgram, personOf } from '../person.ts';
import { actorAbout, credentialAbout } from '../subjects.ts';
import { RBAC_GROUP } from './rbac.ts';
import { bounded } from '../../text/bounded.ts';

export const INTO_PODS: ReadonlySet<string> = new Set([
  'exec',
  'attach',
  'portforward',
  'proxy',
  'ephemeralcontainers',
]);

type ActorKind = 'denied' | 'secrets' | 'rbac' | 'exec' | 'token' | 'impersonation';

export function actorFacts(cluster: string, event: AuditEvent, action: Action, id: string): readonly Fact[] {
  const { username, impersonatedUsername: as } = action;
  const value = defined({
    at: action.received,
    auditId: action.auditId,
    what: what(event),
    target: target(event),
    by: username,
    as,
    unnamed: action.isUnnamed ? true : undefined,
    from: action.address,
  });
  const facts = kindsOf(event).flatMap((kind) =>
    chargedWith(action, kind).map((name) =>
      factOf({ cluster, about: actorAbout(name), kind: KINDS[kind], id, order: action.received, value }),
    ),
  );
  const issued = textAt(event.annotations, 'authentication.kubernetes.io/issued-credential-id');
  if (issued === undefined || !facts.some(({ kind }) => kind === KINDS.token)) return facts;
  const about = credentialAbout(issued);
  return [
    ...facts,
    factOf({
      cluster,
      about,
      kind: KINDS.issued,
      id: 'issued',
      order: action.received,
      value: { ...value, by: issuedTo(action) },
    }),
  ];
}

function chargedWith(action: Action, kind: ActorKind): readonly string[] {
  if (action.impersonatedUsername === undefined || kind === 'impersonation') return [action.username];
  return isProgram(action.username) ? [personOf(action)] : [personOf(action), action.username];
}

/** Who impersonates a kubelet is none: then the authenticated user counts. */
function issuedTo({ username, impersonatedUsername }: Action): string {
  return impersonatedUsername === undefined || impersonatedUsername.startsWith('system:node:')
    ? username
    : impersonatedUsername;
}

function kindsOf(event: AuditEvent): readonly ActorKind[] {
  const { apiGroup = '', resource, subresource } = event.objectRef;
  const { verb = '', code } = event;
  if (code === 401 || code === 403) return ['denied'];
  const kinds: ActorKind[] = [];
  if (event.impersonatedUser !== undefined) kinds.push('impersonation');
  const read = verb === 'get' || verb === 'list' || verb === 'watch';
  if (apiGroup === '' && resource === 'secrets' && subresource === undefined && read) kinds.push('secrets');
  if (apiGroup === RBAC_GROUP && !read) kinds.push('rbac');
  if (isWayIntoPod(event.objectRef)) kinds.push('exec');
  if (apiGroup === '' && resource === 'serviceaccounts' && subresource === 'token' && verb === 'create')
    kinds.push('token');
  return kinds;
}

export function isWayIntoPod({
  apiGroup,
  resource,
  subresource,
}: Pick<AuditEvent['objectRef'], 'apiGroup' | 'resource' | 'subresource'>): boolean {
  return (
    (apiGroup ?? '') === '' && resource === 'pods' && subresource !== undefined && INTO_PODS.has(subresource)
  );
}

/** "get secrets", "create pods/exec", "get /healthz". */
function what(event: AuditEvent): string {
  const { resource, subresource } = event.objectRef;
  const row =
    resource === undefined
      ? ((event.requestUri ?? '').split('?')[0] ?? '')
      : subresource === undefined
        ? resource
        : `${resource}/${subresource}`;
  return bounded(`${event.verb ?? ''} ${row}`, 160);
}

function target(event: AuditEvent): string | undefined {
  const { namespace, name } = event.objectRef;
  const parts = [namespace, name].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : bounded(parts.join('/'), 256);
}
