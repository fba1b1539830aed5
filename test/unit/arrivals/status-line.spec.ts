/** How far a long task is: not more often than somebody wants to read it. */
import { StatusLine } from 'arrivals';
import assert from 'node:assert/strict';

const shown = (isTTY: boolean): readonly string[] => {
  const written: string[] = [];
  const line = new StatusLine({ isTTY, write: (text: string) => written.push(text) > 0 });
  for (let i = 0; i < 50; i++) line.show(() => `step ${String(i)}`);
  line.end();
  return written;
};

describe('the line that says how far a task is', () => {
  it('rewrites itself on a terminal, and is gone at the end', () => {
    assert.deepEqual(shown(true), ['\r\u001b[Kstep 0', '\r\u001b[K']);
  });

  it('is not there elsewhere while the task is short', () => {
    assert.deepEqual(shown(false), []);
  });
});
