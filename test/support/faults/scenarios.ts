/**
 * What every file of scenarios does with one: perform it, put it into the table, hold it to what must be
 * true.
 */
import { meetsExpectations } from './expectations.ts';
import { type Measured, perform, type Scenario } from './run.ts';
import { record } from './table.ts';

export async function tried(scenario: Scenario): Promise<Measured> {
  const measured = await perform(scenario);
  record(measured);
  meetsExpectations(measured);
  return measured;
}

/**
 * Side by side, for scenarios that mostly wait. Each is carried out to its end, whatever becomes of the
 * others.
 */
export async function allTried(scenarios: readonly Scenario[]): Promise<void> {
  const results = await Promise.allSettled(scenarios.map(tried));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0)
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.map(String).join('\n'));
}
