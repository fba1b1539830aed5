/**
 * Secrets planted in hundreds of forms: none is in an alert, in its explanation, or in what is stored of the
 * event.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import { contextFactsOf } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import { explain, formatAlert, layOut } from 'arrivals';
import assert from 'node:assert/strict';
import { secretForms } from '../../../../support/secret-forms.ts';
import { alertOf } from '../../alert/creations.ts';
import { planted } from './planted.ts';

const FORMS = secretForms(1);

describe('a secret that was planted into an event', () => {
  it('is of more than 500 forms, of 20 kinds and more', () => {
    assert.ok(FORMS.length > 500, String(FORMS.length));
    assert.ok(new Set(FORMS.map(({ kind }) => kind)).size > 20);
  });

  for (const kind of new Set(FORMS.map((form) => form.kind))) {
    it(`is nowhere, planted as ${kind}`, () => {
      const leaks = FORMS.filter((form) => form.kind === kind).flatMap((form) => {
        const event = planted(form);
        const alert = alertOf(event);
        const outputs: Readonly<Record<string, string>> = {
          json: JSON.stringify(alert),
          avro: encodeAlert(alert).toString('latin1'),
          table: formatAlert(alert, 'table'),
          explanation: layOut(explain(alert), { width: 100_000, colour: false }),
          context: JSON.stringify(contextFactsOf('prod', readAuditEvent(event))),
        };
        return Object.entries(outputs).flatMap(([output, text]) =>
          text.includes(form.secret) ? [`${output}: ${JSON.stringify(form.place)}`] : [],
        );
      });
      assert.deepEqual(leaks, []);
    });
  }
});
