/** Notes of attempts in the data folder and in Redis: the contract, and what each promises beyond it. */
import { openEmbedded } from '@arrivals/adapters/embedded';
import { openRedisAttempts } from '@arrivals/adapters/redis';
import type { ArrivalsError, Attempt, Attempts } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { boundMs } from '../support/pace.ts';
import { CLAIM_TTL_MS, lookInto } from '../support/redis-state.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';
import { attemptsContract } from './attempts.contract.ts';

const OF = { topic: 'in', partition: 0 };
const RECORDS: Attempt = { from: 5, to: 9, singled: null };

const openFolder = (folder: string): ReturnType<typeof openEmbedded> =>
  openEmbedded({
    folder,
    topics: {},
    claimTtlMs: CLAIM_TTL_MS,
    ...CONTEXT,
    telemetry: silent,
    now: Date.now,
  });

attemptsContract('the data folder', async () => {
  const folder = await temporaryFolder();
  let embedded = openFolder(folder);
  return {
    attempts: embedded.attempts,
    restarted: async () => {
      await embedded.close();
      embedded = openFolder(folder);
      return embedded.attempts;
    },
    dispose: async () => {
      await embedded.close();
      await removeFolder(folder);
    },
  };
});

describe('notes of attempts in the data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  it('are none where the file was cut off or holds something else', async () => {
    for (const text of ['', '{"in/0":"{\\"from', 'null\n', '[1]\n', '{"in/0":"[]"}\n', '{"in/0":5}\n']) {
      await writeFile(path.join(folder, 'attempts'), text);
      const embedded = openFolder(folder);
      assert.equal(await embedded.attempts.begin(OF, RECORDS), undefined, text);
      await embedded.close();
    }
  });

  it('are for the folder’s owner alone', async () => {
    const embedded = openFolder(folder);
    await embedded.attempts.begin(OF, RECORDS);
    assert.equal((await stat(path.join(folder, 'attempts'))).mode & 0o777, 0o600);
    await embedded.close();
  });
});

describe('notes of attempts in Redis', function () {
  this.timeout(30_000);
  let url: string;
  let keyPrefix: string;
  const opened: Attempts[] = [];

  before(async function () {
    this.timeout(STARTING_MS);
    ({ url } = await redis());
  });
  beforeEach(() => {
    keyPrefix = `test-${randomUUID()}:`;
  });
  afterEach(() => Promise.all(opened.splice(0).map((attempts) => attempts.close())));

  const open = (urls: readonly string[] = [url], group = 'g'): Attempts => {
    const attempts = openRedisAttempts({
      urls,
      mode: 'single',
      keyPrefix,
      group,
      claimTtlMs: CLAIM_TTL_MS,
      ...CONTEXT,
      commandTimeoutMs: 700,
      telemetry: silent,
    });
    opened.push(attempts);
    return attempts;
  };
  /** As if it had not been able to renew its sign of life for long enough. */
  const forgetTheLiving = async (): Promise<void> => {
    const client = lookInto(url);
    for (const key of await client.keys(`${keyPrefix}alive:*`)) await client.del(key);
    client.disconnect();
  };

  attemptsContract('Redis', () => {
    keyPrefix = `test-${randomUUID()}:`;
    let current = open();
    return Promise.resolve({
      attempts: current,
      restarted: async () => {
        await current.close();
        await forgetTheLiving();
        current = open();
        return current;
      },
      dispose: () => current.close(),
    });
  });

  it('of a process that lives are marked so: it has lost the partition', async () => {
    await open().begin(OF, RECORDS);
    assert.deepEqual(await open().begin(OF, RECORDS), { attempt: RECORDS, isOver: false });
  });

  it('are not taken back by a process that has lost the partition meanwhile', async () => {
    const [one, other] = [open(), open()];
    await one.begin(OF, RECORDS);
    await other.note(OF, RECORDS);
    await one.release(OF);
    assert.deepEqual(await open().begin(OF, RECORDS), { attempt: RECORDS, isOver: false });
  });

  it('of another group are its own', async () => {
    await open().begin(OF, RECORDS);
    assert.equal(await open([url], 'another').begin(OF, RECORDS), undefined);
  });

  it('mark a process as ended before Kafka reassigns its partitions', async () => {
    const one = open();
    await one.begin(OF, RECORDS);
    const endedMs = performance.now();
    await one.close();
    await eventually(
      'the process to count as ended',
      async () => (await open().begin(OF, RECORDS))?.isOver === true || undefined,
      10_000,
    );
    assert.ok(performance.now() - endedMs < boundMs(9000));
  });

  it('fail within their time when Redis is away', async () => {
    await assert.rejects(
      open(['redis://127.0.0.1:1']).begin(OF, RECORDS),
      ({ code }: ArrivalsError) => code === 'state_unavailable',
    );
  });
});
