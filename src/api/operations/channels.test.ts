import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const role = `arn:aws:iam::${ACCOUNT}:role/delivery`;
const bucket = { BucketARN: 'arn:aws:s3:::archive', ExpectedBucketOwner: ACCOUNT };
const storage = { ...bucket, CompressionType: 'GZIP' };
const streamArn = (name: string): string => `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/${name}`;

function request(name: string, stream: string): Record<string, unknown> {
  return {
    ChannelName: name,
    ServiceExecutionRoleARN: role,
    StreamConfigurationList: [
      { StreamARN: streamArn(stream), RecordConfiguration: { RecordFormatType: 'JSON' } },
    ],
    S3DestinationConfiguration: { StorageConfiguration: storage },
  };
}

async function created(world: TestWorld, name: string): Promise<Record<string, unknown>> {
  await world.stream(name);
  const answer = await world.call('CreateChannel', request(`channel-${name}`, name));
  return answer['ChannelDescription'] as Record<string, unknown>;
}

test('creation answers with the whole channel, defaults filled in', async () => {
  const world = new TestWorld();
  const seconds = Math.floor(world.nowMs / 1000);
  const description = await created(world, 's');
  assert.deepEqual(description, {
    ChannelName: 'channel-s',
    ChannelARN: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:channel/c1`,
    ChannelId: 'c1',
    ChannelStatus: 'CREATING',
    ChannelCreationTimestamp: seconds,
    ServiceExecutionRoleARN: role,
    StreamConfigurationList: [
      {
        StreamARN: streamArn('s'),
        StreamCreationTimestamp: seconds,
        RecordConfiguration: { RecordFormatType: 'JSON' },
      },
    ],
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: 300,
      DeadLetterQueueS3Configuration: { ...bucket, ErrorOutputPrefix: 'errors/' },
      StorageConfiguration: storage,
    },
    LoggingConfiguration: {
      CloudWatchLogs: {
        Enabled: true,
        LogGroupName: 'default-group',
        LogStreamName: 'default-stream',
      },
    },
  });
  assert.deepEqual(
    world.accesses.slice(-3).map(({ action, target }) => [action, target?.arn]),
    [
      ['kinesis:CreateChannel', undefined],
      ['kinesis:AssociateStreamsWithChannel', streamArn('s')],
      ['iam:PassRole', role],
    ],
  );
  const { ChannelARN } = description;
  const described = await world.call('DescribeChannel', { ChannelARN });
  assert.deepEqual(described['ChannelDescription'], description);
  assert.deepEqual(world.accesses.at(-1), {
    action: 'kinesis:DescribeChannel',
    target: { arn: ChannelARN, account: ACCOUNT },
  });
});

test('everything that may be given is kept', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const dead = { BucketARN: 'arn:aws:s3:::dead', ExpectedBucketOwner: '210987654321' };
  const answer = await world.call('CreateChannel', {
    ...request('c', 's'),
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: 900,
      DeadLetterQueueS3Configuration: { ...dead, ErrorOutputPrefix: 'bad/' },
      StorageConfiguration: {
        ...storage,
        OutputKeyTemplate: 'x/year={year}/{shardId}',
        StorageClass: 'GLACIER_IR',
      },
    },
    EncryptionConfiguration: { EncryptionType: 'KMS', KeyId: 'alias/mine' },
    LoggingConfiguration: { CloudWatchLogs: { Enabled: false, LogGroupName: 'g' } },
    Tags: { a: 'b' },
  });
  const description = answer['ChannelDescription'] as Record<string, unknown>;
  assert.deepEqual(description['S3DestinationConfiguration'], {
    DataFreshnessInSeconds: 900,
    DeadLetterQueueS3Configuration: { ...dead, ErrorOutputPrefix: 'bad/' },
    StorageConfiguration: {
      ...storage,
      OutputKeyTemplate: 'x/year={year}/{shardId}',
      StorageClass: 'GLACIER_IR',
    },
  });
  assert.deepEqual(description['EncryptionConfiguration'], {
    EncryptionType: 'KMS',
    KeyId: 'alias/mine',
  });
  assert.deepEqual({ ...world.control.delivering[0]?.tags }, { a: 'b' });
  assert.equal(world.control.delivering[0]?.logging.enabled, false);
});

test('what cannot be created', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const good = request('c', 's');
  const tables = {
    DeadLetterQueueS3Configuration: bucket,
    S3TablesConfigurationList: [
      {
        TableBucketARN: `arn:aws:s3tables:eu-west-1:${ACCOUNT}:bucket/tables`,
        Namespace: 'n',
        TableName: 't',
        CompressionType: 'ZSTD',
      },
    ],
  };
  const stream = { StreamARN: streamArn('s'), RecordConfiguration: { RecordFormatType: 'JSON' } };
  const schema = `arn:aws:glue:eu-west-1:${ACCOUNT}:schema/r/s`;
  const record = (more: object): object => ({
    StreamConfigurationList: [{ ...stream, RecordConfiguration: more }],
  });
  const template = (OutputKeyTemplate: string): object => ({
    S3DestinationConfiguration: { StorageConfiguration: { ...storage, OutputKeyTemplate } },
  });
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ StreamConfigurationList: [stream, stream] }, /exactly one stream/],
    [{ S3TablesDestinationConfiguration: tables }, /^Exactly one of/],
    [{ S3DestinationConfiguration: undefined }, /^Exactly one of/],
    [
      { S3DestinationConfiguration: undefined, S3TablesDestinationConfiguration: tables },
      /^Only S3 destinations are supported/,
    ],
    [record({ RecordFormatType: 'GSR_JSON' }), /GSR_JSON is not supported/],
    [record({ RecordFormatType: 'JSON', GSRSchemaARN: schema }), /GSRSchemaARN/],
    [
      {
        S3DestinationConfiguration: { DataFreshnessInSeconds: 299, StorageConfiguration: storage },
      },
      /between 300 and 900/,
    ],
    [template('{nothing}/'), /\{nothing\} is not one of/],
    [template('a}b'), /brace/],
    [template('x'.repeat(1000)), /longer than 1024 bytes/],
    [{ Tags: { '*': '' } }, /invalid characters/],
  ];
  for (const [change, text] of cases) {
    const failure = await world.failure('CreateChannel', { ...good, ...change });
    assert.equal(failure.__type, 'InvalidArgumentException', String(text));
    assert.match(failure.message!, text);
  }
  assert.deepEqual(world.control.delivering, []);
});

test('freshness and logging can be changed, nothing else', async () => {
  const world = new TestWorld();
  const { ChannelARN } = await created(world, 's');
  const answer = await world.call('UpdateChannel', {
    ChannelARN,
    S3DestinationConfiguration: { DataFreshnessInSeconds: 600 },
    LoggingConfiguration: { CloudWatchLogs: { Enabled: false } },
  });
  const { ChannelStatus } = answer['ChannelDescription'] as { ChannelStatus: string };
  assert.equal(ChannelStatus, 'UPDATING');
  const logging = { enabled: false, group: null, stream: null };
  const update = { freshnessSeconds: 600, logging };
  assert.deepEqual(world.control.commands.at(-1), ['updateChannel', 'c1', update]);
  for (const input of [
    {},
    { S3TablesDestinationConfiguration: { DataFreshnessInSeconds: 600 } },
    { S3DestinationConfiguration: { DataFreshnessInSeconds: 901 } },
  ]) {
    const failure = await world.failure('UpdateChannel', { ChannelARN, ...input });
    assert.equal(failure.__type, 'InvalidArgumentException');
  }
});

test('channels that are not there, and one that goes', async () => {
  const world = new TestWorld();
  const { ChannelARN } = await created(world, 's');
  const missing = `${String(ChannelARN)}9`;
  const s3 = { S3DestinationConfiguration: { DataFreshnessInSeconds: 600 } };
  for (const name of ['DescribeChannel', 'DeleteChannel', 'UpdateChannel']) {
    const input = { ChannelARN: missing, ...(name === 'UpdateChannel' ? s3 : {}) };
    const text = `Channel ${missing} not found.`;
    await world.refuses(name, input, 'ResourceNotFoundException', text);
  }
  assert.deepEqual(await world.call('DeleteChannel', { ChannelARN }), {});
  const described = await world.call('DescribeChannel', { ChannelARN });
  const description = described['ChannelDescription'] as Record<string, unknown>;
  assert.equal(description['ChannelStatus'], 'DELETING');
});

test('lists in pages, filtered by stream', async () => {
  const world = new TestWorld();
  for (const name of ['s', 't', 'u']) await created(world, name);
  const first = await world.call('ListChannels', { MaxResults: 2 });
  const summaries = first['ChannelSummaries'] as Record<string, unknown>[];
  const seconds = Math.floor(world.nowMs / 1000);
  assert.equal(summaries.length, 2);
  assert.deepEqual(summaries[0], {
    ChannelName: 'channel-s',
    ChannelARN: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:channel/c1`,
    ChannelId: 'c1',
    ChannelStatus: 'CREATING',
    ChannelCreationTimestamp: seconds,
    ChannelDestinationType: 'S3',
    Streams: [{ StreamARN: streamArn('s'), StreamCreationTimestamp: seconds }],
  });
  const { NextToken } = first;
  const second = await world.call('ListChannels', { NextToken });
  assert.equal((second['ChannelSummaries'] as unknown[]).length, 1);
  assert.equal(second['NextToken'], undefined);

  const StreamFilter = [{ StreamARN: streamArn('t') }];
  const filtered = await world.call('ListChannels', { StreamFilter });
  const found = filtered['ChannelSummaries'] as Record<string, unknown>[];
  assert.deepEqual(
    found.map((summary) => summary['ChannelName']),
    ['channel-t'],
  );

  const both = await world.failure('ListChannels', { NextToken, StreamFilter });
  assert.equal(both.__type, 'InvalidArgumentException');
  world.nowMs += 300_001;
  const late = await world.failure('ListChannels', { NextToken });
  assert.equal(late.__type, 'ExpiredNextTokenException');
});

test('tags by ARN, and counts in summaries and limits', async () => {
  const world = new TestWorld();
  const { ChannelARN: ResourceARN } = await created(world, 's');
  await world.call('TagResource', { ResourceARN, Tags: { b: '', a: '1' } });
  await world.call('UntagResource', { ResourceARN, TagKeys: ['b'] });
  const { Tags } = await world.call('ListTagsForResource', { ResourceARN });
  assert.deepEqual(Tags, [{ Key: 'a', Value: '1' }]);
  const policy = await world.failure('GetResourcePolicy', { ResourceARN });
  assert.equal(policy.__type, 'ResourceNotFoundException');

  const answer = await world.call('DescribeStreamSummary', { StreamName: 's' });
  const summary = answer['StreamDescriptionSummary'] as Record<string, unknown>;
  assert.equal(summary['ChannelCount'], 1);
  assert.equal((await world.call('DescribeLimits', {}))['ChannelCount'], 1);
});
