// @ts-check
import { nameOfNothing, selectsStream, streamNotFound } from '../kit/common.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DeleteStream';
const watched = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: 1 });
  await lab.consumer(stream.arn, 'watcher');
  return stream;
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => nameOfNothing);
  selectsStream(suite, {});
  suite.both('an empty answer, DELETING, then gone', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream();
      empty(await call({ StreamName: name }));
      return name;
    };
    const seen = await lab.during('DELETING', enter, (StreamName) =>
      lab.out('DescribeStream', { StreamName }),
    );
    equal(seen.StreamDescription.StreamStatus, 'DELETING');
    await lab.gone(seen.StreamDescription.StreamName);
    const StreamName = seen.StreamDescription.StreamName;
    const after = await lab.call('DescribeStream', { StreamName });
    fails(after, 'ResourceNotFoundException', streamNotFound(StreamName, lab));
  });
  suite.case('by ARN', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamARN: arn }));
    await lab.gone(name);
  });
  suite.case('a stream in DELETING shows no shards', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream();
      empty(await call({ StreamName: name }));
      return name;
    };
    const seen = await lab.during('DELETING', enter, (StreamName) =>
      lab.out('DescribeStream', { StreamName }),
    );
    equal(seen.StreamDescription.Shards, []);
    equal(seen.StreamDescription.HasMoreShards, false);
  });
  suite.case('a stream in CREATING', async ({ lab, call }) => {
    const name = await lab.enterCreating();
    empty(await call({ StreamName: name }));
    await lab.gone(name);
  });
  leftovers(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function leftovers(suite) {
  suite.case('the name can be used again, for an empty stream', async ({ lab, call }) => {
    const { name } = await lab.stream();
    await lab.out('PutRecord', { StreamName: name, Data: Buffer.from('old'), PartitionKey: 'a' });
    empty(await call({ StreamName: name }));
    await lab.gone(name);
    const stream = await lab.stream({ StreamName: name, ShardCount: 1 });
    const out = await lab.out('GetRecords', { ShardIterator: await lab.iterator(stream) });
    equal(out.Records, []);
  });
  suite.case('tags go with it', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1, Tags: { a: 'b' } });
    empty(await call({ StreamName: name }));
    await lab.gone(name);
    await lab.stream({ StreamName: name, ShardCount: 1 });
    equal((await lab.out('ListTagsForStream', { StreamName: name })).Tags, []);
  });
  for (const more of [{}, { EnforceConsumerDeletion: false }]) {
    suite.both(`with a consumer ${JSON.stringify(more)}`, async ({ lab, call }) => {
      const { name } = await watched(lab);
      fails(
        await call({ StreamName: name, ...more }),
        'ResourceInUseException',
        `DeleteStream can’t delete ${lab.account}:${name} because there are consumers ` +
          `associated with this data stream. To delete ${name} anyway, set the ` +
          `EnforceConsumerDeletion parameter to true to force the deletion of all the consumers ` +
          `that are associated with it.`,
      );
    });
  }
  suite.case('EnforceConsumerDeletion', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    const { ConsumerARN } = await lab.consumer(arn, 'watcher');
    empty(await call({ StreamName: name, EnforceConsumerDeletion: true }));
    await lab.gone(name);
    const after = await lab.call('DescribeStreamConsumer', { ConsumerARN });
    fails(after, 'ResourceNotFoundException');
  });
}
