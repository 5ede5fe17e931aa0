// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { bytesOf, empty, equal, fails, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'StartStreamEncryption';
const KeyId = 'alias/aws/kinesis';
const REST = { EncryptionType: 'KMS', KeyId };
const encrypted = once(async (lab) => {
  const stream = await lab.stream();
  empty(await lab.call(name, { StreamName: stream.name, ...REST }));
  await lab.active(stream.name);
  return stream;
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }));
  suite.both('it can be seen', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamARN: arn, ...REST }));
    await lab.active(name);
    const summary = await lab.summary(name);
    equal([summary.EncryptionType, summary.KeyId], ['KMS', KeyId]);
    const { StreamDescription } = await lab.out('DescribeStream', { StreamName: name });
    equal([StreamDescription.EncryptionType, StreamDescription.KeyId], ['KMS', KeyId]);
  });
  suite.both('puts say so', async ({ lab, protocol }) => {
    const { name } = await encrypted(lab);
    const record = { Data: Buffer.from('secret'), PartitionKey: 'a' };
    const put = await lab.out('PutRecord', { StreamName: name, ...record }, protocol);
    equal(put.EncryptionType, 'KMS', 'PutRecord');
    const puts = await lab.out('PutRecords', { StreamName: name, Records: [record] }, protocol);
    equal(puts.EncryptionType, 'KMS', 'PutRecords');
  });
  suite.both('records before and after come back exactly', async ({ lab, call, protocol }) => {
    const stream = await lab.stream();
    const put = (/** @type {string} */ text) =>
      lab.out('PutRecord', { StreamName: stream.name, Data: Buffer.from(text), PartitionKey: 'a' });
    await put('before');
    empty(await call({ StreamName: stream.name, ...REST }));
    await lab.active(stream.name);
    await put('after');
    const records = await lab.read(await lab.iterator(stream), 2, protocol);
    equal(
      records.map((one) => bytesOf(one.Data).toString()),
      ['before', 'after'],
    );
    equal(
      records.map((one) => one.EncryptionType ?? null),
      [null, 'KMS'],
    );
  });
  suite.case('UPDATING for a while', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream();
      empty(await call({ StreamName: name, ...REST }));
      return name;
    };
    await lab.during('UPDATING', enter, async (name) => {
      fails(await call({ StreamName: name, ...REST }), 'ResourceInUseException');
    });
  });
  suite.case('once more with the same key', async ({ lab, call }) => {
    const { name } = await encrypted(lab);
    ok(await call({ StreamName: name, ...REST }));
    await lab.active(name);
  });
  keys(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function keys(suite) {
  suite.both('EncryptionType NONE', async ({ lab, call }) => {
    const { name } = await encrypted(lab);
    fails(await call({ StreamName: name, EncryptionType: 'NONE', KeyId }), [
      ...['InvalidArgumentException', 'ValidationException'],
    ]);
  });
  const missing = '11112222-3333-4444-5555-666677778888';
  for (const key of [
    missing,
    `arn:aws:kms:{region}:{account}:key/${missing}`,
    'alias/of-nothing',
  ]) {
    suite.case(`key ${key} that does not exist`, async ({ lab, call }) => {
      const { name } = await lab.stream();
      const given = key.replace('{region}', lab.region).replace('{account}', lab.account);
      const answer = await call({ StreamName: name, EncryptionType: 'KMS', KeyId: given });
      fails(answer, ['KMSNotFoundException', 'KMSAccessDeniedException', 'AccessDeniedException']);
      equal((await lab.summary(name)).EncryptionType, 'NONE', 'EncryptionType afterwards');
    });
  }
}
