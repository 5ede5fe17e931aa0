// @ts-check
// The checker itself, checked: each kind of damage, planted on purpose, is found and named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABSENT, ANY_ARN, ChangeOracle, ChangeVerdict, equalRing } from './changes.mjs';
import { Lineage, hashKey } from './lineage.mjs';
import { StreamOracle, Verdict } from './oracle.mjs';
import { dataOf } from './random.mjs';

const SHARDS = ['shardId-000000000000', 'shardId-000000000001'];

/** Ten acknowledged records on two shards, in two requests, and three that got no answer. */
function history() {
  const verdict = new Verdict();
  const oracle = new StreamOracle('s-1', verdict);
  /** @type {Map<string, import('./oracle.mjs').ReadRecord[]>} */
  const shards = new Map(SHARDS.map((shard) => [shard, []]));
  let number = 1000;
  const store = (/** @type {string} */ key, /** @type {number} */ index) => {
    const shard = SHARDS[index % 2] ?? '';
    const SequenceNumber = String(number++);
    shards
      .get(shard)
      ?.push({ PartitionKey: key, Data: dataOf(key).toString('base64'), SequenceNumber });
    return { ShardId: shard, SequenceNumber };
  };
  for (let request = 0; request < 2; request++) {
    const keys = oracle.sending(5);
    assert.equal(oracle.answered(keys, keys.map(store)), 5);
  }
  const unanswered = oracle.sending(3);
  return { verdict, oracle, shards, store, unanswered, first: shards.get(SHARDS[0] ?? '') ?? [] };
}

test('nothing is wrong with an exact copy, with or without unanswered records', () => {
  for (const stored of [0, 1, 3]) {
    const { verdict, oracle, shards, store, unanswered } = history();
    unanswered.slice(0, stored).forEach(store);
    oracle.readBack(shards);
    oracle.readBack(shards);
    assert.deepEqual([verdict.clean, verdict.details], [true, []]);
    assert.equal(oracle.bindingCount, 10 + stored);
  }
});

test('a record that is dropped is lost', () => {
  const { verdict, oracle, shards, first } = history();
  first.splice(2, 1);
  oracle.readBack(shards);
  assert.deepEqual([verdict.lost, verdict.reordered, verdict.corrupted], [1, 0, 0]);
});

test('a record that was read once and is gone later is lost, acknowledged or not', () => {
  const { verdict, oracle, shards, store, unanswered, first } = history();
  store(unanswered[0] ?? '', 0);
  oracle.readBack(shards);
  assert.ok(verdict.clean);
  first.pop();
  oracle.readBack(shards);
  assert.equal(verdict.lost, 1);
});

test('a stream that is missing is lost with all its records', () => {
  const { verdict, oracle } = history();
  oracle.vanished();
  assert.equal(verdict.lost, 11);
});

test('records that changed places are reordered', () => {
  const { verdict, oracle, shards, first } = history();
  const [a, b] = [first[0], first[1]];
  if (a === undefined || b === undefined) throw new Error('too few records');
  first[0] = b;
  first[1] = a;
  oracle.readBack(shards);
  assert.equal(verdict.reordered, 1);
});

test('a record acknowledged before another was sent must come before it', () => {
  const { verdict, oracle, shards, store, unanswered, first } = history();
  store(unanswered[0] ?? '', 0);
  const late = first.pop();
  if (late === undefined) throw new Error('too few records');
  first.unshift({ ...late, SequenceNumber: '1' });
  oracle.readBack(shards);
  assert.ok(verdict.reordered >= 1, verdict.details.join());
});

test('answers that are not in the order of the request are reordered', () => {
  const verdict = new Verdict();
  const oracle = new StreamOracle('s-1', verdict);
  const keys = oracle.sending(2);
  oracle.answered(keys, [
    { ShardId: 'shardId-000000000000', SequenceNumber: '20' },
    { ShardId: 'shardId-000000000000', SequenceNumber: '9' },
  ]);
  assert.equal(verdict.reordered, 1);
});

test('other bytes, another place, a second copy and a stranger are corruption', () => {
  const changes = [
    (/** @type {any[]} */ records) => (records[1].Data = 'AAAA'),
    (/** @type {any[]} */ records) => (records[1].SequenceNumber += '5'),
    (/** @type {any[]} */ records) => records.push({ ...records[4], SequenceNumber: '9999' }),
    (/** @type {any[]} */ records) =>
      records.push({ PartitionKey: 's-0.7', Data: 'AAAA', SequenceNumber: '9999' }),
  ];
  for (const change of changes) {
    const { verdict, oracle, shards, first } = history();
    change(first);
    oracle.readBack(shards);
    assert.ok(verdict.corrupted >= 1, change.toString());
    assert.equal(verdict.lost, 0);
  }
});

test('a record in another shard than it was acknowledged for is corruption', () => {
  const { verdict, oracle, shards, first } = history();
  const moved = first.pop();
  if (moved === undefined) throw new Error('too few records');
  shards.get(SHARDS[1] ?? '')?.push({ ...moved });
  oracle.readBack(shards);
  assert.ok(verdict.corrupted >= 1);
});

test('a record in a shard that was closed when it was sent is corruption', () => {
  const { verdict, oracle, shards, store } = history();
  oracle.closed([SHARDS[0] ?? '']);
  oracle.readBack(shards);
  assert.ok(verdict.clean);
  const late = oracle.sending(1);
  store(late[0] ?? '', 0);
  oracle.readBack(shards);
  assert.equal(verdict.corrupted, 1);
});

/** A stream whose tags were changed twice with an answer, and are being changed once more. */
function changing() {
  const verdict = new ChangeVerdict();
  const oracle = new ChangeOracle('s-1', verdict, { tags: 'first', shards: equalRing(2) });
  for (const next of ['second', 'third']) {
    oracle.begin('tags', next);
    oracle.acknowledged('tags');
    oracle.release('tags');
  }
  oracle.begin('tags', 'fourth');
  const readBack = (/** @type {Record<string, string>} */ found) =>
    oracle.readBack(new Map(Object.entries({ shards: equalRing(2), ...found })));
  return { verdict, oracle, readBack, counts: () => [verdict.lost, verdict.torn] };
}

test('an unanswered change may be there or not, and stays what the restart made it', () => {
  for (const [decided, other] of [
    ['third', 'fourth'],
    ['fourth', 'third'],
  ]) {
    const { verdict, oracle, readBack, counts } = changing();
    assert.ok(!oracle.quiet);
    readBack({ tags: decided ?? '' });
    assert.deepEqual([oracle.quiet, verdict.acked, ...counts()], [true, 2, 0, 0]);
    readBack({ tags: other ?? '' });
    assert.ok(!verdict.clean);
  }
});

test('an acknowledged change that is undone is lost', () => {
  for (const older of ['first', 'second']) {
    const { readBack, counts } = changing();
    readBack({ tags: older });
    assert.deepEqual(counts(), [1, 0]);
  }
});

test('half a change is torn', () => {
  const { readBack, counts } = changing();
  readBack({ tags: 'third and half of the fourth' });
  assert.deepEqual(counts(), [0, 1]);
});

test('a change that was refused may not be there', () => {
  const { oracle, readBack, counts } = changing();
  oracle.refused('tags');
  readBack({ tags: 'fourth' });
  assert.deepEqual(counts(), [0, 1]);
});

test('a consumer is lost when it is gone, or is back, and torn when it is another', () => {
  const arn = 'arn:one';
  const { oracle, readBack, counts } = changing();
  const settle = (/** @type {string} */ next, /** @type {string} */ exact) => {
    oracle.begin('consumer one', next);
    oracle.acknowledged('consumer one', exact);
  };
  settle(ANY_ARN, arn);
  readBack({ tags: 'third', 'consumer one': arn });
  assert.deepEqual(counts(), [0, 0]);
  readBack({ tags: 'third' });
  assert.deepEqual(counts(), [1, 0]);
  settle(ANY_ARN, arn);
  readBack({ tags: 'third', 'consumer one': 'arn:other' });
  assert.deepEqual(counts(), [1, 1]);
  settle(ABSENT, ABSENT);
  readBack({ tags: 'third', 'consumer one': 'arn:other' });
  assert.deepEqual(counts(), [2, 1]);
  readBack({ tags: 'third', 'consumer one': 'arn:other', 'consumer two': 'arn:two' });
  assert.deepEqual(counts(), [2, 2]);
});

test('a reshard is known by where its shards begin, up to rounding', () => {
  const { oracle, readBack, counts } = changing();
  oracle.begin('shards', equalRing(3));
  oracle.acknowledged('shards');
  readBack({ tags: 'third', shards: equalRing(3).replace(/\d$/, '7') });
  assert.deepEqual(counts(), [0, 0]);
  readBack({ tags: 'third', shards: equalRing(2) });
  assert.deepEqual(counts(), [1, 0]);
  readBack({ tags: 'third', shards: equalRing(4) });
  assert.deepEqual(counts(), [1, 1]);
});

/** One shard that was split into two, as it is listed; and the checker that was shown it open. */
function family() {
  const changes = new ChangeVerdict();
  const records = new Verdict();
  const lineage = new Lineage('s-1', changes, records);
  const half = 1n << 127n;
  const top = (1n << 128n) - 1n;
  const listed = (/** @type {any} */ id, /** @type {any} */ from, /** @type {any} */ to) => ({
    ShardId: id,
    HashKeyRange: { StartingHashKey: `${from}`, EndingHashKey: `${to}` },
    SequenceNumberRange: /** @type {any} */ ({ StartingSequenceNumber: '10' }),
  });
  const parent = listed('p', 0n, top);
  lineage.update([structuredClone(parent)]);
  parent.SequenceNumberRange.EndingSequenceNumber = '20';
  const children = [listed('a', 0n, half - 1n), listed('b', half, top)].map((child) => ({
    ...child,
    SequenceNumberRange: { StartingSequenceNumber: '30' },
    ParentShardId: 'p',
  }));
  return { changes, records, lineage, all: [parent, ...children], parent, children };
}

test('a split that is whole is in order, and so are records at their places', () => {
  const { changes, records, lineage, all } = family();
  lineage.update(all);
  lineage.update(all);
  lineage.checkEnds(
    new Map([
      ['p', ['b', 'a']],
      ['a', null],
      ['b', null],
    ]),
  );
  const side = hashKey('k') < 1n << 127n ? 'a' : 'b';
  const at = (/** @type {string} */ SequenceNumber) => [
    { PartitionKey: 'k', Data: '', SequenceNumber },
  ];
  lineage.checkRecords(new Map([['p', at('20')]]));
  lineage.checkRecords(new Map([[side, at('31')]]));
  assert.deepEqual([changes.details, records.details], [[], []]);
  for (const [shard, number] of [
    ['p', '21'],
    [side, '20'],
    [side === 'a' ? 'b' : 'a', '31'],
  ]) {
    const before = records.corrupted;
    lineage.checkRecords(new Map([[shard ?? '', at(number ?? '')]]));
    assert.equal(records.corrupted, before + 1);
  }
});

test('a split that is torn or undone, and an end that names other children, are found', () => {
  /** @type {((it: ReturnType<typeof family>) => void)[]} */
  const damages = [
    ({ all }) => all.pop(),
    ({ all }) => all.shift(),
    ({ parent }) => delete parent.SequenceNumberRange.EndingSequenceNumber,
    ({ children }) =>
      children.forEach((child) => delete (/** @type {any} */ (child).ParentShardId)),
    ({ children }) => ((children[0] ?? assert.fail()).HashKeyRange.EndingHashKey = '5'),
    ({ parent }) => (parent.SequenceNumberRange.StartingSequenceNumber = '11'),
    ({ lineage, all, parent }) => {
      lineage.update(structuredClone(all));
      parent.SequenceNumberRange.EndingSequenceNumber = '19';
    },
    ({ lineage, all }) => {
      lineage.update(all);
      lineage.checkEnds(new Map(Object.entries({ p: ['a'], a: null, b: null })));
    },
  ];
  for (const damage of damages) {
    const it = family();
    damage(it);
    it.lineage.update(it.all);
    assert.ok(!it.changes.clean, damage.toString());
  }
});
