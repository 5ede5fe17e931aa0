import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Following, FollowOutcome, ReadOutcome } from '../model/data-plane.ts';
import type { Section } from '../model/section.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { FollowerSet } from './follower-set.ts';
import { packRecord, Recorder } from './test-parts.suite.ts';
import type { LimitsMode } from './throttle.ts';

const shard = 9;

/** A shard of one-record sections, read three at a time. */
function setUp(options: { limits?: LimitsMode; slow?: boolean } = {}) {
  const simulation = new Simulation(1);
  const sections: Section[] = [];
  const world = { reads: 0, closed: false, gone: false };
  const read = (_shard: number, from: number): ReadOutcome => {
    world.reads++;
    if (world.gone) return { kind: 'gone' };
    const found = sections.slice(from - 1, from + 2);
    const nextOrdinal = from + found.length;
    const atTip = nextOrdinal > sections.length;
    return {
      kind: 'records',
      sections: found,
      nextOrdinal,
      atEnd: world.closed && atTip,
      millisBehindLatest: 0,
    };
  };
  const set = new FollowerSet(
    {
      clock: simulation.clock(),
      nextOrdinal: () => sections.length + 1,
      read: (key, from) =>
        options.slow === true ? Promise.resolve().then(() => read(key, from)) : read(key, from),
    },
    { limits: options.limits ?? 'off' },
  );
  const put = (text: string, bytes = 0) => {
    const payload = packRecord('k', Buffer.concat([Buffer.from(text), Buffer.alloc(bytes)]));
    const section = {
      ...{ shard, baseOrdinal: sections.length + 1, count: 1, arrivalMs: 0, keyId: 0 },
      payload,
    };
    sections.push(section);
    set.committed({ count: 1, shard: () => shard });
  };
  const follow = (consumer: string, fromOrdinal = 1, follower = new Recorder()) => {
    const outcome = set.follow({ shard, fromOrdinal, consumer }, follower);
    return { follower, outcome, following: followingOf(outcome) };
  };
  return {
    set,
    world,
    put,
    follow,
    simulation,
    advance: (ms: number) => simulation.scheduler.advance(ms),
  };
}

function followingOf(outcome: FollowOutcome): Following | null {
  return outcome.kind === 'following' ? outcome.following : null;
}

describe('followers', () => {
  for (const slow of [false, true]) {
    test(`get what is stored and then what comes, once and in order (slow: ${slow})`, async () => {
      const { put, follow, advance } = setUp({ slow });
      for (const text of ['a', 'b', 'c', 'd']) put(text);
      const first = follow('one').follower;
      const late = follow('two', 4).follower;
      await advance(1);
      put('e');
      put('f');
      await advance(1);
      assert.deepEqual(first.texts, ['a', 'b', 'c', 'd', 'e', 'f']);
      assert.deepEqual(late.texts, ['d', 'e', 'f']);
    });
  }

  test('at the same place share one read and one outcome', async () => {
    const { put, follow, advance, world } = setUp();
    const followers = Array.from({ length: 50 }, (_, i) => follow(`c${i}`).follower);
    await advance(1);
    world.reads = 0;
    put('a');
    await advance(1);
    assert.equal(world.reads, 1);
    const outcomes = new Set(followers.map((follower) => follower.deliveries.at(-1)));
    assert.equal(outcomes.size, 1);
  });

  test('without room are left alone until they resume', async () => {
    const { put, follow, advance } = setUp();
    const slow = new Recorder();
    slow.roomFor = 1;
    const { following } = follow('one', 1, slow);
    put('a');
    await advance(1);
    put('b');
    put('c');
    await advance(1);
    assert.deepEqual(slow.texts, ['a']);
    slow.roomFor = 2;
    following?.resume();
    await advance(1);
    assert.deepEqual(slow.texts, ['a', 'b', 'c']);
  });

  test('are told of the end of the shard once, with the last records or after them', async () => {
    const { set, put, follow, advance, world } = setUp();
    const waiting = follow('one').follower;
    put('a');
    await advance(1);
    world.closed = true;
    set.wakeAll();
    const behind = follow('two').follower;
    await advance(1);
    set.wakeAll();
    await advance(1);
    assert.deepEqual(
      waiting.deliveries.map((outcome) => [outcome.sections.length, outcome.atEnd]),
      [
        [1, false],
        [0, true],
      ],
    );
    assert.deepEqual(
      behind.deliveries.map((outcome) => [outcome.sections.length, outcome.atEnd]),
      [[1, true]],
    );
  });

  test('are told when the shard is gone', async () => {
    const { set, follow, advance, world } = setUp();
    const { follower } = follow('one');
    await advance(1);
    world.gone = true;
    set.wakeAll();
    set.wakeAll();
    assert.deepEqual(follower.failures, [{ kind: 'gone' }]);
  });

  test('hear nothing after they stopped', async () => {
    const { put, follow, advance } = setUp({ slow: true });
    const { follower, following } = follow('one');
    put('a');
    following?.stop();
    following?.stop();
    put('b');
    await advance(1);
    assert.deepEqual([follower.texts, follower.failures], [[], []]);
  });

  test('of one consumer: the second is refused for five seconds, then takes over', async () => {
    const { put, follow, advance } = setUp();
    const first = follow('one').follower;
    assert.equal(follow('one').outcome.kind, 'in-use');
    assert.equal(follow('other').outcome.kind, 'following');
    await advance(4_999);
    assert.equal(follow('one').outcome.kind, 'in-use');
    await advance(1);
    const second = follow('one').follower;
    assert.deepEqual(first.failures, [{ kind: 'taken-over' }]);
    put('a');
    await advance(1);
    assert.deepEqual([first.texts, second.texts], [[], ['a']]);
  });

  test('of one consumer may not be asked for at any rate', async () => {
    const { follow, advance } = setUp({ limits: 'aws' });
    const kinds = Array.from({ length: 7 }, () => follow('one').outcome.kind);
    assert.deepEqual(kinds, [
      'following',
      ...(Array(4).fill('in-use') as string[]),
      'rate-exceeded',
      'rate-exceeded',
    ]);
    await advance(1000);
    assert.equal(follow('one').outcome.kind, 'in-use');
  });

  test('get no more than 2 MiB a second and a second ahead', async () => {
    const { put, follow, advance } = setUp({ limits: 'aws' });
    const { follower } = follow('one');
    const mib = 1024 * 1024;
    for (let i = 0; i < 20; i++) put('x', mib / 2);
    const got = () =>
      follower.deliveries.reduce((sum, outcome) => sum + outcome.sections.length, 0);
    await advance(0);
    const burst = got();
    assert.ok(burst * 0.5 >= 2 && burst * 0.5 <= 4.5, `${burst} half MiB at once`);
    for (let second = 1; second <= 3; second++) {
      await advance(1000);
      assert.ok(got() * 0.5 <= 4.5 + 2 * second, `${got()} half MiB after ${second} s`);
    }
    await advance(20_000);
    assert.equal(got(), 20);
  });
});
