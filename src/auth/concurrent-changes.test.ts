/**
 * Real processes that change one keyring and one credentials file at the same time: no change of
 * any may be lost, and a key that all of them need is made once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseKeyring } from '../keys/keyring-file.ts';
import { parseCredentials } from './credential-format.ts';

const PROCESSES = 3;
const CHANGES = 8;
const ACCOUNT = '000000000000';
const SHARED = 'alias/shared';

const CHANGER = `
  const [, name, base, directory] = process.argv;
  const load = (path) => import(new URL(path, base).href);
  const { NodeDisk } = await load('../runtime/node/disk.js');
  const { NodeClock } = await load('../runtime/node/clock.js');
  const { NodeRandom } = await load('../runtime/node/random.js');
  const { Keyring } = await load('../keys/keyring.js');
  const { CredentialAdmin } = await load('./credential-admin.js');
  const parts = { disk: new NodeDisk(), clock: new NodeClock(), random: new NodeRandom() };
  const keys = await Keyring.open(parts, {
    path: directory + '/keyring.json', region: 'us-east-1', watchMs: 1000, onProblem: () => {},
  });
  const makeKey = async () => {
    await keys.ensureKey('${ACCOUNT}', '${SHARED}');
    return keys.generateDataKey('${SHARED}', '${ACCOUNT}');
  };
  const admin = new CredentialAdmin({ ...parts, keys, makeKey }, directory + '/credentials.json');
  process.stdout.write('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let n = 0; n < ${CHANGES}; n += 1) {
    await Promise.all([
      keys.createKey('${ACCOUNT}', 'alias/' + name + '-' + n),
      admin.createKey('${ACCOUNT}', 'everyone'),
    ]);
  }
  process.exit(0);
`;

test('several processes change keyring and credentials and lose nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-race-'));
  try {
    const names = Array.from({ length: PROCESSES }, (_, index) => `p${index}`);
    const changers = names.map((name) => {
      const args = ['--input-type=module', '--eval', CHANGER, name, import.meta.url, directory];
      return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    });
    const ended = changers.map(
      (child) => new Promise<number | null>((resolve) => child.once('exit', resolve)),
    );
    await Promise.all(
      changers.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))),
    );
    for (const child of changers) {
      child.stdin.write('go');
    }
    assert.deepEqual(await Promise.all(ended), [0, 0, 0]);

    const keyringPath = join(directory, 'keyring.json');
    const { keys, aliases } = parseKeyring(keyringPath, await readFile(keyringPath, 'utf8'));
    const named = names.flatMap((name) =>
      Array.from({ length: CHANGES }, (_, n) => `${ACCOUNT}/alias/${name}-${n}`),
    );
    assert.deepEqual(Object.keys(aliases).sort(), [...named, `${ACCOUNT}/${SHARED}`].sort());
    assert.equal(keys.length, named.length + 1);

    const path = join(directory, 'credentials.json');
    const { users } = parseCredentials(path, await readFile(path, 'utf8'));
    assert.deepEqual(
      users.map((user) => [user.name, user.keys.length]),
      [['everyone', PROCESSES * CHANGES]],
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
