import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { HmacKey } from './hmac-key.ts';

test('gives the codes that HMAC-SHA-256 gives, again and again', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 1500 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(text), (key, texts) => {
      const hmac = new HmacKey(key);
      for (const one of texts) {
        const expected = createHmac('sha256', key).update(one, 'latin1').digest('hex');
        assert.equal(hmac.sign(one), expected);
        for (const at of [0, 3, 3, one.length >> 1]) {
          assert.equal(hmac.signTwo(one.slice(0, at), one.slice(at)), expected);
        }
      }
    }),
  );
});

test('refuses a key longer than a block', () => {
  assert.throws(() => new HmacKey(new Uint8Array(65)), /longer than a block/);
});
