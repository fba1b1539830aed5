/** The log: one JSON line a message on stderr, in which outside text cannot forge a line or move a cursor. */
import { createLog } from '@arrivals/host';
import assert from 'node:assert/strict';

/** What is written to stderr meanwhile. */
function stderrOf(write: () => void): string {
  const written: string[] = [];
  const original = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array): boolean => {
    written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return true;
  };
  try {
    write();
  } finally {
    process.stderr.write = original;
  }
  return written.join('');
}

describe('the log', () => {
  it('writes a JSON line with level, message, time and fields', () => {
    const text = stderrOf(() => {
      createLog('info').warn('request refused', { code: 'body_not_json', count: 3 });
    });
    const { timestamp, ...line } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    assert.deepEqual(line, { level: 'warn', message: 'request refused', code: 'body_not_json', count: 3 });
    assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('writes what is as urgent as its level, or more', () => {
    const levels = ['error', 'warn', 'info', 'debug'] as const;
    for (const [i, least] of levels.entries()) {
      const text = stderrOf(() => {
        const log = createLog(least);
        for (const level of levels) log[level](level);
      });
      assert.equal(text.trimEnd().split('\n').length, i + 1, least);
    }
  });

  it('hides secrets at any depth, in keys and in what an error says', () => {
    const deep = { a: { b: { c: { d: { e: { token: 'Zq7hidden' } } } } } };
    const text = stderrOf(() => {
      createLog('info').info('refused token=Zq7hidden', {
        deep,
        map: { 'password=Zq7hidden': 1 },
        list: ['https://u:Zq7hidden@a.example'],
        cause: new Error('--token Zq7hidden'),
      });
    });
    assert.ok(!text.includes('Zq7hidden'), text);
  });

  for (const [what, text] of [
    ['a line feed', 'a\n{"level":"error","message":"forged"}'],
    ['a carriage return', 'a\rb'],
    ['an escape sequence', 'a\u001b[2Jb'],
    ['a C1 escape sequence', 'a\u009b2Jb'],
    ['a delete character', 'a\u007fb'],
    ['a line separator', 'a\u2028b'],
    ['a bidirectional override', 'a\u202eb'],
    ['a quote', 'a"}\\"b'],
  ] as const) {
    it(`keeps ${what} of outside text inside its JSON string, escaped`, () => {
      const written = stderrOf(() => {
        createLog('info').info(text, { detail: text });
      });
      assert.equal(written.trimEnd().split(/[\n\r\u2028]/).length, 1);
      assert.doesNotMatch(written.trimEnd(), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      const line = JSON.parse(written) as Readonly<Record<string, unknown>>;
      assert.deepEqual([line['message'], line['detail']], [text, text]);
    });
  }
});
