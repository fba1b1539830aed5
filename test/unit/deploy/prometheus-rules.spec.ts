/**
 * The alert rules are what Prometheus takes, about metrics that there are, and leave out none of those that
 * must never rise.
 */
import { asArray, asObject, at, textAt } from '@arrivals/core';
import { createLog, createTelemetry } from '@arrivals/host';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../support/arrivals.ts';

const file: unknown = parse(readFileSync(path.join(REPOSITORY, 'deploy/prometheus-rules.yaml'), 'utf8'));
const rules = asArray(at(file, 'groups')).flatMap((group) => asArray(at(group, 'rules')));

const metricsIn = (expression: string): readonly string[] => expression.match(/\barrivals_\w+/g) ?? [];

describe('the alert rules', () => {
  it('have the shape that Prometheus takes', () => {
    assert.deepEqual(Object.keys(asObject(file) ?? {}), ['groups']);
    for (const group of asArray(at(file, 'groups')))
      assert.deepEqual(Object.keys(asObject(group) ?? {}), ['name', 'rules']);
    assert.ok(rules.length > 0);
    for (const rule of rules) {
      assert.match(textAt(rule, 'alert') ?? '', /^Arrivals[A-Za-z]+$/);
      const keys = Object.keys(asObject(rule) ?? {}).filter((key) => key !== 'for');
      assert.deepEqual(keys, ['alert', 'expr', 'labels', 'annotations']);
      assert.match(textAt(rule, 'for') ?? '1m', /^\d+m$/);
      assert.match(textAt(rule, 'labels', 'severity') ?? '', /^(?:critical|warning)$/);
    }
    assert.equal(new Set(rules.map((rule) => textAt(rule, 'alert'))).size, rules.length);
  });

  it('say what is the matter and what to do', () => {
    for (const rule of rules)
      for (const key of ['summary', 'action'])
        assert.ok((textAt(rule, 'annotations', key) ?? '').length > 20, key);
  });

  it('have brackets that close', () => {
    for (const rule of rules) {
      const open: string[] = [];
      for (const [bracket] of (textAt(rule, 'expr') ?? '').matchAll(/[()[\]{}]/g)) {
        if ('([{'.includes(bracket)) open.push(bracket);
        else assert.match(`${open.pop() ?? ''}${bracket}`, /^(?:\(\)|\[\]|\{\})$/);
      }
      assert.deepEqual(open, []);
    }
  });

  it('are about metrics that there are, and about each that is said not to be intended', async () => {
    const { registry } = createTelemetry(createLog('error'));
    const metrics = await registry.getMetricsAsJSON();
    const used = new Set(rules.flatMap((rule) => metricsIn(textAt(rule, 'expr') ?? '')));
    for (const name of used)
      assert.ok(
        metrics.some((metric) => metric.name === name),
        name,
      );
    const never = metrics.filter(({ help }) => help.includes('Not intended'));
    for (const { name } of never) assert.ok(used.has(name), name);
  });
});
