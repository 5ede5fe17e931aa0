import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendKinds } from '../model/data-plane.ts';
import { AppendCollectors } from './append-collector.ts';

/** What became of the one record of each of `count` shards. */
function outcome(count: number, kind: number, ordinal: number) {
  const each = Array.from({ length: count }, (_, i) => i);
  const appends = {
    count,
    shards: Float64Array.from(each),
    firsts: Uint32Array.from([...each, count]),
    records: null,
    packed: new Uint8Array(0),
    offsets: new Uint32Array(count + 1),
    owners: Float64Array.from(each.flatMap((i) => [i, 1_000_000])),
    outcomeRoom: undefined,
  };
  const outcomes = {
    kinds: new Uint8Array(count).fill(kind),
    baseOrdinals: new Float64Array(count).fill(ordinal),
    arrivalMs: new Float64Array(count).fill(7),
    refused: null,
    encrypted: kind === appendKinds.stored,
    failure: null,
  };
  return [appends, outcomes] as const;
}

test('what was released serves the next call, of which it tells nothing else', () => {
  const collectors = new AppendCollectors();
  const first = collectors.take(100);
  assert.equal(first.add(...outcome(100, appendKinds.stored, 5)), null);
  assert.deepEqual([first.encrypted, first.failedCount, first.ordinals[99]], [true, 0, 5]);
  first.release?.();
  const second = collectors.take(40);
  assert.equal(second, first);
  assert.deepEqual([second.count, second.encrypted, second.failedCount], [40, false, 0]);
  second.add(...outcome(40, appendKinds.throttled, 0));
  assert.equal(second.failedCount, 40);
  assert.ok(second.status.subarray(0, 40).every((status) => status === 1));
  assert.notEqual(collectors.take(40), second, 'it is in use');
});

test('results of a few records are not kept', () => {
  const collectors = new AppendCollectors();
  const few = collectors.take(3);
  assert.equal(few.status.length, 3);
  assert.equal(few.release, undefined);
});
