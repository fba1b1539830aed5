/**
 * The created object, as far as the event shows it.
 *
 * Invariant: what the server answered goes before what the client sent, and that before objectRef; what none
 * of them shows is null and noted with the reason. uid and name are read from the answer alone where the
 * client could choose them.
 */
import { type CutPart, cutParts } from '../audit/truncate.ts';
import type { AuditEvent } from '../audit/event.ts';
import { asArray, asObject, at, nullable, textAt } from '../base/json.ts';
import type { CreatedKind } from '../creation/select.ts';
import type { AlertObject, OwnerReference, Unknown } from './alert.ts';
import type { Shortener } from './bounds.ts';
import { findObject, missingBody } from '../creation/created-object.ts';
import { isPrivileged, readContainers, readHostAccess, readVolumes } from './pod-spec.ts';

export function readObject(
  created: CreatedKind,
  event: AuditEvent,
  shortener: Shortener,
  unknown: Unknown[],
): AlertObject {
  const found = findObject(created, event);
  const { metadata, spec } = found;
  const cut = cutParts(event.annotations);
  const isPod = created === 'Pod';
  const uid = found.metadataFrom === 'answer' ? textAt(metadata, 'uid') : undefined;
  const name = textAt(metadata, 'name') ?? event.objectRef.name;
  const named = (field: string, value: string | undefined): string | null =>
    nullable(value, (text) => shortener.name(`object.${field}`, text));
  const containers = spec === undefined ? null : readContainers(spec, shortener);
  const object: AlertObject = {
    namespace: isPod ? named('namespace', textAt(metadata, 'namespace') ?? event.objectRef.namespace) : null,
    name: named('name', name),
    kind: created,
    images: [...new Set((containers ?? []).flatMap(({ image }) => image?.reference ?? []))],
    privileged: spec === undefined ? null : isPrivileged(spec),
    uid: named('uid', uid),
    apiVersion: 'v1',
    generateName: named('generateName', textAt(metadata, 'generateName')),
    serviceAccountName: named('serviceAccountName', textAt(spec, 'serviceAccountName')),
    nodeName: named('nodeName', textAt(spec, 'nodeName')),
    hostAccess: spec === undefined ? null : readHostAccess(spec, shortener),
    ownerReferences:
      metadata === undefined || cut.has('ownerReferences') ? null : readOwners(metadata, shortener),
    labels:
      metadata === undefined || cut.has('labels')
        ? null
        : shortener.map('object.labels', textEntries(at(metadata, 'labels'))),
    annotations:
      metadata === undefined || cut.has('annotations')
        ? null
        : shortener.map('object.annotations', textEntries(at(metadata, 'annotations'))),
    containers,
    volumes: spec === undefined ? null : readVolumes(spec, shortener),
    metadataFrom: found.metadataFrom,
    specFrom: found.specFrom,
  };
  noteUnknown(object, event, cut, unknown);
  return object;
}

function noteUnknown(
  object: AlertObject,
  event: AuditEvent,
  cut: ReadonlySet<CutPart>,
  unknown: Unknown[],
): void {
  const note = (field: string, why: Pick<Unknown, 'reason' | 'detail'>): void => {
    unknown.push({ path: `object.${field}`, ...why });
  };
  const noBody = missingBody(event);
  for (const field of ['uid', 'name', 'labels', 'annotations', 'ownerReferences'] as const)
    if (object[field] === null) note(field, noBody);
  if (object.metadataFrom === 'reference') note('generateName', noBody);
  if (object.kind === 'Namespace') return;
  if (object.namespace === null)
    note('namespace', { reason: 'notInEvent', detail: 'objectRef names no namespace' });
  if (object.specFrom === null)
    for (const field of [
      'privileged',
      'containers',
      'volumes',
      'serviceAccountName',
      'nodeName',
      'hostAccess',
    ])
      note(field, noBody);
  if (object.specFrom === 'request' && object.serviceAccountName === null) {
    note('serviceAccountName', {
      ...noBody,
      detail: 'the server fills it in after what is recorded here; "default" when the client named none',
    });
  }
  if (object.specFrom === null) return;
  for (const [part, fields] of PARTLY_KNOWN) {
    if (cut.has(part))
      for (const field of fields)
        note(field, {
          reason: 'truncated',
          detail: 'the event was larger than a record; what is shown is not all',
        });
  }
}

/** What a part that was cut leaves known in part only. */
const PARTLY_KNOWN: readonly (readonly [CutPart, readonly string[]])[] = [
  ['volumes', ['volumes', 'hostAccess']],
  ['containers', ['images', 'privileged', 'containers', 'hostAccess']],
  ['command', ['containers[].command']],
  ['args', ['containers[].args']],
  ['env', ['containers[].env']],
  [
    'containerParts',
    [
      'images',
      'containers[].image',
      'containers[].ports',
      'containers[].volumeMounts',
      'containers[].capabilitiesAdded',
    ],
  ],
];

function readOwners(metadata: unknown, shortener: Shortener): readonly OwnerReference[] {
  const path = 'object.ownerReferences';
  const text = (owner: unknown, key: string): string | null =>
    nullable(textAt(owner, key), (value) => shortener.text(path, value));
  return shortener.list(path, asArray(at(metadata, 'ownerReferences'))).map((owner) => ({
    apiVersion: text(owner, 'apiVersion'),
    kind: text(owner, 'kind'),
    name: text(owner, 'name'),
    uid: text(owner, 'uid'),
    controller: at(owner, 'controller') === true,
  }));
}

function textEntries(value: unknown): readonly (readonly [string, string])[] {
  return Object.entries(asObject(value) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
}
