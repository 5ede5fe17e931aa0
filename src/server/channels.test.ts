/** Channels of a whole server: it asks the real client, which asks an S3 over HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import aws4 from 'aws4';
import { S3StandIn } from '../channels/s3-stand-in.suite.ts';
import { startServer } from './index.ts';
import type { TailraceServer } from './index.ts';

const ACCOUNT = '123456789012';
const s3 = new S3StandIn();
let server: TailraceServer;

before(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  s3.owners.set('archive', ACCOUNT);
  server = await startServer({ s3Endpoint: await s3.listen(), adminPort: 0, limits: 'off' });
});

after(async () => {
  await server.close();
  await s3.close();
});

async function call(operation: string, input: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify(input);
  const contentType = 'application/x-amz-json-1.1';
  const target = `Kinesis_20131202.${operation}`;
  const host = new URL(server.endpoint).host;
  const headers = { 'Content-Type': contentType, 'X-Amz-Target': target };
  const signed = aws4.sign(
    { service: 'kinesis', region: 'us-east-1', method: 'POST', path: '/', host, headers, body },
    { accessKeyId: ACCOUNT, secretAccessKey: 'secret' },
  );
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: signed.headers as Record<string, string>,
    body,
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

interface Description {
  readonly ChannelARN: string;
  readonly ChannelStatus: string;
  readonly ChannelStatusReason?: string;
}

/** A channel of a new stream to `bucket`, once it has left CREATING. */
async function settledChannel(name: string, bucket: string): Promise<Description> {
  await call('CreateStream', { StreamName: name, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  const StreamARN = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`;
  for (;;) {
    const answer = await call('DescribeStreamSummary', { StreamName: name });
    const summary = answer['StreamDescriptionSummary'] as { StreamStatus: string };
    if (summary.StreamStatus === 'ACTIVE') break;
  }
  const created = await call('CreateChannel', {
    ChannelName: name,
    ServiceExecutionRoleARN: `arn:aws:iam::${ACCOUNT}:role/r`,
    StreamConfigurationList: [{ StreamARN, RecordConfiguration: { RecordFormatType: 'STRING' } }],
    S3DestinationConfiguration: {
      StorageConfiguration: {
        BucketARN: `arn:aws:s3:::${bucket}`,
        ExpectedBucketOwner: ACCOUNT,
        CompressionType: 'ZSTD',
      },
    },
  });
  const { ChannelARN } = created['ChannelDescription'] as Description;
  for (;;) {
    const answer = await call('DescribeChannel', { ChannelARN });
    const description = answer['ChannelDescription'] as Description;
    if (description.ChannelStatus !== 'CREATING') return description;
  }
}

test('a channel is ACTIVE when its bucket answers, else FAILED with the reason', async () => {
  const good = await settledChannel('good', 'archive');
  assert.equal(good.ChannelStatus, 'ACTIVE', good.ChannelStatusReason);
  const bad = await settledChannel('bad', 'missing');
  assert.equal(bad.ChannelStatus, 'FAILED');
  assert.match(bad.ChannelStatusReason!, /^Bucket missing cannot be used: NotFound: .*404/);
  assert.deepEqual(s3.requests, ['HEAD /archive/', 'HEAD /missing/']);
  const response = await fetch(`http://127.0.0.1:${server.adminPort}/metrics`);
  assert.match(await response.text(), /^tailrace_channel_failing_shards 0$/m);
});
