import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Section } from '../model/section.ts';
import { ServiceError } from '../model/service-error.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import { DataKeys, SectionTamperedError } from './data-keys.ts';
import { Keyring } from './keyring.ts';
import { KeyringFormatError } from './keyring-file.ts';
import { KmsEndpoint } from './kms-endpoint.ts';

const account = '123456789012';
const other = '210987654321';
const deps = { disk: new NodeDisk(), clock: new NodeClock(), random: new NodeRandom() };
const section: Section = {
  shard: 7,
  baseOrdinal: 11,
  count: 2,
  arrivalMs: 1_700_000_000_000,
  keyId: 0,
  payload: Buffer.from('two records, as far as anyone here knows'),
};

let directory = '';
let files = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-keys-'));
});
after(() => rm(directory, { recursive: true, force: true }));

function openKeyring(path = join(directory, `${++files}`, 'keyring.json')): Promise<Keyring> {
  return Keyring.open(deps, { path, region: 'us-east-1', watchMs: 10, onProblem: assert.fail });
}

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ServiceError && error.code === code && error.text !== null;
}

describe('keyring', () => {
  test('names a key by id, ARN, alias and alias ARN', async () => {
    const keyring = await openKeyring();
    const arn = await keyring.createKey(account, 'alias/orders');
    const id = arn.slice(arn.lastIndexOf('/') + 1);
    const aliasArn = `arn:aws:kms:us-east-1:${account}:alias/orders`;
    for (const name of [id, arn, 'alias/orders', aliasArn]) {
      const made = await keyring.generateDataKey(name, account);
      assert.equal(made.keyArn, arn);
      assert.deepEqual(
        Buffer.from(await keyring.unwrap(arn, made.wrapped, account)),
        Buffer.from(made.plain),
      );
    }
  });

  test('makes the default key when it is first asked for, once', async () => {
    const keyring = await openKeyring();
    const first = await keyring.generateDataKey('alias/aws/kinesis', account);
    const second = await keyring.generateDataKey('alias/aws/kinesis', account);
    assert.equal(first.keyArn, second.keyArn);
    assert.notDeepEqual(first.plain, second.plain);
  });

  test('answers missing, disabled, pending and foreign keys with their own errors', async () => {
    const keyring = await openKeyring();
    const arn = await keyring.createKey(account, null);
    const { wrapped } = await keyring.generateDataKey(arn, account);
    const use = () => keyring.unwrap(arn, wrapped, account);
    await keyring.setState(account, arn, 'disabled');
    await assert.rejects(use, withCode('KMSDisabledException'));
    await keyring.setState(account, arn, 'pending-deletion');
    await assert.rejects(use, withCode('KMSInvalidStateException'));
    await keyring.setState(account, arn, 'enabled');
    await use();
    const foreign = () => keyring.unwrap(arn, wrapped, other);
    await assert.rejects(foreign, withCode('KMSAccessDeniedException'));
    await keyring.share(account, arn, [other]);
    await foreign();
    await keyring.destroyKey(account, arn);
    await assert.rejects(use, withCode('KMSNotFoundException'));
    await assert.rejects(
      () => keyring.generateDataKey('alias/none', account),
      withCode('KMSNotFoundException'),
    );
  });

  test('refuses a wrapped key that was changed or belongs to another key', async () => {
    const keyring = await openKeyring();
    const [one, two] = [
      await keyring.createKey(account, null),
      await keyring.createKey(account, null),
    ];
    const { wrapped } = await keyring.generateDataKey(one, account);
    await assert.rejects(
      () => keyring.unwrap(two, wrapped, account),
      withCode('KMSInvalidStateException'),
    );
    for (let i = 0; i < wrapped.length; i++) {
      const changed = Uint8Array.from(wrapped);
      changed[i]! ^= 1;
      await assert.rejects(
        () => keyring.unwrap(one, changed, account),
        withCode('KMSInvalidStateException'),
      );
    }
  });

  test('survives a restart and notices changes made elsewhere', async () => {
    const path = join(directory, 'shared', 'keyring.json');
    const server = await openKeyring(path);
    server.watch();
    const before = server.revision();
    const tool = await openKeyring(path);
    const arn = await tool.createKey(account, 'alias/late');
    while (server.revision() === before) await deps.clock.sleep(5);
    assert.equal((await server.generateDataKey('alias/late', account)).keyArn, arn);
    await server.close();
    assert.deepEqual(
      (await openKeyring(path)).list().map((key) => key.arn),
      [arn],
    );
  });

  test('says what is wrong with a file it cannot read', async () => {
    const path = join(directory, 'bad.json');
    const file = await deps.disk.open(path, 'create');
    await file.write([Buffer.from('{"version":1,"keys":[{}]}')], 0);
    await file.close();
    await assert.rejects(() => openKeyring(path), KeyringFormatError);
  });
});

describe('data keys', () => {
  async function setUp() {
    const keyring = await openKeyring();
    const meta = MemoryMetaStore.open(new MemoryMetaImage());
    const options = { cacheMs: 60_000, cachedMax: 2 };
    const make = () => new DataKeys({ ...deps, meta, provider: keyring }, options);
    return { keyring, make };
  }

  test('seal and open are inverse, also in another process', async () => {
    const { make } = await setUp();
    const writer = make();
    const id = await writer.create('alias/aws/kinesis', account);
    const sealed = writer.seal(section, writer.cached(id)!);
    assert.equal(sealed.keyId, id);
    assert.ok(!Buffer.from(sealed.payload).includes('two records'));
    const reader = make();
    assert.equal(reader.cached(id), null);
    const opened = reader.open(sealed, await reader.load(id));
    assert.deepEqual(Buffer.from(opened.payload), Buffer.from(section.payload));
  });

  test('a changed or moved section does not open', async () => {
    const { make } = await setUp();
    const keys = make();
    const key = await keys.load(await keys.create('alias/aws/kinesis', account));
    const sealed = keys.seal(section, key);
    const moved = [
      { shard: 8 },
      { baseOrdinal: 12 },
      { count: 3 },
      { arrivalMs: sealed.arrivalMs + 1 },
    ];
    for (const change of moved) {
      assert.throws(() => keys.open({ ...sealed, ...change }, key), SectionTamperedError);
    }
    for (let i = 0; i < sealed.payload.length; i++) {
      const payload = Uint8Array.from(sealed.payload);
      payload[i]! ^= 0x40;
      assert.throws(() => keys.open({ ...sealed, payload }, key), SectionTamperedError);
    }
  });

  test('a key disabled meanwhile is refused although its plain form was cached', async () => {
    const { keyring, make } = await setUp();
    const arn = await keyring.createKey(account, null);
    const keys = make();
    const id = await keys.create(arn, account);
    assert.ok(keys.cached(id));
    await keyring.setState(account, arn, 'disabled');
    assert.equal(keys.cached(id), null);
    await assert.rejects(() => keys.load(id), withCode('KMSDisabledException'));
  });

  test('holds no more plain keys than allowed and no nonce twice', async () => {
    const { make } = await setUp();
    const keys = make();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await keys.create('alias/aws/kinesis', account));
    assert.deepEqual(
      ids.map((id) => keys.cached(id) !== null),
      [false, true, true],
    );
    const key = keys.cached(ids[2]!)!;
    const nonces = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      nonces.add(Buffer.from(keys.seal(section, key).payload.subarray(0, 12)).toString('hex'));
    }
    assert.equal(nonces.size, 1000);
  });
});

describe('KMS endpoint', () => {
  test('generates and decrypts through the API and maps its errors', async () => {
    const calls: { target: string; input: Record<string, unknown> }[] = [];
    let answer: { status: number; body: unknown } = { status: 200, body: {} };
    const kms = new KmsEndpoint((target, body) => {
      calls.push({
        target,
        input: JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>,
      });
      return Promise.resolve({ ...answer, body: Buffer.from(JSON.stringify(answer.body)) });
    });
    const plain = Buffer.alloc(32, 5).toString('base64');
    answer = { status: 200, body: { Plaintext: plain, CiphertextBlob: 'AAEC', KeyId: 'arn:k' } };
    const made = await kms.generateDataKey('alias/x', account);
    assert.equal(made.keyArn, 'arn:k');
    assert.deepEqual([...made.wrapped], [0, 1, 2]);
    assert.deepEqual([...(await kms.unwrap('arn:k', made.wrapped, account))], [...made.plain]);
    assert.deepEqual(
      calls.map((call) => call.target),
      ['TrentService.GenerateDataKey', 'TrentService.Decrypt'],
    );
    answer = { status: 200, body: { Plaintext: 'AAEC', CiphertextBlob: 'AAEC', KeyId: 'arn:k' } };
    const short = withCode('KMSInvalidStateException');
    await assert.rejects(() => kms.generateDataKey('k', account), short);
    const mapped = {
      DisabledException: 'KMSDisabledException',
      'com.amazonaws.kms#NotFoundException': 'KMSNotFoundException',
      AccessDeniedException: 'KMSAccessDeniedException',
      KMSInvalidStateException: 'KMSInvalidStateException',
      InvalidSignatureException: 'KMSAccessDeniedException',
      InvalidArnException: 'KMSNotFoundException',
      OptInRequired: 'KMSOptInRequired',
      ThrottlingException: 'KMSThrottlingException',
      Unheard: 'KMSThrottlingException',
    };
    for (const [type, code] of Object.entries(mapped)) {
      answer = { status: 400, body: { __type: type, message: 'no' } };
      await assert.rejects(() => kms.generateDataKey('k', account), withCode(code));
    }
  });

  test('an endpoint out of reach is a retryable key error', async () => {
    const kms = new KmsEndpoint(() => Promise.reject(new Error('refused')));
    await assert.rejects(
      () => kms.generateDataKey('k', account),
      withCode('KMSThrottlingException'),
    );
  });
});
