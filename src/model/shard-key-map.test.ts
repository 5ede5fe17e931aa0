import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ShardKeyMap } from './shard-key-map.ts';

test('holds what a Map would hold', () => {
  const key = fc.oneof(fc.nat(600), fc.nat(2 ** 48 - 1));
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), key, fc.integer());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new ShardKeyMap<number>();
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
        assert.equal(map.get(at), expected.get(at));
      }
      for (const [at, value] of expected) assert.equal(map.get(at), value);
      const byValue = (a: number, b: number) => a - b;
      assert.deepEqual([...map.values()].sort(byValue), [...expected.values()].sort(byValue));
    }),
  );
});
