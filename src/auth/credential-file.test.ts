import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Keyring } from '../keys/keyring.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { CredentialAdmin } from './credential-admin.ts';
import { CredentialFile } from './credential-file.ts';
import { CredentialFormatError } from './credential-format.ts';

const disk = new NodeDisk();
const clock = new NodeClock();
const random = new NodeRandom();
const account = '123456789012';
const allowAll = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 'kinesis:*', Resource: '*' },
};

describe('the credentials file', () => {
  let root: string;
  let directory: string;
  let path: string;
  let keyring: Keyring;
  let admin: CredentialAdmin;
  let made = 0;
  const problems: Error[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tailrace-credentials-'));
  });
  after(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    directory = join(root, String(made++));
    path = join(directory, 'credentials.json');
    keyring = await openKeyring();
    const makeKey = async (): ReturnType<Keyring['generateDataKey']> => {
      await keyring.createKey('000000000000', 'alias/tailrace/credentials');
      return keyring.generateDataKey('alias/tailrace/credentials', '000000000000');
    };
    admin = new CredentialAdmin({ disk, clock, random, keys: keyring, makeKey }, path);
    problems.length = 0;
  });

  function openKeyring(): Promise<Keyring> {
    return Keyring.open(
      { disk, clock, random },
      {
        path: join(directory, 'keyring.json'),
        region: 'us-east-1',
        watchMs: 5,
        onProblem: (error) => problems.push(error),
      },
    );
  }

  function openStore(keys = keyring): Promise<CredentialFile> {
    const onProblem = (error: Error): unknown => problems.push(error);
    return CredentialFile.open({ disk, clock, keys }, { path, watchMs: 5, onProblem });
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await clock.sleep(2);
    }
  }

  it('may be missing: then nobody has credentials', async () => {
    const store = await openStore();
    assert.equal(store.size, 0);
    assert.equal(store.find('anything'), undefined);
  });

  it('gives keys back with their secrets, users and policies, also after a restart', async () => {
    const alice = await admin.createKey(account, 'alice');
    const second = await admin.createKey(account, 'alice');
    const owner = await admin.createKey(account, 'root');
    await admin.putPolicy(account, 'alice', { name: 'all', document: allowAll });
    const store = await openStore(await openKeyring());
    for (const key of [alice, second]) {
      const found = store.find(key.accessKeyId);
      assert.equal(found?.secret, key.secretAccessKey);
      assert.equal(found.principal.arn, `arn:aws:iam::${account}:user/alice`);
      assert.equal(found.principal.userName, 'alice');
      assert.equal(found.principal.policies.length, 1);
      assert.equal(found.session, null);
    }
    assert.notEqual(alice.secretAccessKey, second.secretAccessKey);
    const root = store.find(owner.accessKeyId);
    assert.equal(root?.principal.isRoot, true);
    assert.equal(root.principal.arn, `arn:aws:iam::${account}:root`);
  });

  it('holds no secret and no token in the clear, and nobody else may read it', async () => {
    const key = await admin.createKey(account, 'alice');
    const request = { name: 'job', lifeMs: 3_600_000, policy: null };
    const session = await admin.createSession(account, 'alice', request);
    const text = await readFile(path, 'utf8');
    for (const secret of [
      key.secretAccessKey,
      session.secretAccessKey,
      session.sessionToken,
      Buffer.from(key.secretAccessKey).toString('base64'),
    ]) {
      assert.ok(!text.includes(secret));
    }
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(directory, 'keyring.json'))).mode & 0o777, 0o600);
  });

  it('a secret cannot be moved to another key', async () => {
    const first = await admin.createKey(account, 'alice');
    await admin.createKey(account, 'bob');
    const contents = await admin.contents();
    const [one, two] = contents.users.map((user) => user.keys[0]?.secret) as [string, string];
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(two, one));
    await assert.rejects(openStore(), CredentialFormatError);
    assert.notEqual(first.accessKeyId, '');
  });

  it('is watched: new, disabled, enabled and revoked keys take effect', async () => {
    const store = await openStore();
    store.watch();
    const { accessKeyId } = await admin.createKey(account, 'alice');
    await until(() => store.find(accessKeyId) !== undefined);
    await admin.setKeyState(accessKeyId, 'disabled');
    await until(() => store.find(accessKeyId) === undefined);
    await admin.setKeyState(accessKeyId, 'active');
    await until(() => store.find(accessKeyId) !== undefined);
    await admin.revoke(accessKeyId);
    await until(() => store.find(accessKeyId) === undefined);
    await assert.rejects(admin.revoke(accessKeyId), CredentialFormatError);
    await store.close();
  });

  it('keeps the last good contents when it is damaged, and says so', async () => {
    const { accessKeyId } = await admin.createKey(account, 'alice');
    const store = await openStore();
    store.watch();
    await writeFile(path, '{"version":1,');
    await until(() => problems.length > 0);
    assert.notEqual(store.find(accessKeyId), undefined);
    assert.match(problems[0]?.message ?? '', /credentials\.json cannot be read/);
    await store.close();
    await assert.rejects(openStore(), CredentialFormatError);
  });

  it('cannot be read without its keyring', async () => {
    await admin.createKey(account, 'alice');
    await rm(join(directory, 'keyring.json'));
    await assert.rejects(openStore(await openKeyring()), {
      message: /the keyring does not give the key/,
    });
  });

  it('sessions carry token, expiry and policy, and end with revocation or their user', async () => {
    await admin.createKey(account, 'alice');
    const policy = {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'kinesis:Get*', Resource: '*' },
    };
    const request = { name: 'night-job', lifeMs: 900_000, policy };
    const session = await admin.createSession(account, 'alice', request);
    const other = await admin.createSession(account, 'alice', request);
    const found = (await openStore()).find(session.accessKeyId);
    assert.equal(found?.session?.arn, `arn:aws:sts::${account}:federated-user/night-job`);
    assert.equal(found.session.expiresMs, session.expiresMs);
    assert.equal(found.session.policy?.statements.length, 1);
    assert.equal(found.session.tokenHash.length, 32);
    await admin.revoke(session.accessKeyId);
    const store = await openStore();
    assert.equal(store.find(session.accessKeyId), undefined);
    assert.notEqual(store.find(other.accessKeyId), undefined);
    await admin.deleteUser(account, 'alice');
    assert.equal((await openStore()).size, 0);
  });

  it('refuses what makes no sense', async () => {
    await admin.createKey(account, 'alice');
    const session = { name: 'job', lifeMs: 3_600_000, policy: null };
    for (const attempt of [
      () => admin.createKey('12', 'alice'),
      () => admin.createKey(account, 'a b'),
      () => admin.setKeyState('NOBODY', 'disabled'),
      () => admin.deleteUser(account, 'bob'),
      () => admin.putPolicy(account, 'alice', { name: 'p', document: { Statement: [] } }),
      () => admin.deletePolicy(account, 'alice', 'p'),
      () => admin.createSession(account, 'bob', session),
      () => admin.createSession(account, 'alice', { ...session, lifeMs: 1_000 }),
      () => admin.createSession(account, 'alice', { ...session, policy: { Statement: 1 } }),
    ]) {
      await assert.rejects(attempt, CredentialFormatError);
    }
  });
});
