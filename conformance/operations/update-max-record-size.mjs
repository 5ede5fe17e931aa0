// @ts-check
import { NOTHING, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { bytesOf, empty, equal, fails, ok } from '../kit/expect.mjs';

export const name = 'UpdateMaxRecordSize';
const KIB = 1024;

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamARN: lab.arn(NOTHING), MaxRecordSizeInKiB: 1024 }));
  selectsStream(suite, { MaxRecordSizeInKiB: 2048 }, { byName: false });
  suite.refuses('no StreamARN', () => ({ MaxRecordSizeInKiB: 2048 }), [
    ...['InvalidArgumentException', 'ValidationException'],
  ]);
  refusesWhileCreating(suite, ({ arn }) => ({ StreamARN: arn, MaxRecordSizeInKiB: 2048 }));
  suite.both('it can be seen', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamARN: arn, MaxRecordSizeInKiB: 1500 }));
    await lab.active(name);
    equal((await lab.summary(name)).MaxRecordSizeInKiB, 1500);
  });
  suite.both('larger records are taken, to the byte', async ({ lab, call }) => {
    const stream = await lab.stream();
    const put = (/** @type {number} */ length) => ({
      ...{ StreamName: stream.name, Data: Buffer.alloc(length, 5), PartitionKey: 'k' },
    });
    empty(await call({ StreamARN: stream.arn, MaxRecordSizeInKiB: 2048 }));
    await lab.active(stream.name);
    fails(await lab.call('PutRecord', put(2048 * KIB)), [
      ...['ValidationException', 'InvalidArgumentException'],
    ]);
    ok(await lab.call('PutRecord', put(2048 * KIB - 1)));
    const [record] = await lab.read(await lab.iterator(stream), 1);
    equal(bytesOf(record.Data).length, 2048 * KIB - 1);
  });
  suite.case('down again, and what is stored stays', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1, MaxRecordSizeInKiB: 2048 });
    const put = { StreamName: stream.name, Data: Buffer.alloc(1500 * KIB, 5), PartitionKey: 'k' };
    ok(await lab.call('PutRecord', put));
    empty(await call({ StreamARN: stream.arn, MaxRecordSizeInKiB: 1024 }));
    await lab.active(stream.name);
    fails(await lab.call('PutRecord', put), ['ValidationException', 'InvalidArgumentException']);
    equal((await lab.read(await lab.iterator(stream), 1)).length, 1);
  });
}
