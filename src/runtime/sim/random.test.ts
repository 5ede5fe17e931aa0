import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomSuite } from '../random.suite.ts';
import { SimRandom } from './random.ts';

randomSuite('SimRandom', () => new SimRandom(1));

/** A seed in a bug report must mean the same run for ever. */
const GOLDEN: readonly number[] = [790836423, 1629859668, 1926481459, 2721434563];

function draw(random: { next(): number }): number[] {
  return Array.from({ length: 5 }, () => random.next());
}

test('the same seed gives the same numbers, another one others', () => {
  assert.deepEqual(draw(new SimRandom(7)), draw(new SimRandom(7)));
  assert.deepEqual(draw(new SimRandom('seven')), draw(new SimRandom('seven')));
  assert.notDeepEqual(draw(new SimRandom(7)), draw(new SimRandom(8)));
});

test('the numbers of a seed never change', () => {
  const random = new SimRandom(42);
  const words = Array.from({ length: 4 }, () => random.below(2 ** 32));
  assert.deepEqual(words, GOLDEN);
});

test('a fork depends on the name and not on what was drawn before', () => {
  const fresh = new SimRandom(7);
  const used = new SimRandom(7);
  draw(used);
  used.fork('other');
  assert.deepEqual(draw(fresh.fork('a')), draw(used.fork('a')));
  assert.notDeepEqual(draw(new SimRandom(7).fork('a')), draw(new SimRandom(8).fork('a')));
});

test('a fork leaves its parent alone', () => {
  const random = new SimRandom(7);
  random.fork('a').next();
  assert.deepEqual(draw(random), draw(new SimRandom(7)));
});

test('nearby seeds and names have nothing to do with each other', () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 1000; seed += 1) {
    firsts.add(new SimRandom(seed).below(2 ** 32));
    firsts.add(new SimRandom(1).fork(`actor ${seed}`).below(2 ** 32));
  }
  assert.equal(firsts.size, 2000);
});
