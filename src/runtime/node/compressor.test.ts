import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Zstd } from '@hpcc-js/wasm-zstd';
import { NodeCompressor } from './compressor.ts';

const inputs = [0, 1, 1000, 700_000].map((length) =>
  Uint8Array.from({ length }, (_, i) => (i * i) % 251),
);

test('gzip gives back what went in, the same bytes every time', async () => {
  const compressor = new NodeCompressor();
  for (const input of inputs) {
    const packed = await compressor.gzip(input);
    assert.deepEqual(new Uint8Array(gunzipSync(packed)), input);
    assert.deepEqual(await compressor.gzip(input), packed);
  }
});

test('zstd gives back what went in, frame by frame, the same bytes every time', async () => {
  const compressor = new NodeCompressor();
  const zstd = await Zstd.load();
  for (const input of inputs) {
    const packed = await compressor.zstd(input);
    assert.deepEqual(packed.subarray(0, 4), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd));
    if (input.length > 0 && input.length < 262_144) {
      assert.deepEqual(zstd.decompress(packed), input);
    }
    assert.deepEqual(await compressor.zstd(input), packed);
  }
});
