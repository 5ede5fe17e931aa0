/** The real client against a small S3 over HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BucketObject } from './bucket.ts';
import { BucketError } from './bucket.ts';
import { BucketCheck } from './bucket-check.ts';
import { S3Buckets, S3_DEFAULTS } from './s3-buckets.ts';
import { S3StandIn } from './s3-stand-in.suite.ts';
import { ACCOUNT, channelDocument } from './test-world.suite.ts';

const s3 = new S3StandIn();
let endpoint = '';
let buckets: S3Buckets;

function open(): S3Buckets {
  return new S3Buckets({ ...S3_DEFAULTS, endpoint, region: 'eu-west-1' });
}

before(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  endpoint = await s3.listen();
  s3.owners.set('archive', ACCOUNT);
  buckets = open();
});

after(async () => {
  buckets.close();
  await s3.close();
});

function object(key: string, text: string): BucketObject {
  return {
    bucket: { arn: 'arn:aws:s3:::archive', expectedOwner: ACCOUNT },
    key,
    body: Buffer.from(text),
    contentType: 'text/plain',
    storageClass: 'GLACIER_IR',
    kmsKeyId: 'alias/mine',
  };
}

test('an object is put once, with everything that goes with it', async () => {
  assert.equal(await buckets.put(object('a/b=1/c', 'one')), 'stored');
  assert.equal(await buckets.put(object('a/b=1/c', 'one')), 'exists');
  const stored = [...s3.objects].find(([path]) => decodeURIComponent(path) === '/archive/a/b=1/c');
  const { body, headers } = stored![1];
  assert.equal(body.toString(), 'one');
  assert.equal(headers['content-type'], 'text/plain');
  assert.equal(headers['x-amz-storage-class'], 'GLACIER_IR');
  assert.equal(headers['x-amz-expected-bucket-owner'], ACCOUNT);
  assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
  assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'alias/mine');
});

test('an endpoint without conditional writes is asked first', async () => {
  s3.conditional = false;
  const plain = open();
  assert.equal(await plain.put(object('x', 'one')), 'stored');
  assert.equal(await plain.put(object('x', 'two')), 'exists');
  assert.equal(s3.objects.get('/archive/x')?.body.toString(), 'one');
  assert.deepEqual(s3.requests.slice(-4), [
    'PUT /archive/x',
    'HEAD /archive/x',
    'PUT /archive/x',
    'HEAD /archive/x',
  ]);
  s3.conditional = true;
  plain.close();
});

test('an overloaded endpoint is tried again; a missing bucket is said', async () => {
  s3.failing = 2;
  assert.equal(await buckets.put(object('y', 'one')), 'stored');
  s3.failing = 3;
  await assert.rejects(buckets.put(object('z', 'one')), (error) => {
    assert.ok(error instanceof BucketError);
    assert.equal(error.code, 'SlowDown');
    return true;
  });
  const elsewhere = { arn: 'arn:aws:s3:::none', expectedOwner: ACCOUNT };
  await assert.rejects(buckets.put({ ...object('z', 'one'), bucket: elsewhere }), /NoSuchBucket/);
});

test('closing cuts what is on its way', async () => {
  const other = open();
  s3.failing = 1000;
  const put = assert.rejects(other.put(object('w', 'one')), BucketError);
  other.close();
  await put;
  s3.failing = 0;
});

test('a new channel is told what is wrong with its buckets', async () => {
  const check = new BucketCheck({ buckets });
  const channel = channelDocument();
  assert.equal(await check.problem(channel), null);
  const { destination } = channel;
  const missing = { ...destination.deadLetter, arn: 'arn:aws:s3:::none' };
  const lost = { ...channel, destination: { ...destination, deadLetter: missing } };
  assert.match((await check.problem(lost))!, /^Bucket none cannot be used: /);
  const bucket = { ...destination.bucket, expectedOwner: '000000000000' };
  const foreign = { ...channel, destination: { ...destination, bucket } };
  assert.match((await check.problem(foreign))!, /^Bucket archive cannot be used: /);
});
