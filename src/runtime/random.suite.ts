/**
 * What every Random must do, whichever form.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Random } from './random.ts';

export function randomSuite(name: string, make: () => Random): void {
  describe(`${name} as a Random`, () => {
    test('next lies in [0, 1) and comes to every quarter of it', () => {
      const random = make();
      const quarters = new Set<number>();
      for (let index = 0; index < 1000; index += 1) {
        const drawn = random.next();
        assert.ok(drawn >= 0 && drawn < 1);
        quarters.add(Math.floor(drawn * 4));
      }
      assert.equal(quarters.size, 4);
    });

    test('below draws every whole number under its bound and no other', () => {
      const random = make();
      for (const bound of [1, 2, 7, 100]) {
        const drawn = new Set<number>();
        for (let index = 0; index < bound * 100; index += 1) {
          drawn.add(random.below(bound));
        }
        assert.deepEqual(
          [...drawn].sort((a, b) => a - b),
          Array.from({ length: bound }, (_, value) => value),
        );
      }
    });

    test('below takes bounds beyond 32 bits', () => {
      const random = make();
      const bound = 2 ** 52;
      let highest = 0;
      for (let index = 0; index < 1000; index += 1) {
        const drawn = random.below(bound);
        assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < bound);
        highest = Math.max(highest, drawn);
      }
      assert.ok(highest > 2 ** 32);
    });

    test('below refuses bounds that leave nothing to draw', () => {
      for (const bound of [0, -1, 0.5, Number.NaN, 2 ** 54]) {
        assert.throws(() => make().below(bound));
      }
    });

    test('bytes gives as many as asked, of every value', () => {
      const random = make();
      for (const length of [0, 1, 3, 16, 1001]) {
        assert.equal(random.bytes(length).byteLength, length);
      }
      assert.equal(new Set(random.bytes(20_000)).size, 256);
    });

    test('forks differ from each other and from their parent', () => {
      const random = make();
      const streams = [random, random.fork('a'), random.fork('b'), random.fork('a').fork('b')];
      const drawn = streams.map((stream) => Array.from({ length: 4 }, () => stream.next()).join());
      assert.equal(new Set(drawn).size, streams.length);
    });
  });
}
