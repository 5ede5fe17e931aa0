import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterBytes } from './after-bytes.ts';

test('what was written and what is left are the whole, wherever the write stopped', () => {
  const buffers = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 6 });
  fc.assert(
    fc.property(buffers, fc.nat(), (list, at) => {
      const whole = Buffer.concat(list);
      const count = at % (whole.byteLength + 1);
      assert.deepEqual(Buffer.concat(afterBytes(list, count)), whole.subarray(count));
    }),
  );
});
