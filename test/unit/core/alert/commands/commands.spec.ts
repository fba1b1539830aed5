/** The commands that an alert carries: each is one line that a shell takes as it is meant, whatever names hold. */
import { type Alert, commandsOf } from '@arrivals/core';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { alertOf, creationsOfCapture, namespaceCreated, podCreated } from '../creations.ts';

function commandsIn({ investigation, resolution }: Alert): readonly string[] {
  return [
    ...investigation.flatMap(({ command }) => command ?? []),
    ...resolution.flatMap(({ commands }) => commands.map(({ command }) => command)),
  ];
}

describe('the commands of an alert', () => {
  it('are those of the one table, a step’s own', () => {
    for (const alert of [alertOf(podCreated()), alertOf(namespaceCreated())]) {
      const linesFor = commandsOf(alert);
      for (const { id, commands, note } of alert.resolution) {
        const lines = linesFor(id);
        assert.deepEqual(
          commands.map(({ kind, command }) => ({ kind, text: command })),
          lines.filter(({ kind }) => kind !== 'note'),
        );
        assert.equal(
          note !== null,
          lines.some(({ kind }) => kind === 'note'),
        );
      }
    }
  });

  it('are there for what is to be resolved, of every creation of the capture that has a name', () => {
    for (const event of creationsOfCapture()) {
      const { object, resolution } = alertOf(event);
      if (object.name === null) continue;
      assert.ok(
        resolution.some(({ commands }) => commands.length > 0),
        object.name,
      );
    }
  });

  it('are there for each question that the stream does not answer, where its names are known', () => {
    const { investigation } = alertOf(podCreated());
    for (const { id, status, command } of investigation)
      assert.equal(command !== null, status !== 'observed' && !['before', 'first-seen'].includes(id), id);
  });

  it('are one harmless command each, whatever the names are', () => {
    const hostile = '-o$(touch owned);`id`\n\u0003';
    const alert = alertOf(
      podCreated({
        metadata: { name: hostile, namespace: hostile, uid: "u'; id #" },
        spec: { containers: [], serviceAccountName: hostile },
        event: { objectRef: { resource: 'pods', namespace: hostile, name: hostile } },
      }),
    );
    for (const command of commandsIn(alert)) {
      const line = command.replaceAll(' | ', ' ').replace(/ > (\S+)$/, ' $1');
      const words = execFileSync('bash', ['--norc', '-c', `printf '%s\\0' ${line}`], {
        encoding: 'utf8',
        cwd: '/',
      }).split('\0');
      assert.ok(words.length > 1, command);
      for (const word of words) if (word.includes('touch')) assert.ok(word.includes(hostile), command);
    }
  });
});
