import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import type { PutOutcome } from './batch-put.ts';
import { BatchPut } from './batch-put.ts';
import { KinesisClient } from './kinesis-client.ts';
import type { PutEntry } from './operation-types.ts';
import type { Answer } from './scripted-transport.suite.ts';
import { refusal, ScriptedTransport } from './scripted-transport.suite.ts';

type Put = (records: readonly PutEntry[], number: number) => Answer;

async function settleAll(
  entries: readonly PutEntry[],
  answer: Put,
): Promise<{ outcomes: (PutOutcome | undefined)[]; transport: ScriptedTransport }> {
  const simulation = new Simulation(1);
  const clock = simulation.clock();
  const random = new SimRandom(1);
  const transport = new ScriptedTransport(({ input }, number) =>
    answer(input['Records'] as PutEntry[], number),
  );
  const client = new KinesisClient(
    { transport, clock, random },
    {
      host: 'h',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      attemptsMax: 2,
      timeoutMs: 1_000,
    },
  );
  const outcomes: (PutOutcome | undefined)[] = entries.map(() => undefined);
  const put = new BatchPut({ client, clock, random }, 's').put(entries, (index, outcome) => {
    assert.equal(outcomes[index], undefined, 'settled twice');
    outcomes[index] = outcome;
  });
  await simulation.scheduler.drive(put);
  return { outcomes, transport };
}

function entriesOf(...keys: string[]): PutEntry[] {
  return keys.map((PartitionKey) => ({ PartitionKey, Data: '' }));
}

const stored = ({ PartitionKey }: PutEntry): object => ({
  ShardId: 'shardId-000000000000',
  SequenceNumber: PartitionKey,
});
const throttled = {
  ErrorCode: 'ProvisionedThroughputExceededException',
  ErrorMessage: 'Rate exceeded',
};

test('only failed entries are sent again, until all are stored', async () => {
  const { outcomes, transport } = await settleAll(entriesOf('a', 'b', 'c', 'd'), (records) => ({
    Records: records.map((record, i) => (i === 0 ? stored(record) : throttled)),
  }));
  assert.deepEqual(
    outcomes.map((outcome) => outcome?.kind === 'stored' && outcome.sequenceNumber),
    ['a', 'b', 'c', 'd'],
  );
  const sent = transport.asked.map(({ input }) => (input['Records'] as PutEntry[]).length);
  assert.deepEqual(sent, [4, 3, 2, 1]);
});

test('when nothing at all is stored any more the rest is given up', async () => {
  const { outcomes, transport } = await settleAll(entriesOf('a', 'b'), (records) => ({
    Records: records.map((record) => (record.PartitionKey === 'a' ? stored(record) : throttled)),
  }));
  assert.equal(outcomes[0]?.kind, 'stored');
  assert.deepEqual(outcomes[1], {
    kind: 'refused',
    code: throttled.ErrorCode,
    text: throttled.ErrorMessage,
  });
  assert.equal(transport.asked.length, 11);
});

test('records that spoil their batch are found, all others are stored in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (good) => {
      const entries = entriesOf(...good.map((isGood, i) => `${isGood ? 'good' : 'bad'} ${i}`));
      const order: string[] = [];
      const { outcomes } = await settleAll(entries, (records) => {
        if (records.some(({ PartitionKey }) => PartitionKey.startsWith('bad'))) {
          return refusal('ValidationException', 'too large');
        }
        order.push(...records.map(({ PartitionKey }) => PartitionKey));
        return { Records: records.map(stored) };
      });
      assert.deepEqual(
        outcomes.map((outcome) => outcome?.kind),
        good.map((isGood) => (isGood ? 'stored' : 'refused')),
      );
      assert.deepEqual(
        order,
        entries.map(({ PartitionKey }) => PartitionKey).filter((key) => key.startsWith('good')),
      );
    }),
    { numRuns: 30 },
  );
});

test('what is no fault of a record rejects', async () => {
  const put = settleAll(entriesOf('a', 'b'), () => refusal('ResourceNotFoundException', 'no'));
  await assert.rejects(put, { code: 'ResourceNotFoundException' });
});

test('an answer that does not fit the request rejects', async () => {
  const put = settleAll(entriesOf('a', 'b'), (records) => ({ Records: [stored(records[0]!)] }));
  await assert.rejects(put, { code: 'InvalidAnswer' });
});
