import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowByShard } from './row-by-shard.ts';

test('holds what a Map would hold', () => {
  const key = fc.oneof(fc.nat(600), fc.nat(2 ** 48 - 1));
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), key, fc.nat());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new RowByShard();
      const expected = new Map<number, number>();
      for (const [what, at, value] of steps) {
        if (what === 'set') {
          map.set(at, value);
          expected.set(at, value);
        } else {
          map.delete(at);
          expected.delete(at);
        }
        assert.equal(map.size, expected.size);
        assert.equal(map.get(at), expected.get(at) ?? -1);
      }
      for (const [at, value] of expected) assert.equal(map.get(at), value);
    }),
  );
});
