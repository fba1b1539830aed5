/**
 * The table of who controls which field: docs/detection.md has it, and every field that an event can have is
 * in it.
 */
import { EVENT_FIELDS, type EventField, isEvidence } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { readText, STALE } from '../../docs/markdown.ts';
import { eventWith } from '../samples.ts';

const FIELDS = Object.keys(EVENT_FIELDS) as readonly EventField[];

describe('who controls a field', () => {
  it('is in docs/detection.md, row by row', () => {
    const [, section = ''] = readText('docs/detection.md').split('## Who controls each field of an event\n');
    const rows = section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      );
    assert.deepEqual(
      rows,
      FIELDS.map((field) => {
        const { controller, enforced = '', note } = EVENT_FIELDS[field];
        return [`\`${field}\``, controller, isEvidence(field) ? 'yes' : 'no', enforced, note];
      }),
      STALE,
    );
  });

  it('is known for every key of an audit event', () => {
    const keys = Object.keys(eventWith({ impersonatedUser: {}, authenticationMetadata: {} })).map((key) =>
      key === 'responseObject' ? 'object' : key,
    );
    for (const key of keys)
      assert.ok(
        FIELDS.some(
          (field) =>
            field === key ||
            field.startsWith(`${key}.`) ||
            field.startsWith(`${key}: `) ||
            field.startsWith(`${key} (`),
        ),
        key,
      );
  });

  it('makes evidence of what the server, the authenticator, the authorizer or admission wrote, and of what takes effect', () => {
    const words: readonly EventField[] = [
      'userAgent',
      'requestURI',
      'auditID',
      'object.metadata.labels',
      'object.metadata.annotations',
    ];
    const more: readonly EventField[] = [
      'object.metadata.ownerReferences',
      'object.metadata.managedFields',
      'object.spec.containers.image',
      'object.metadata.name',
    ];
    for (const field of [...words, ...more]) assert.equal(isEvidence(field), false, field);
    for (const field of [
      'user.username',
      'sourceIPs (the last)',
      'object.metadata.uid',
      'object.spec.containers',
    ] as const)
      assert.ok(isEvidence(field), field);
  });
});
