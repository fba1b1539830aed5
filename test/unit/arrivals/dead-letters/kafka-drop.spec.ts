/** What of a selection of dead letters Kafka can delete: the beginnings of partitions. */
import { planDrop } from 'arrivals';
import assert from 'node:assert/strict';

const at = (id: string): { readonly topic: string; readonly partition: number; readonly offset: number } => {
  const [partition = 0, offset = 0] = id.split(':').map(Number);
  return { topic: 't', partition, offset };
};
const letter = (id: string) =>
  ({ position: at(id), sha256: `sha of ${id}`, reason: 'not_an_object', cluster: 'prod' }) as const;

async function* records(...ids: readonly string[]) {
  for (const id of ids)
    yield await Promise.resolve({ position: at(id), foreign: 'its bytes mean nothing here' });
}

const plan = async (selected: readonly string[], there: readonly string[]) => {
  const { before, results } = await planDrop(selected.map(letter), records(...there));
  return {
    before: [...before],
    outcomes: results.map(({ id, outcome, why }) => [
      id,
      outcome,
      ...(why === null ? [] : [/and (\S+) before it stays/.exec(why)?.[1]]),
    ]),
  };
};

describe('dropping dead letters on Kafka', () => {
  it('takes all of each partition, over the gaps of offsets', async () => {
    assert.deepEqual(await plan(['0:0', '0:5', '1:2'], ['0:0', '1:2', '0:5']), {
      before: [
        [0, 6],
        [1, 3],
      ],
      outcomes: [
        ['0:0', 'dropped'],
        ['1:2', 'dropped'],
        ['0:5', 'dropped'],
      ],
    });
  });

  it('leaves what comes after one that stays, and says which; other partitions go', async () => {
    assert.deepEqual(
      await plan(['0:1', '0:3', '0:4', '1:0'], ['0:1', '0:2', '0:3', '0:4', '0:5', '1:0', '1:1']),
      {
        before: [
          [0, 2],
          [1, 1],
        ],
        outcomes: [
          ['0:1', 'dropped'],
          ['0:3', 'left', '0:2'],
          ['0:4', 'left', '0:2'],
          ['1:0', 'dropped'],
        ],
      },
    );
  });

  it('deletes nothing where the very first one stays', async () => {
    assert.deepEqual(await plan(['0:1'], ['0:0', '0:1']), { before: [], outcomes: [['0:1', 'left', '0:0']] });
  });
});
