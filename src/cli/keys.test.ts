import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../server/index.ts';
import { keyringPath } from '../keys/keyring.ts';
import type { Finished } from './test-context.suite.ts';
import { cli, inputOf } from './test-context.suite.ts';

describe('keys and credentials of a data directory', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tailrace-cli-'));
  });
  after(() => rm(directory, { recursive: true }));

  /** In a data directory of the test's own. */
  const run = (name: string, args: readonly string[], input = ''): Promise<Finished> => {
    const env = { TAILRACE_DATA_DIR: name };
    return cli(args, { env, workingDirectory: directory, stdin: inputOf([input]) });
  };
  const succeed = async (name: string, args: readonly string[], input = ''): Promise<string> => {
    const { code, out, err } = await run(name, args, input);
    assert.equal(code, 0, err);
    return out;
  };

  test('a key is made, named, shared, refused and destroyed', async () => {
    const none = await run('keys', ['keys']);
    assert.deepEqual([none.code, none.out], [0, '']);
    const made = await run('keys', ['keys', 'create', '--alias', 'orders']);
    const id = /^arn:aws:kms:us-east-1:000000000000:key\/(\S+)\n$/.exec(made.out)?.[1] ?? '';
    assert.match(made.err, /no directory .*keys yet/);
    const again = await run('keys', ['keys', 'create', '--alias', 'alias/orders']);
    assert.equal(again.code, 1);
    await succeed('keys', ['keys', 'alias', 'other', id]);
    await succeed('keys', ['keys', 'share', 'alias/orders', '111122223333', '444455556666']);
    await succeed('keys', ['keys', 'disable', id]);
    const listed = JSON.parse(await succeed('keys', ['keys', '--json'])) as unknown[];
    assert.deepEqual(listed, [
      {
        ...(listed[0] as object),
        id,
        account: '000000000000',
        state: 'disabled',
        sharedWith: ['111122223333', '444455556666'],
        aliases: ['alias/orders', 'alias/other'],
      },
    ]);
    assert.equal(JSON.stringify(listed).includes('material'), false);
    await succeed('keys', ['keys', 'enable', 'alias/other']);
    const enabled = await run('keys', ['keys', 'destroy', 'alias/other', '--yes']);
    assert.equal(enabled.code, 1);
    await succeed('keys', ['keys', 'schedule-deletion', id]);
    assert.match(await succeed('keys', ['keys']), /pending deletion/);
    const unsure = await run('keys', ['keys', 'destroy', id]);
    assert.equal(unsure.code, 1);
    assert.match(unsure.err, /--yes/);
    await succeed('keys', ['keys', 'destroy', id, '--yes']);
    const text = await readFile(keyringPath(join(directory, 'keys')), 'utf8');
    assert.equal(text.includes(id), false);
  });

  test('a keyring outside of the data directory is the only place of the keys', async () => {
    const path = join(directory, 'vault', 'keys.json');
    await succeed('outside', ['keys', 'create', '--alias', 'away', '--keyring', 'vault/keys.json']);
    const listed = await cli(['keys'], {
      env: { TAILRACE_KEYRING: path, TAILRACE_DATA_DIR: 'outside' },
      workingDirectory: directory,
    });
    assert.match(listed.out, /alias\/away/);
    assert.equal(await succeed('outside', ['keys']), '', 'the data directory has none');
    assert.match(await readFile(path, 'utf8'), /alias\/away/);
  });

  test('a key of another account, or none, is an error', async () => {
    const arn = (await succeed('two', ['keys', 'create', '--account', '111122223333'])).trim();
    const id = arn.split('/')[1]!;
    const wrong = await run('two', ['keys', 'disable', id]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /KMSNotFoundException/);
    const bad = await run('two', ['keys', '--account', '12']);
    assert.equal(bad.code, 2);
    assert.equal(await succeed('two', ['keys', '--account', '444455556666']), '');
  });

  test('access keys open a verifying server as far as policies go', async () => {
    const name = 'verify';
    const keysOf = (out: string): Record<string, string> =>
      Object.fromEntries([...out.matchAll(/^export (\w+)=(\S+)$/gm)].map((m) => [m[1]!, m[2]!]));
    const root = keysOf(await succeed(name, ['credentials', 'create']));
    const bobMade = await run(name, ['credentials', 'create', 'bob']);
    assert.match(bobMade.err, /bob may do nothing yet/);
    const bob = keysOf(bobMade.out);
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kinesis:ListStreams', Resource: '*' }],
    });
    await succeed(name, ['credentials', 'attach', 'bob', '-', '--name', 'lists'], policy);
    const wrong = await run(name, ['credentials', 'attach', 'bob', '-'], '{"Statement":[{}]}');
    assert.equal(wrong.code, 1);
    const session = keysOf(
      await succeed(name, ['credentials', 'session', 'bob', '--duration', '15m']),
    );
    assert.equal(Object.keys(session).length, 3);
    const short = await run(name, ['credentials', 'session', 'bob', '--duration', '1s']);
    assert.equal(short.code, 1);

    const dataDir = join(directory, name);
    const server = await startServer({ dataDir, auth: 'verify' });
    const as = (keys: Record<string, string>, ...args: string[]): Promise<Finished> =>
      cli(args, { env: { ...keys, TAILRACE_ENDPOINT: server.endpoint } });
    try {
      assert.equal((await as(root, 'streams', 'create', 's', '--wait')).code, 0);
      for (const keys of [bob, session]) {
        assert.match((await as(keys, 'streams')).out, /^s +ACTIVE/m);
        const denied = await as(keys, 'put', 's', 'x');
        assert.equal(denied.code, 1);
        assert.match(denied.err, /AccessDeniedException.*bob.*\n {2}A policy /);
      }
      const stranger = { AWS_ACCESS_KEY_ID: 'AKNOBODY', AWS_SECRET_ACCESS_KEY: 'x' };
      assert.match((await as(stranger, 'streams')).err, /Check AWS_ACCESS_KEY_ID/);
      const forged = { ...root, AWS_SECRET_ACCESS_KEY: 'wrong' };
      assert.match((await as(forged, 'streams')).err, /Check AWS_SECRET_ACCESS_KEY/);
    } finally {
      await server.close();
    }
    const id = bob['AWS_ACCESS_KEY_ID']!;
    await succeed(name, ['credentials', 'disable', id]);
    const table = await succeed(name, ['credentials', 'list']);
    assert.match(table, new RegExp(`^000000000000 +bob +${id} +disabled .* lists$`, 'm'));
    assert.match(table, new RegExp(`^000000000000 +bob +${session['AWS_ACCESS_KEY_ID']!} `, 'm'));
    const shown = table + (await succeed(name, ['credentials', 'list', '--json']));
    for (const { AWS_SECRET_ACCESS_KEY: secret } of [root, bob, session]) {
      assert.equal(shown.includes(secret!), false);
    }
    await succeed(name, ['credentials', 'revoke', session['AWS_ACCESS_KEY_ID']!]);
    await succeed(name, ['credentials', 'detach', 'bob', 'lists']);
    await succeed(name, ['credentials', 'delete-user', 'bob']);
    assert.doesNotMatch(await succeed(name, ['credentials']), /bob/);
  });
});
