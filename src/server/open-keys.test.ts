import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ServiceError } from '../model/service-error.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import { openKeys } from './open-keys.ts';

const deps = {
  disk: new NodeDisk(),
  clock: new NodeClock(),
  random: new NodeRandom(),
  log: { debug() {}, info() {}, warn() {}, error() {} },
};
const credentials = () =>
  Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' });
const config = { inMemory: true, dataDir: '/none', region: 'eu-west-1', keyring: undefined };

/** A key service with one key, which it can be told to disable. */
async function startKms() {
  const seen: { target: string; authorization: string }[] = [];
  const state = { disabled: false };
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/k';
  const plain = Buffer.alloc(32, 9).toString('base64');
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target']);
    seen.push({ target, authorization: String(request.headers.authorization) });
    request.resume().on('end', () => {
      response.statusCode = state.disabled ? 400 : 200;
      response.end(
        JSON.stringify(
          state.disabled
            ? { __type: 'DisabledException', message: `${key} is disabled.` }
            : { Plaintext: plain, CiphertextBlob: 'AAECAw==', KeyId: key },
        ),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, seen, state, url: `http://127.0.0.1:${port}` };
}

test('data keys are wrapped and unwrapped by the KMS endpoint that was named', async () => {
  const { server, seen, state, url } = await startKms();
  const image = new MemoryMetaImage();
  const open = () =>
    openKeys(
      { ...deps, meta: MemoryMetaStore.open(image), credentials },
      { ...config, kmsEndpoint: url },
    );
  try {
    const first = await open();
    const id = await first.keys.create('alias/orders', '123456789012');
    await first.keyring.close();
    image.crash();
    const second = await open();
    assert.deepEqual([...(await second.keys.load(id)).plain], [...Buffer.alloc(32, 9)]);
    await second.keyring.close();
    image.crash();
    state.disabled = true;
    const third = await open();
    await assert.rejects(
      () => third.keys.load(id),
      (error) => error instanceof ServiceError && error.code === 'KMSDisabledException',
    );
    await third.keyring.close();
  } finally {
    server.close();
  }
  assert.deepEqual(
    seen.map(({ target }) => target),
    ['TrentService.GenerateDataKey', 'TrentService.Decrypt', 'TrentService.Decrypt'],
  );
  for (const { authorization } of seen) {
    assert.match(authorization, /Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/kms\/aws4_request/);
  }
});

test('without credentials the server starts, says so, and keys cannot be used', async () => {
  const said: unknown[] = [];
  const { keyring, keys } = await openKeys(
    {
      ...deps,
      log: { ...deps.log, error: (...words: unknown[]) => void said.push(words) },
      meta: MemoryMetaStore.open(new MemoryMetaImage()),
      credentials: () => Promise.reject(new Error('nothing in the chain')),
    },
    { ...config, kmsEndpoint: 'http://127.0.0.1:1' },
  );
  assert.equal(said.length, 1);
  await assert.rejects(
    () => keys.create('alias/orders', '123456789012'),
    (error) => error instanceof ServiceError && error.code === 'KMSAccessDeniedException',
  );
  await keyring.close();
});
