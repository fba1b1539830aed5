/** GET /v1/alerts and /v1/dead-letters over the partitions of a topic, and of records that hold no alert. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { publishedRoutes } from '@arrivals/api';
import { type Alert, TOPICS } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../core/alert/creations.ts';
import { withServer } from '../host/http.ts';
import { type Given, Topic } from './topic.ts';

const ALERT = alertOf(podCreated());
const idOf = (i: number): string => `${String(i).padStart(8, '0')}-0000-8000-8000-000000000000`;
const given = (offset: number, timestampMs: number): Given => {
  const alertId = idOf(timestampMs);
  return { offset, timestampMs, key: alertId, value: encodeAlert({ ...ALERT, alertId }) };
};
const unknown = (record: Given): Given => {
  const value = Buffer.from(record.value ?? '');
  value.fill(0xab, 2, 10);
  return { ...record, value };
};

interface Answer {
  readonly alerts: readonly Alert[];
  readonly unreadable?: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly why: string;
  }[];
  readonly next: string;
  readonly before: string | null;
  readonly damage?: string;
  readonly error?: { readonly code: string };
}

type Ask = (
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<readonly [status: number, answer: Answer]>;

const withRoutes = (
  topic: Topic,
  test: (ask: Ask) => Promise<void>,
  more: Partial<Parameters<typeof publishedRoutes>[2]> = {},
): Promise<void> =>
  withServer(
    { host: '0.0.0.0', routes: publishedRoutes(topic, TOPICS, { readersLocal: true, hosts: '', ...more }) },
    async ({ ask }) => {
      await test(async (path, headers = {}) => {
        const { status, body } = await ask(path, { headers });
        return [status, JSON.parse(body) as Answer];
      });
    },
  );
const timesOf = ({ alerts }: Answer): readonly number[] =>
  alerts.map(({ alertId }) => Number(alertId.slice(0, 8)));

describe('the routes of alerts', () => {
  const topic = (): Topic =>
    new Topic([[given(0, 1), given(2, 3), given(4, 5)], [given(1, 2), given(3, 4)], []], { trailing: 1 });

  it('give what all partitions hold in the order of time, page by page', async () => {
    await withRoutes(topic(), async (ask) => {
      const [, newest] = await ask('/v1/alerts?last=3');
      assert.deepEqual([timesOf(newest), newest.next], [[3, 4, 5], '5,4,0']);
      const [, whole] = await ask('/v1/alerts?from=0');
      assert.deepEqual([timesOf(whole), whole.next], [[1, 2, 3, 4, 5], '5,4,0']);
      const [, rest] = await ask('/v1/alerts?from=2,3,0');
      assert.deepEqual([timesOf(rest), rest.next], [[3, 4, 5], '5,4,0']);
      const [, none] = await ask('/v1/alerts?from=5,4,0');
      assert.deepEqual([timesOf(none), none.next], [[], '5,4,0']);
    });
  });

  it('answer in the JSON form of the record, without what is null', async () => {
    await withRoutes(new Topic([[given(0, 1)]]), async (ask) => {
      for (const path of ['/v1/alerts', `/v1/alerts/${idOf(1)}`]) {
        const [, { alerts }] = await ask(path);
        assert.equal(alerts.length, 1);
        assert.doesNotMatch(JSON.stringify(alerts), /:null/);
        assert.ok(!('flags' in (alerts[0] ?? {})), path);
      }
    });
  });

  it('answer with the others where a record cannot be read, and name it', async () => {
    const mixed = new Topic([[given(0, 1), unknown(given(1, 2))], [given(0, 3)]]);
    await withRoutes(mixed, async (ask) => {
      const [status, answer] = await ask('/v1/alerts');
      assert.deepEqual([status, timesOf(answer), answer.next], [200, [1, 3], '2,1']);
      const [left, ...more] = answer.unreadable ?? [];
      assert.deepEqual([left?.topic, left?.partition, left?.offset, more], [TOPICS.alerts, 0, 1, []]);
      assert.match(left?.why ?? '', /unknown fingerprint abababababababab/);

      const [found, looked] = await ask(`/v1/alerts/${idOf(2)}`);
      assert.deepEqual(
        [found, looked.alerts, looked.before, looked.unreadable],
        [200, [], null, answer.unreadable],
      );
      const [, others] = await ask('/v1/alerts/00000001');
      assert.deepEqual([timesOf(others), others.unreadable], [[1], undefined]);
    });
  });

  it('go on with a page of nothing but such records', async () => {
    await withRoutes(new Topic([[unknown(given(0, 1)), unknown(given(1, 2))]]), async (ask) => {
      const [, { alerts, unreadable, next }] = await ask('/v1/alerts?from=0');
      assert.deepEqual([alerts, unreadable?.length, next], [[], 2, '2']);
    });
  });

  it('say what is damaged', async () => {
    await withRoutes(
      topic(),
      async (ask) => {
        assert.equal((await ask('/v1/alerts'))[1].damage, 'a page is torn');
      },
      { damage: () => 'a page is torn' },
    );
  });

  it('refuse positions, numbers and IDs that are none', async () => {
    await withRoutes(topic(), async (ask) => {
      for (const [path, code] of [
        ['/v1/alerts?from=x', 'query_invalid'],
        ['/v1/alerts?from=1,', 'query_invalid'],
        ['/v1/alerts?last=-1', 'query_invalid'],
        ['/v1/alerts?last=10001', 'query_invalid'],
        ['/v1/alerts?waitMs=25001', 'query_invalid'],
        [`/v1/alerts/${idOf(1)}?before=x`, 'query_invalid'],
        ['/v1/alerts/0000000', 'alert_id_invalid'],
      ] as const)
        assert.deepEqual(
          ((answer) => [answer[0], answer[1].error?.code])(await ask(path)),
          [400, code],
          path,
        );
    });
  });

  it('answer to this machine alone', async () => {
    await withRoutes(topic(), async (ask) => {
      const paths = ['/v1/alerts', `/v1/alerts/${idOf(1)}`, '/v1/dead-letters'];
      for (const path of paths) assert.equal((await ask(path, { Host: 'arrivals.example' }))[0], 403, path);
    });
  });
});
