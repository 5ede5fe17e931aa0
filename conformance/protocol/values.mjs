// @ts-check
// How values are written in JSON and in CBOR, in both directions, to the byte.
import { Instant, decodeCbor, encodeCbor } from '../kit/cbor.mjs';
import { CBOR_TYPE, JSON_TYPE, TARGET_PREFIX, apiAnswer } from '../kit/client.mjs';
import { SHARD_0 } from '../kit/common.mjs';
import { bytesOf, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = '(values)';
const stream = once((lab) => lab.stream());

/**
 * @param {import('../kit/lab.mjs').Lab} lab
 * @param {string} operation
 * @param {string | Buffer} body
 */
async function send(lab, operation, body) {
  const type = typeof body === 'string' ? JSON_TYPE : CBOR_TYPE;
  const headers = { 'Content-Type': type, 'X-Amz-Target': TARGET_PREFIX + operation };
  return apiAnswer(await lab.client.raw({ headers, body }));
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  json(suite);
  cbor(suite);
  numbers(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function json(suite) {
  const put = (/** @type {string} */ name, /** @type {string} */ more) =>
    `{"StreamName":"${name}","Data":"aGk=","PartitionKey":"p"${more}}`;
  const accepted = {
    'null is absent': ',"ExplicitHashKey":null',
    'unknown members are ignored': ',"Unknown":{"a":[1,{"b":null}]},"x":1.5e300',
    'white space': ' \n\t\r',
    'escapes in names': ',"Expl\\u0069citHashKey":"5"',
    'a member given twice': ',"PartitionKey":"q"',
  };
  for (const [title, more] of Object.entries(accepted)) {
    suite.case(`JSON: ${title}`, async ({ lab }) => {
      ok(await send(lab, 'PutRecord', put((await stream(lab)).name, more)));
    });
  }
  suite.case('JSON: names of members are exact', async ({ lab }) => {
    const body = put((await stream(lab)).name, '').replace('"Data"', '"data"');
    fails(await send(lab, 'PutRecord', body), 'ValidationException', /'data'.*not be null/);
  });
  suite.case('JSON: null for what is required', async ({ lab }) => {
    const body = put((await stream(lab)).name, '').replace('"aGk="', 'null');
    fails(await send(lab, 'PutRecord', body), 'ValidationException', /Value null at 'data'/);
  });
  suite.case('JSON: times are seconds with up to milliseconds', async ({ lab }) => {
    const { name, arn } = await lab.stream();
    ok(await send(lab, 'PutRecord', put(name, '')));
    const [record] = await lab.read(await lab.iterator({ name, arn }), 1);
    const time = record.ApproximateArrivalTimestamp;
    must(Math.abs(time - Date.now() / 1000) < 60, `arrived at ${time}`);
    equal(Math.round(time * 1000) / 1000, time, 'milliseconds');
  });
  suite.case('JSON: characters outside of ASCII come back', async ({ lab }) => {
    const created = await lab.stream();
    const PartitionKey = '\u2028 "\\/\u0001 𝄞';
    const input = { StreamName: created.name, Data: Buffer.alloc(0), PartitionKey };
    await lab.out('PutRecord', input);
    const [record] = await lab.read(await lab.iterator(created), 1);
    equal(record.PartitionKey, PartitionKey);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function cbor(suite) {
  suite.case('CBOR: the encoding of a time', async () => {
    const expected = 'a16954696d657374616d70c11b00000153e2db26d0';
    equal(encodeCbor({ Timestamp: new Instant(1_459_799_926_480) }).toString('hex'), expected);
    const { Timestamp } = decodeCbor(Buffer.from(expected, 'hex'));
    equal(Timestamp.ms, 1_459_799_926_480);
  });
  suite.case('CBOR: a map of indefinite length, to the byte', async ({ lab }) => {
    const { name } = await stream(lab);
    const input = { Data: Buffer.from('hi'), PartitionKey: 'p', StreamName: name };
    const body = encodeCbor(input, { indefinite: true });
    must(body.toString('hex').startsWith('bf64446174614268696c50617274'), 'another encoding');
    ok(await send(lab, 'PutRecord', body));
  });
  suite.case('CBOR: lists of indefinite length', async ({ lab }) => {
    const { name } = await stream(lab);
    const Records = [0, 1, 2].map((i) => ({ Data: Buffer.of(i), PartitionKey: String(i) }));
    const body = encodeCbor({ StreamName: name, Records }, { indefinite: true });
    equal(ok(await send(lab, 'PutRecords', body)).Records.length, 3);
  });
  suite.case('CBOR: texts and bytes in pieces', async ({ lab }) => {
    const created = await lab.stream();
    const pieces = Buffer.from('7f6161 6162ff'.replace(' ', ''), 'hex');
    const data = Buffer.from('5f41014202 03ff'.replace(' ', ''), 'hex');
    const text = (/** @type {string} */ value) => encodeCbor(value);
    const body = Buffer.concat([
      ...[Buffer.of(0xa3), text('StreamName'), text(created.name)],
      ...[text('PartitionKey'), pieces, text('Data'), data],
    ]);
    ok(await send(lab, 'PutRecord', body));
    const [record] = await lab.read(await lab.iterator(created), 1);
    equal([record.PartitionKey, bytesOf(record.Data)], ['ab', Buffer.of(1, 2, 3)]);
  });
  suite.case('CBOR: blobs are bytes and times tagged milliseconds', async ({ lab }) => {
    const created = await lab.stream();
    const input = { StreamName: created.name, Data: Buffer.from('hi'), PartitionKey: 'p' };
    await lab.out('PutRecord', input);
    const [record] = await lab.read(await lab.iterator(created), 1, 'cbor');
    must(record.Data instanceof Uint8Array, 'Data is no byte string');
    must(record.ApproximateArrivalTimestamp instanceof Instant, 'no tagged integer');
    must(Math.abs(record.ApproximateArrivalTimestamp.ms - Date.now()) < 60_000, 'no milliseconds');
  });
  suite.case('CBOR: a time in a request is milliseconds', async ({ lab }) => {
    const { name } = await stream(lab);
    const ms = Date.now() + 3_600_000;
    const input = { StreamName: name, ShardId: SHARD_0, ShardIteratorType: 'AT_TIMESTAMP' };
    const body = encodeCbor({ ...input, Timestamp: new Instant(ms) });
    const answer = await send(lab, 'GetShardIterator', body);
    fails(answer, 'InvalidArgumentException', new RegExp(`timestampInMillis: ${ms}, `));
  });
  suite.case('CBOR: null is absent, unknown members are ignored', async ({ lab }) => {
    const { name } = await stream(lab);
    const input = { StreamName: name, Data: Buffer.of(1), PartitionKey: 'p' };
    const body = encodeCbor({ ...input, ExplicitHashKey: null, Unknown: { a: [1, 2.5, true] } });
    ok(await send(lab, 'PutRecord', body));
  });
  suite.case('CBOR: an error has __type and message', async ({ lab }) => {
    const answer = await send(lab, 'DescribeStream', encodeCbor({ StreamName: 'of-nothing' }));
    equal(Object.keys(answer.out).sort(), ['__type', 'message']);
    equal(answer.type, 'ResourceNotFoundException');
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function numbers(suite) {
  suite.case('a fraction is cut off', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 3 });
    const body = `{"StreamName":"${name}","MaxResults":2.9}`;
    equal(ok(await send(lab, 'ListShards', body)).Shards.length, 2);
  });
  suite.case('a number with an exponent', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 3 });
    const body = `{"StreamName":"${name}","MaxResults":0.2e1}`;
    equal(ok(await send(lab, 'ListShards', body)).Shards.length, 2);
  });
  for (const [given, printed] of [
    ['2147483648', '2147483647'],
    ['1e300', '2147483647'],
  ]) {
    suite.case(`${given} is as far as an Integer goes`, async ({ lab }) => {
      const answer = await send(lab, 'ListShards', `{"StreamName":"a","MaxResults":${given}}`);
      fails(
        answer,
        'ValidationException',
        new RegExp(`(Value '${printed}'|Value) at 'maxResults'`),
      );
    });
  }
  for (const [text, value] of [
    ['true', true],
    ['FALSE', false],
    ['yes', true],
    ['no', false],
    ['1', true],
    ['0', false],
  ]) {
    suite.case(`the text ${text} is a boolean`, async ({ lab }) => {
      const { name } = await stream(lab);
      const members = '"Data":"aGk=","PartitionKey":"p"';
      const body = `{"StreamName":"${name}",${members},"DryRun":"${text}"}`;
      const answer = await send(lab, 'PutRecord', body);
      if (value) fails(answer, 'DryRunOperationException');
      else ok(answer);
    });
  }
}
