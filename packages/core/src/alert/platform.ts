/**
 * What the alert of a converted event cannot know, or knows by inference only, because the platform's log
 * lacks it.
 *
 * Invariant: each path is in `unknown` once. An event as an API server wrote it is left as it is.
 */
import type { AuditEvent } from '../audit/event.ts';
import { platformOf } from '../audit/platforms/platform.ts';
import { answeredMetadata } from '../creation/identity.ts';
import type { Unknown } from '../creation/unknown.ts';

export function notePlatform(event: AuditEvent, unknown: Unknown[]): void {
  const platform = platformOf(event);
  if (platform === null) return;
  for (const [path, lacks] of lackingIn(event)) {
    const entry: Unknown = { path, reason: 'notInEvent', detail: `${platform}’s log ${lacks}` };
    const present = unknown.findIndex((other) => other.path === path);
    if (present === -1) unknown.push(entry);
    else unknown[present] = entry;
  }
}

function lackingIn(event: AuditEvent): readonly (readonly [path: string, lacks: string])[] {
  const from =
    answeredMetadata(event) === undefined ? 'there being no error' : 'what the server stamped on its answer';
  return [
    [
      'provenance',
      `has neither stage nor response code: that the request was carried out was inferred from ${from}`,
    ],
    [
      'provenance.auditId',
      'has no audit ID: this is the insertId of its entry, or the SHA-256 of one without',
    ],
    ['provenance.level', 'does not tell the audit level'],
    [
      'provenance.requestUri',
      'has no URI: this path was made of the resource’s name, and what the query was is not known',
    ],
    ['actor.groups', 'names no groups'],
    ['actor.impersonatedGroups', 'names no groups'],
    ['actor.claimedAddresses', 'has one address only'],
    ['actor.credential', 'does not tell which credential was used'],
    ['actor.podName', 'does not tell for which pod a token was made'],
  ];
}
