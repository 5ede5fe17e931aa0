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
import { ConfigError } from './config.ts';
import { openKeys } from './open-keys.ts';

const deps = {
  disk: new NodeDisk(),
  clock: new NodeClock(),
  random: new NodeRandom(),
  log: { debug() {}, info() {}, warn() {}, error() {} },
};
const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
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
      { ...deps, meta: MemoryMetaStore.open(image), environment },
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

test('a KMS endpoint without credentials is refused at the start', async () => {
  const meta = MemoryMetaStore.open(new MemoryMetaImage());
  await assert.rejects(
    openKeys({ ...deps, meta, environment: {} }, { ...config, kmsEndpoint: 'http://127.0.0.1:1' }),
    ConfigError,
  );
});
