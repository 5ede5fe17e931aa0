// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { bytesOf, empty, equal, fails, must } from '../kit/expect.mjs';

export const name = 'StopStreamEncryption';
const REST = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' };

/** @param {import('../kit/lab.mjs').Lab} lab */
async function encrypted(lab) {
  const stream = await lab.stream();
  await lab.out('StartStreamEncryption', { StreamName: stream.name, ...REST });
  await lab.active(stream.name);
  return stream;
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }));
  suite.both('it can be seen', async ({ lab, call }) => {
    const { name, arn } = await encrypted(lab);
    empty(await call({ StreamARN: arn, ...REST }));
    await lab.active(name);
    const summary = await lab.summary(name);
    equal([summary.EncryptionType, summary.KeyId ?? null], ['NONE', null]);
  });
  suite.both('what was encrypted is read on', async ({ lab, call, protocol }) => {
    const stream = await encrypted(lab);
    const put = (/** @type {string} */ text) =>
      lab.out('PutRecord', { StreamName: stream.name, Data: Buffer.from(text), PartitionKey: 'a' });
    equal((await put('secret')).EncryptionType, 'KMS');
    empty(await call({ StreamName: stream.name, ...REST }));
    await lab.active(stream.name);
    equal((await put('open')).EncryptionType ?? null, null);
    const records = await lab.read(await lab.iterator(stream), 2, protocol);
    equal(
      records.map((one) => bytesOf(one.Data).toString()),
      ['secret', 'open'],
    );
    equal(
      records.map((one) => one.EncryptionType ?? null),
      ['KMS', null],
    );
  });
  suite.case('UPDATING for a while', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await encrypted(lab);
      empty(await call({ StreamName: name, ...REST }));
      return name;
    };
    const summary = await lab.during('UPDATING', enter, (name) => lab.summary(name));
    must(summary.StreamStatus === 'UPDATING', summary.StreamStatus);
  });
  suite.both('EncryptionType NONE', async ({ lab, call }) => {
    const { name } = await encrypted(lab);
    fails(await call({ StreamName: name, ...REST, EncryptionType: 'NONE' }), [
      ...['InvalidArgumentException', 'ValidationException'],
    ]);
  });
}
