/** What counts as the ID of an alert. */
import { ArrivalsError } from '@arrivals/core';
import { alertIdFrom, parseAlertId } from '@arrivals/api/light';
import assert from 'node:assert/strict';

const ID = '2db53fe7-3ea7-8be9-a06b-b503f5ada8ba';

describe('the ID of an alert', () => {
  it('is a UUID, or its beginning from eight characters on, in any case', () => {
    for (let length = 8; length <= ID.length; length++)
      assert.equal(parseAlertId(ID.slice(0, length)), ID.slice(0, length));
    assert.equal(parseAlertId(ID.toUpperCase()), ID);
  });

  it('is nothing else', () => {
    for (const text of [
      '',
      '2db53fe',
      '2db53fe73',
      'alerts.jsonl',
      './2db53fe7',
      `${ID}0`,
      '2db53fe7_',
      '2db53fe7-3ea78',
      'deadbeeg',
      '-'.repeat(8),
      '２db53fe7',
      '2db53fe7/..',
    ]) {
      assert.equal(parseAlertId(text), undefined, text);
      assert.throws(
        () => alertIdFrom(text),
        (error) => error instanceof ArrivalsError && error.code === 'alert_id_invalid',
      );
    }
  });
});
