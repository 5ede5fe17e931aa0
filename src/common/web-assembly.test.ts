import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUMS_WASM } from './sums-wasm.ts';
import { alignedMemory, Kernel, memoryOf } from './web-assembly.ts';

test('a kernel that the host cannot compile is not usable, and says so whenever it is asked', () => {
  const foreign = new Kernel(Buffer.from('no kernel').toString('base64'));
  assert.equal(foreign.isUsable, false);
  assert.equal(foreign.isUsable, false);
  assert.throws(() => foreign.open(memoryOf(alignedMemory(1)!.buffer)!), /not usable here/);
});

test('a kernel opens in every memory it is given', () => {
  const kernel = new Kernel(SUMS_WASM);
  assert.equal(kernel.isUsable, true);
  for (let n = 0; n < 3; n += 1) {
    const memory = memoryOf(alignedMemory(64 * 1024)!.buffer);
    assert.equal(typeof kernel.open(memory!), 'object');
  }
});

test('only memory of WebAssembly has one', () => {
  assert.equal(memoryOf(new ArrayBuffer(8)), undefined);
  assert.equal(memoryOf(alignedMemory(10)!.slice().buffer), undefined);
});
