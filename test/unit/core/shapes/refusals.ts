/** Shapes of what creates neither a Pod nor a Namespace: the table of expectations. */
import type { FilterReason } from '@arrivals/core';
import { filtered, type Group } from './expected.ts';

const all = (reason: FilterReason, ...names: readonly string[]): Group =>
  Object.fromEntries(names.map((name) => [name, filtered(reason)]));

const refusals: Group = {
  ...all(
    'not_successful',
    '403 by RBAC, a Pod',
    '403 by RBAC, a Namespace',
    '403 by RBAC, server-side apply',
    '403 by RBAC, server-side apply by who may patch but not create',
    '403 by Pod Security',
    '403 by quota',
    '403 by a limit range',
    '403 for a service account that is not there',
    '403 by the node restriction',
    '403 by a terminating namespace',
    '403 by an admission policy',
    '422 by an admission policy',
    '422, an invalid Pod',
    '422, an invalid Namespace',
    '422 of server-side apply without a field manager',
    '409, the Pod is there',
    '409, the Namespace is there',
    '409 of server-side apply, a field of another manager',
    '409 of server-side apply, a uid that no Pod has',
    '404, no such namespace',
    '400, a body that is no JSON',
    '400, a namespace that contradicts the path',
    '405, Pods of no namespace',
    '406, a type that the server does not have',
    '413, a body over the server’s limit',
    '415, a type that the server does not read',
    '500, a webhook that does not answer',
  ),
  // The server answers before it has come to auditing the request, and writes one event of another stage.
  '401, a token that nobody has': filtered('other_stage'),
};

const changes: Group = {
  ...all(
    'changed_not_created',
    'a Pod changed by a JSON patch',
    'a Pod changed by a merge patch',
    'a Pod changed by a strategic merge patch',
    'a Pod replaced by PUT',
    'our policy: a Pod changed by a JSON patch',
  ),
  ...all(
    'not_successful',
    'a JSON patch of a Pod that is not there',
    'a PUT of a Pod that is not there',
    'a PUT of a Namespace that is not there',
  ),
  ...all('other_verb', 'a Pod deleted', 'Pods deleted as a collection'),
  'a watch on Pods': filtered('other_stage', 'other_verb'),
};

const lookalikes: Group = all(
  'other_resource',
  'a custom resource called pods',
  'a custom resource called namespaces',
  'a custom resource called pods, by server-side apply',
  'bindings',
  'serviceaccounts/token',
  'another kind, created by update',
  'another kind, created by POST',
);

const subresources: Group = {
  ...all(
    'subresource',
    'pods/binding',
    'pods/eviction',
    'pods/ephemeralcontainers',
    'pods/status',
    'pods/status of a Pod that is not there',
    'namespaces/finalize',
    'namespaces/status',
    'our policy: pods/binding',
    'our policy: pods/eviction',
  ),
  // A stream has a stage more.
  'pods/exec by POST': filtered('other_stage', 'subresource'),
  'pods/proxy by POST': filtered('other_stage', 'subresource'),
};

export const REFUSALS: Readonly<Record<string, Group>> = {
  refusals,
  'changes and other verbs': changes,
  'look-alikes and other kinds': lookalikes,
  subresources,
};
