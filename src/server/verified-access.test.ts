import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import aws4 from 'aws4';
import { CredentialAdmin } from '../auth/credential-admin.ts';
import type { NewKey, NewSession } from '../auth/credential-admin.ts';
import { ways } from '../frontend/test-clients.suite.ts';
import type { Ask } from '../frontend/test-clients.suite.ts';
import { Keyring } from '../keys/keyring.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { startServer } from './index.ts';
import type { TailraceServer } from './index.ts';
import { credentialsPath } from './verified-access.ts';

const owner = '111111111111';
const guest = '222222222222';
const region = 'us-east-1';
const streamArn = `arn:aws:kinesis:${region}:${owner}:stream/orders`;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('a server with --auth verify', () => {
  let directory: string;
  let server: TailraceServer;
  let admin: CredentialAdmin;
  let root: NewKey;
  let reader: NewKey;
  let stranger: NewKey;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tailrace-verify-'));
    admin = await openAdmin(directory);
    root = await admin.createKey(owner, 'root');
    reader = await admin.createKey(owner, 'reader');
    stranger = await admin.createKey(guest, 'stranger');
    const read = { Effect: 'Allow', Action: ['kinesis:Get*', 'kinesis:Describe*'], Resource: '*' };
    const document = { Version: '2012-10-17', Statement: read };
    await admin.putPolicy(owner, 'reader', { name: 'read', document });
    await admin.putPolicy(guest, 'stranger', { name: 'read', document });
    server = await startServer({
      dataDir: directory,
      auth: 'verify',
      tls: 'auto',
      transitionMs: 0,
    });
    await call(root, 'CreateStream', { StreamName: 'orders', ShardCount: 1 });
  });
  after(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  async function call(
    key: NewKey & Partial<NewSession>,
    operation: string,
    input: object,
    ask: Ask = ways['HTTP/1.1'] as Ask,
  ): Promise<Answer> {
    const body = JSON.stringify(input);
    const authority = `127.0.0.1:${server.port}`;
    const isHttp2 = ask === ways['h2c'] || ask === ways['TLS h2'];
    const signed = aws4.sign(
      {
        host: authority,
        service: 'kinesis',
        region,
        method: 'POST',
        path: '/',
        body,
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `Kinesis_20131202.${operation}`,
          ...(isHttp2 && { ':authority': authority }),
        },
      },
      {
        accessKeyId: key.accessKeyId,
        secretAccessKey: key.secretAccessKey,
        ...(key.sessionToken !== undefined && { sessionToken: key.sessionToken }),
      },
    );
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(signed.headers ?? {})) {
      if (!isHttp2 || name.toLowerCase() !== 'host') headers[name.toLowerCase()] = String(value);
    }
    const answer = await ask(server.port, { headers, body });
    const text = answer.body.toString();
    return {
      status: answer.status,
      body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    };
  }

  for (const [way, ask] of Object.entries(ways)) {
    it(`takes a genuine signature over ${way} and refuses a forged one`, async () => {
      const input = { StreamName: 'orders', PartitionKey: 'p', Data: 'aGk=' };
      const good = await call(root, 'PutRecord', input, ask);
      assert.equal(good.status, 200);
      assert.equal(good.body['ShardId'], 'shardId-000000000000');
      const forged = { ...root, secretAccessKey: 'guess' };
      const bad = await call(forged, 'PutRecord', input, ask);
      assert.equal(bad.status, 400);
      assert.equal(bad.body['__type'], 'InvalidSignatureException');
    });
  }

  it('lets policies decide', async () => {
    const described = await call(reader, 'DescribeStream', { StreamName: 'orders' });
    assert.equal(described.status, 200);
    const put = { StreamName: 'orders', PartitionKey: 'p', Data: 'aGk=' };
    const refused = await call(reader, 'PutRecord', put);
    assert.deepEqual(refused, {
      status: 400,
      body: {
        __type: 'AccessDeniedException',
        message:
          `User: arn:aws:iam::${owner}:user/reader is not authorized to perform: ` +
          `kinesis:PutRecord on resource: ${streamArn} because no identity-based policy allows ` +
          'the kinesis:PutRecord action',
      },
    });
  });

  it('lets another account in only by the policy of the stream, and at once', async () => {
    const input = { StreamARN: streamArn };
    const before = await call(stranger, 'DescribeStreamSummary', input);
    assert.equal(before.body['__type'], 'AccessDeniedException');
    assert.match(String(before.body['message']), /because no resource-based policy allows/);
    const policy = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: guest },
        Action: 'kinesis:DescribeStreamSummary',
        Resource: streamArn,
      },
    };
    const set = { ResourceARN: streamArn, Policy: JSON.stringify(policy) };
    assert.equal((await call(root, 'PutResourcePolicy', set)).status, 200);
    assert.equal((await call(stranger, 'DescribeStreamSummary', input)).status, 200);
    await call(root, 'DeleteResourcePolicy', { ResourceARN: streamArn });
    assert.equal((await call(stranger, 'DescribeStreamSummary', input)).status, 400);
  });

  it('heeds the tags a request brings', async () => {
    const tagger = await admin.createKey(owner, 'tagger');
    const document = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'kinesis:AddTagsToStream',
        Resource: '*',
        Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } },
      },
    };
    await admin.putPolicy(owner, 'tagger', { name: 'tag', document });
    const tag = (name: string): Promise<Answer> =>
      call(tagger, 'AddTagsToStream', { StreamName: 'orders', Tags: { [name]: 'x' } });
    await until(async () => (await tag('team')).status === 200);
    assert.equal((await tag('other')).body['__type'], 'AccessDeniedException');
  });

  it('takes sessions with their token until they are revoked', async () => {
    const request = { name: 'job', lifeMs: 900_000, policy: null };
    const session = await admin.createSession(owner, 'reader', request);
    const input = { StreamName: 'orders' };
    await until(async () => (await call(session, 'DescribeStream', input)).status === 200);
    const bare = { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey };
    const without = await call(bare, 'DescribeStream', input);
    assert.equal(without.body['__type'], 'UnrecognizedClientException');
    await admin.revoke(session.accessKeyId);
    await until(
      async () =>
        (await call(session, 'DescribeStream', input)).body['__type'] ===
        'UnrecognizedClientException',
    );
  });
});

async function openAdmin(directory: string): Promise<CredentialAdmin> {
  const parts = { disk: new NodeDisk(), clock: new NodeClock(), random: new NodeRandom() };
  const keys = await Keyring.open(parts, {
    path: join(directory, 'keyring.json'),
    region,
    watchMs: 1_000,
    onProblem: () => undefined,
  });
  const makeKey = async (): ReturnType<Keyring['generateDataKey']> => {
    await keys.createKey('000000000000', 'alias/tailrace/credentials');
    return keys.generateDataKey('alias/tailrace/credentials', '000000000000');
  };
  return new CredentialAdmin({ ...parts, keys, makeKey }, credentialsPath(directory));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const clock = new NodeClock();
  while (!(await condition())) {
    await clock.sleep(20);
  }
}
