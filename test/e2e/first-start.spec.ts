/**
 * The first start on a Kafka that nothing was ever asked of: brokers have no coordinators yet, topics are not
 * known everywhere, or nobody listens. Commands and services wait, say so once, and work.
 */
import assert from 'node:assert/strict';
import { arrivals, launch } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { freshKafka, type FreshKafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';

describe('the first start', function () {
  this.timeout(120_000);

  let cluster: FreshKafka;
  let distributed: Distributed;

  before(async function () {
    this.timeout(STARTING_MS);
    await redis();
  });
  beforeEach(async function () {
    this.timeout(STARTING_MS);
    cluster = await freshKafka();
    distributed = await Distributed.create({}, cluster.brokers);
  });
  afterEach(async () => {
    await distributed.stop();
    await cluster.stop();
  });

  const startAll = async (): Promise<void> => {
    const applied = arrivals(['topics', 'apply'], { settings: distributed.settings });
    const [webhook, processor] = await Promise.all([
      distributed.start('webhook'),
      distributed.start('processor'),
    ]);
    const { code, stderr } = await applied;
    assert.equal(code, 0, stderr);
    const response = await webhook.post(eventList([podCreation({})]));
    assert.equal(response.status, 200);
    await distributed.settled([processor], 1);
    assert.equal((await distributed.alerts()).length, 1);
    assert.equal((await fetch(`${processor.url}/readyz`)).status, 200);
  };

  it('works on a broker that was started in the same moment', async () => {
    cluster.begin();
    await startAll();
  });

  it('works on a broker that is started only afterwards, and reports the wait once', async () => {
    const waiting = launch(['topics', 'check'], { settings: distributed.settings });
    const said = eventually('words about it', () => /retrying/.exec(waiting.stderr())?.[0], 40_000);
    const all = startAll();
    all.catch(() => undefined);
    await said;
    cluster.begin();
    await all;
    const { stderr } = await waiting.finished;
    assert.equal(stderr.match(/retrying/g)?.length, 1, stderr);
    assert.match(stderr, /ARRIVALS_KAFKA_BROKERS/);
  });
});
