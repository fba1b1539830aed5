/** Finding an alert by its ID over the answers of whoever is asked. */
import { type Alert, ArrivalsError } from '@arrivals/core';
import { findAlert, type LookUpAnswer } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../../core/alert/creations.ts';

const ALERT = alertOf(podCreated());
const [A, B] = ['2db53fe7-0000-8000-8000-00000000000a', '2db53fe7-0000-8000-8000-00000000000b'];
const withId = (alertId: string, revision = 1): Alert => ({ ...ALERT, alertId, revision });
const answer = (before: string | null, ...alerts: readonly Alert[]): LookUpAnswer => ({
  alerts,
  unreadable: [],
  before,
});

interface Asked {
  readonly alert: Promise<Alert>;
  readonly asked: (string | undefined)[];
}

/** The last answer is given for ever. */
function find(id: string, answers: readonly LookUpAnswer[], toTheEnd = true): Asked {
  const asked: (string | undefined)[] = [];
  const ask = (before: string | undefined): Promise<LookUpAnswer> => {
    asked.push(before);
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? assert.fail());
  };
  return {
    alert: findAlert(id, {
      ask,
      toTheEnd,
      onUnreadable: () => undefined,
      notFound: (of) => `nobody has ${of}`,
    }),
    asked,
  };
}

const fails = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ArrivalsError && error.code === code && message.test(error.message);

describe('finding an alert', () => {
  it('asks no further than needed for a whole ID', async () => {
    const { alert, asked } = find(A, [
      answer('20,30'),
      answer('10,30', withId(A, 2)),
      answer(null, withId(A, 1)),
    ]);
    assert.deepEqual([(await alert).revision, asked], [2, [undefined, '20,30']]);
  });

  it('asks to the end for a beginning where that is wanted, and else no further than the answer that had it', async () => {
    const answers = [answer('20'), answer('10', withId(A, 2)), answer(null, withId(A, 1))];
    const toTheEnd = find('2db53fe7', answers);
    assert.deepEqual([(await toTheEnd.alert).revision, toTheEnd.asked], [2, [undefined, '20', '10']]);
    const enough = find('2db53fe7', answers, false);
    assert.deepEqual([(await enough.alert).revision, enough.asked], [2, [undefined, '20']]);
  });

  it('says what it is the beginning of where there are several, and where there is none what was searched', async () => {
    for (const toTheEnd of [true, false])
      await assert.rejects(
        find('2db53fe7', [answer(null, withId(A), withId(B))], toTheEnd).alert,
        fails('alert_ambiguous', new RegExp(`beginning of ${A}, ${B}$`)),
      );
    await assert.rejects(
      find(A, [answer('5'), answer(null)]).alert,
      fails('alert_unknown', new RegExp(`^nobody has ${A}$`)),
    );
  });

  it('ends with who never goes further back', async () => {
    for (const before of ['20,10', '21,10', 'x'])
      await assert.rejects(
        find(A, [answer('20,10'), answer(before)]).alert,
        fails('alert_unknown', /nobody has/),
      );
  });
});
