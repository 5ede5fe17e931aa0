// @ts-check
// AWS CLI version 2, command by command, as a person would type them.
// Expects KINESIS_ENDPOINT and AWS_CLI, the path of the program.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { check, finish, until } from '../cases.mjs';

const STREAM = 'cli-interop';
const SHARD_0 = 'shardId-000000000000';

/**
 * Runs `aws kinesis …` and gives its parsed output, `undefined` if it printed nothing.
 * @param {string[]} args
 * @returns {Promise<any>}
 */
async function kinesis(...args) {
  const { code, stdout, stderr } = await aws(args);
  if (code !== 0) throw new Error(`aws kinesis ${args.join(' ')}: ${stderr}`);
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

/**
 * What a refused command prints on standard error.
 * @param {string[]} args
 */
async function refusal(...args) {
  const { code, stderr } = await aws(args);
  assert.equal(code, 254, 'a service error ends the CLI with 254');
  return stderr.trim();
}

/**
 * @param {string[]} args
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function aws(args) {
  const endpoint = ['--endpoint-url', process.env['KINESIS_ENDPOINT'] ?? ''];
  const all = ['kinesis', ...args, ...endpoint, '--output', 'json', '--no-cli-pager'];
  return new Promise((resolve) => {
    execFile(process.env['AWS_CLI'] ?? 'aws', all, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

/** @param {string[]} args */
async function iterator(...args) {
  const shard = ['--stream-name', STREAM, '--shard-id', SHARD_0, '--shard-iterator-type'];
  return (await kinesis('get-shard-iterator', ...shard, ...args)).ShardIterator;
}

/** @param {string} from */
async function read(from) {
  return kinesis('get-records', '--shard-iterator', from);
}

await check('create-stream and describe until ACTIVE', async () => {
  await kinesis('create-stream', '--stream-name', STREAM, '--shard-count', '1');
  await until(async () => {
    const answer = await kinesis('describe-stream', '--stream-name', STREAM);
    return answer.StreamDescription.StreamStatus === 'ACTIVE';
  }, 'the stream is ACTIVE');
});

await check('describe-stream-summary', async () => {
  const answer = await kinesis('describe-stream-summary', '--stream-name', STREAM);
  const summary = answer.StreamDescriptionSummary;
  assert.equal(summary.OpenShardCount, 1);
  assert.equal(summary.RetentionPeriodHours, 24);
  assert.match(summary.StreamARN, /^arn:aws:kinesis:us-east-1:\d{12}:stream\/cli-interop$/);
  assert.ok(!Number.isNaN(Date.parse(summary.StreamCreationTimestamp)));
});

await check('list-streams and list-shards', async () => {
  assert.ok((await kinesis('list-streams')).StreamNames.includes(STREAM));
  const { Shards } = await kinesis('list-shards', '--stream-name', STREAM);
  assert.deepEqual(
    Shards.map((/** @type {any} */ shard) => shard.ShardId),
    [SHARD_0],
  );
  assert.equal(Shards[0].HashKeyRange.EndingHashKey, (2n ** 128n - 1n).toString());
});

/** @type {string[]} */
const numbers = [];

await check('put-record', async () => {
  const raw = ['--cli-binary-format', 'raw-in-base64-out'];
  const put = ['put-record', '--stream-name', STREAM, '--partition-key', 'p', '--data', 'hello'];
  const answer = await kinesis(...put, ...raw);
  assert.equal(answer.ShardId, SHARD_0);
  numbers.push(answer.SequenceNumber);
});

await check('put-records', async () => {
  const entries = ['Data=d29ybGQ=,PartitionKey=q', 'Data=AAH//g==,PartitionKey=r'];
  const answer = await kinesis('put-records', '--stream-name', STREAM, '--records', ...entries);
  assert.equal(answer.FailedRecordCount, 0);
  numbers.push(...answer.Records.map((/** @type {any} */ record) => record.SequenceNumber));
});

await check('get-records from TRIM_HORIZON', async () => {
  const { Records, NextShardIterator, MillisBehindLatest } = await read(
    await iterator('TRIM_HORIZON'),
  );
  assert.deepEqual(
    Records.map((/** @type {any} */ record) => [record.PartitionKey, record.Data]),
    [
      ['p', 'aGVsbG8='],
      ['q', 'd29ybGQ='],
      ['r', 'AAH//g=='],
    ],
  );
  assert.deepEqual(
    Records.map((/** @type {any} */ record) => record.SequenceNumber),
    numbers,
  );
  assert.equal(MillisBehindLatest, 0);
  assert.deepEqual((await read(NextShardIterator)).Records, []);
});

await check('get-records from every other iterator type', async () => {
  const first = async (/** @type {string[]} */ ...args) =>
    (await read(await iterator(...args))).Records[0]?.SequenceNumber;
  const second = numbers[1] ?? '';
  assert.equal(await first('AT_SEQUENCE_NUMBER', '--starting-sequence-number', second), second);
  assert.equal(
    await first('AFTER_SEQUENCE_NUMBER', '--starting-sequence-number', second),
    numbers[2],
  );
  assert.equal(await first('AT_TIMESTAMP', '--timestamp', '2001-01-01T00:00:00Z'), numbers[0]);
  assert.equal(await first('LATEST'), undefined);
});

await check('errors read as they do on AWS', async () => {
  assert.match(
    await refusal('describe-stream', '--stream-name', 'nope'),
    new RegExp(
      '^An error occurred \\(ResourceNotFoundException\\) when calling the DescribeStream ' +
        'operation: Stream nope under account \\d{12} not found\\.$',
    ),
  );
  assert.match(
    await refusal('create-stream', '--stream-name', STREAM, '--shard-count', '1'),
    /^An error occurred \(ResourceInUseException\) .* already exists\.$/,
  );
  assert.match(
    await refusal('get-records', '--shard-iterator', 'AAAAAAAAAAF'.padEnd(216, 'A')),
    /^An error occurred \(InvalidArgumentException\) .*: Invalid ShardIterator\.$/,
  );
});

await check('delete-stream', async () => {
  await kinesis('delete-stream', '--stream-name', STREAM);
  await until(async () => {
    return !(await kinesis('list-streams')).StreamNames.includes(STREAM);
  }, 'the stream is gone');
});

finish();
