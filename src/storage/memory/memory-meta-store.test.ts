/** The memory engine passes the suite; its image survives a crash as a disk would. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dump, metaStoreSuite, put } from '../meta-store.suite.ts';
import { MemoryMetaImage, MemoryMetaStore } from './memory-meta-store.ts';

metaStoreSuite('memory', async () => {
  const image = new MemoryMetaImage();
  return {
    open: async () => MemoryMetaStore.open(image),
    dispose: async () => undefined,
  };
});

test('memory: a crash ends the old store and keeps what was committed', async () => {
  const image = new MemoryMetaImage();
  const store = MemoryMetaStore.open(image);
  await store.commit([put('k', 'v')]);
  image.crash();
  await assert.rejects(store.commit([put('k', 'w')]), /cannot be used/);
  const again = MemoryMetaStore.open(image);
  await store.close();
  assert.deepEqual(await dump(again, ''), [['k', 'v', 1]]);
});
