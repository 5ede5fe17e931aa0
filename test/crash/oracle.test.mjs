// @ts-check
// The checker itself, checked: each kind of damage, planted on purpose, is found and named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
