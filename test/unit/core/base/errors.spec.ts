/** The catalogue of errors, and the one class that carries its codes. */
import { ArrivalsError, asArrivalsError, type ErrorCode } from '@arrivals/core';
import { ERRORS } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

const entries = Object.entries(ERRORS) as readonly (readonly [ErrorCode, (typeof ERRORS)[ErrorCode]])[];

describe('ERRORS', () => {
  it('answers no refusal with a status that an API server takes for success or follows: 2xx, or 3xx, of which 302 loses the batch', () => {
    const statuses = entries.flatMap(([code, { httpStatus }]) =>
      httpStatus === undefined ? [] : [[code, httpStatus] as const],
    );
    assert.ok(statuses.length > 0);
    for (const [code, status] of statuses)
      assert.ok(Number.isInteger(status) && status >= 400 && status <= 599, `${code}: ${String(status)}`);
  });

  it('calls an error retryable where it blames the server, and blames the client where trying again cannot help', () => {
    for (const [code, { httpStatus, retryable }] of entries) {
      if (httpStatus !== undefined && httpStatus >= 500) assert.ok(retryable, code);
      if (httpStatus !== undefined && !retryable) assert.ok(httpStatus < 500, code);
    }
  });

  it('sheds load with 503, which an API server tries again', () => {
    for (const code of ['overloaded', 'shutting_down', 'bus_unavailable', 'bus_full'] as const) {
      assert.deepStrictEqual([ERRORS[code].httpStatus, ERRORS[code].retryable], [503, true]);
    }
  });

  it('has for each what happened and what to do, in sentences, under a code that can be a metric label', () => {
    for (const [code, { meaning, remedy }] of entries) {
      assert.match(code, /^[a-z]+(_[a-z]+)*$/);
      for (const text of [meaning, remedy]) assert.match(text, /^[A-Z`{].*\.$/, `${code}: ${text}`);
      assert.doesNotMatch(meaning, /\n/);
    }
  });

  it('gives no two codes the same meaning', () => {
    assert.equal(new Set(entries.map(([, { meaning }]) => meaning)).size, entries.length);
  });
});

describe('ArrivalsError', () => {
  it('carries code, message and cause, and looks the rest up', () => {
    const cause = new Error('below');
    const error = new ArrivalsError('bus_full', 'k8s.audit.events holds 1 GiB', { cause });
    assert.ok(error instanceof Error);
    assert.deepStrictEqual(
      [error.name, error.code, error.message, error.cause],
      ['ArrivalsError', 'bus_full', 'k8s.audit.events holds 1 GiB', cause],
    );
    assert.equal(error.entry, ERRORS.bus_full);
    assert.equal(error.retryable, true);
    assert.equal(new ArrivalsError('usage', '').retryable, false);
  });
});

describe('asArrivalsError', () => {
  it('leaves an ArrivalsError as it is, whatever the code asked for', () => {
    const error = new ArrivalsError('bus_full', 'full');
    assert.equal(asArrivalsError(error, 'internal'), error);
  });

  it('wraps another error with its message and as its cause', () => {
    const cause = new TypeError('x is not a function');
    const error = asArrivalsError(cause, 'internal');
    assert.deepStrictEqual(
      [error.code, error.message, error.cause],
      ['internal', 'x is not a function', cause],
    );
  });

  it('wraps anything else that can be thrown', () => {
    const odd: readonly unknown[] = [
      undefined,
      null,
      'text',
      5,
      Symbol('s'),
      { code: 'bus_full' },
      [],
      Object.create(null),
      () => 'x',
      5n,
    ];
    for (const thrown of odd) {
      const error = asArrivalsError(thrown, 'state_unavailable');
      assert.ok(error instanceof ArrivalsError);
      assert.equal(error.code, 'state_unavailable');
      assert.equal(error.cause, thrown);
    }
    assert.match(asArrivalsError('text', 'internal').message, /\btext$/);
  });
});
